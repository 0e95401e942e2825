// SPDX-License-Identifier: GPL-2.0-only

import { PMD } from '../../hardware/page-table.js';
import type { Bug } from './bug.js';

export const failedAddStays: Bug = {
  id: 'X02',
  name: 'failed-add-stays',
  title: 'What a failed add had mapped is never taken down',
  present: [{ from: '4.18', until: '5.3' }],
  fix: 'ba72b4c8cf60 (mm/sparsemem: support sub-section hotplug) in v5.3',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 80 },
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 512 } },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'roll-back', complains: { kind: 'leaf-stays', level: PMD } },
  explanation:
    'The section needs two leaves and the altmap has room for one. vmemmap_populate() maps the first and fails on the second; sparse_add_one_section() passed -ENOMEM on and never called vmemmap_free(). The leaf stays, and its memory with it. Since v5.3 a failed populate runs through section_deactivate(), which frees the whole range.',
  confidence: 'derived',
  source: 'the clean-up that ba72b4c8cf60 brought, read back',
};
