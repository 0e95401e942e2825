// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const altmapAlignmentLossArm64: Bug = {
  id: 'B07a',
  name: 'altmap-alignment-loss-arm64',
  title: 'One reserved page costs an altmap a whole block, and arm64 does not fall back',
  present: [{ from: '5.9', until: '5.11' }, { from: '6.2' }],
  fix: 'open',
  structPageSizes: [56, 64],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x107fff, reserve: 1, free: 512 } },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'add-succeeds' },
  explanation:
    'The same sum as on x86_64, see altmap-alignment-loss: 511 pages are skipped to align 512, and the altmap is short. arm64 honours altmaps since v5.9 and failed at once where a block was not to be had; from v5.11 on (9f84f39f5515, arm64/mm: add fallback option to allocate virtually contiguous memory) it took base pages of the same altmap; since v6.2 the loop shared with x86_64 fails again.',
  confidence: 'source',
  source: 'read in eee07935bb52, 9f84f39f5515 and 2045a3b8911b',
};
