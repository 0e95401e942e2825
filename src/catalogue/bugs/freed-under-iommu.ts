// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const freedUnderIommu: Bug = {
  id: 'X17',
  name: 'freed-under-iommu',
  title: 'Page tables of the vmemmap are freed while an IOMMU may still walk through them',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x4000000000', size: '128M' },
      { op: 'remove-pages', start: '0x4000000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'iommu-told-before-free' },
  explanation:
    'With shared virtual addressing (SVA) a device walks the page table of a process, under whose root the kernel’s tables hang, and its IOMMU may keep the way that it took. flush_tlb_all() tells CPUs alone. When the table is handed out again the IOMMU takes what it then holds for entries. For other tables of the kernel e37d5a2d60a3 (iommu/sva: invalidate stale IOTLB entries for kernel address space) ended this in v6.19: those that are marked by ptdesc_set_kernel() wait until IOMMUs are told (5ba2f0a15564). vmemmap_alloc_block_zero() marks nothing, so pagetable_free() gives a table of the vmemmap back at once, as before. Stable series before 6.19 switch SVA off on x86 instead (iommu: disable SVA when CONFIG_X86 is set).',
  confidence: 'source',
  source:
    'read in mm/sparse-vmemmap.c, include/linux/mm.h (pagetable_free) and arch/x86/mm/init_64.c of 7.2.13 and 7.3.4; CVE-2025-71202 for other tables',
  toConfirm:
    'On a machine with an SVA device that has touched kernel addresses: remove the last memory below a PUD entry, let the table’s page be handed out, and watch what the IOMMU walks.',
};
