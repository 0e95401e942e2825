// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafForASubsectionLoongarch64: Bug = {
  id: 'L4',
  name: 'leaf-for-a-subsection-loongarch64',
  title: 'The first subsection takes a leaf that serves 16 sections',
  present: [{ from: '6.2' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'loongarch64', pageSize: 16384, structPageSize: 64 },
    steps: [{ op: 'add-pages', start: '0x200000000', size: '2M' }],
  },
  symptom: { step: 0, breaks: 'leaves-filled' },
  explanation:
    'vmemmap_populate() makes a leaf of the PMD for whatever part of it is asked for: 32 MiB with 16K pages, 512 MiB with 64K pages, each the largest block that the page allocator has (order 11 and 13). The memmap of the subsection is 8 KiB. Such a block is hard to have on a machine that has run for a while, and where it cannot be had base pages serve; since nothing is ever freed, one subsection of a device costs 32 MiB for good.',
  confidence: 'source',
  source: 'arch/loongarch/mm/init.c and Kconfig of 6.12, 7.2 and 7.3',
  seen: 'Debian’s kernels 7.2.13 and 7.3-rc7 (16K pages, 80-byte struct pages), QEMU 10.0.2, TCG, virt: a DIMM of 512 MiB, whose memmap is 2.5 MiB, takes a leaf of 32 MiB',
};
