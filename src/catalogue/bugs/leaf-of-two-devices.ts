// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafOfTwoDevices: Bug = {
  id: 'B16',
  name: 'leaf-of-two-devices',
  title: 'A leaf of one device’s altmap describes another device too and outlives its owner',
  present: [{ from: '4.18', until: '5.4' }],
  fix: 'cf387d9644d8 (libnvdimm/altmap: Track namespace boundaries in altmap) in v5.4',
  structPageSizes: [56, 64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'hash', pageSize: 65536, structPageSize: 64 },
    altmaps: {
      ns1: { basePfn: 0x100000, endPfn: 0x1003ff, free: 256 },
      ns2: { basePfn: 0x100400, endPfn: 0x1007ff, free: 256 },
    },
    steps: [
      { op: 'memremap-pages', device: 'ns1', start: '0x1000000000', size: '64M', altmap: 'ns1' },
      { op: 'memremap-pages', device: 'ns2', start: '0x1004000000', size: '64M', altmap: 'ns2' },
      { op: 'memunmap-pages', device: 'ns1' },
    ],
  },
  symptom: { step: 2, breaks: 'altmap-books', complains: { kind: 'altmap-outlives-users' } },
  explanation:
    'A leaf of 16 MiB describes 16 GiB of memory with pages of 64K. vmemmap_populate() takes it from the altmap of the first device that needs it, and it serves the second as well. When the first device goes, vmemmap_populated() finds the second and keeps the leaf: memunmap_pages() warns of altmap pages in use, the memory of the first device is given up, and the struct pages of the second lie in it.',
  confidence: 'source',
  source: '20190910062826.10041-1-aneesh.kumar@linux.ibm.com',
};
