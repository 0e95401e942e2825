// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const sharedLeafRippedOutRiscv64: Bug = {
  id: 'R1',
  name: 'shared-leaf-ripped-out-riscv64',
  title: 'Unbinding one of two devices in a section takes the leaf of both',
  present: [{ from: '6.11' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'riscv64', structPageSize: 64 },
    steps: [
      { op: 'memremap-pages', device: 'pmem0', start: '0x140000000', size: '64M' },
      { op: 'memremap-pages', device: 'pmem1', start: '0x144000000', size: '64M' },
      { op: 'memunmap-pages', device: 'pmem0' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'remove_pmd_mapping() clears and frees every leaf that the range touches, also one that it covers in part. vmemmap_populate() makes a leaf of 2 MiB for any part of a PMD, so two devices in one section share it, and so do neighbouring sections wherever the memmap of a section is no whole number of leaves: with struct pages of 56, 72, 80, 96 bytes. The struct pages of the other are gone: whoever reads them next faults, and memory that is added in that PMD later gets a fresh leaf of zeroes for both.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in arch/riscv/mm/init.c of 6.12, 7.2 and 7.3',
  seen: 'Debian’s kernels 6.12.117 (Sv39) and 7.2.13 (Sv48), QEMU 7.2.22, TCG, virt with two pmem-region nodes of 64 MiB at 0x140000000 and 0x144000000: unbinding the namespace of the first clears the leaf that both share, and unbinding the second dies with "Unable to handle kernel paging request at virtual address ffffffc503100000" (ffff8d8005100000) in memunmap_pages()',
};
