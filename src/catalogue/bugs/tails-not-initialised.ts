// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const tailsNotInitialised: Bug = {
  id: 'B29',
  name: 'tails-not-initialised',
  title: 'Tails of compound device pages in a boot section are not initialised',
  present: [{ from: '5.19', until: '7.2' }],
  endedIn: { '6.1': { by: 192 }, '6.12': { by: 117 } },
  fix: 'the series “mm: Fix vmemmap optimization accounting and initialization” in v7.2',
  structPageSizes: [64],
  scenario: {
    machine: {
      arch: 'x86_64',
      structPageSize: 64,
      boot: [{ start: '0x100000000', size: '64M' }],
    },
    steps: [{ op: 'memremap-pages', device: 'dax', start: '0x104000000', size: '64M', compoundSize: '2M' }],
  },
  symptom: { step: 0, breaks: 'initialised-pages', complains: { kind: 'tails-uninitialised' } },
  explanation:
    'Boot memory ends inside a section, and a device is mapped into the rest. The section has its whole memmap since boot, which is used as it is and not folded. memmap_init_zone_device() looks at the geometry of the device alone, takes the memmap for folded and initialises the struct pages of two vmemmap pages for each compound page; the others keep what they were.',
  confidence: 'inferred',
  source: 'patch 6 of the series of 20260428081855.1249045-1-songmuchun@bytedance.com',
};
