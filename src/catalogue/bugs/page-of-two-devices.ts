// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const pageOfTwoDevices: Bug = {
  id: 'B15',
  name: 'page-of-two-devices',
  title: 'A page of one device’s altmap describes another device too and is freed with that',
  present: [{ from: '6.6', until: '6.15' }],
  endedIn: { '6.12': 28 },
  fix: '9cf7e13fecba (book3s64/radix : Align section vmemmap start address to PAGE_SIZE) in v6.15',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
    altmaps: {
      ns1: { basePfn: 0x100000, endPfn: 0x10007f, free: 1 },
      ns2: { basePfn: 0x100080, endPfn: 0x10087f, free: 8 },
    },
    steps: [
      { op: 'memremap-pages', device: 'ns2', start: '0x1000800000', size: '128M', altmap: 'ns2' },
      { op: 'memremap-pages', device: 'ns1', start: '0x1000000000', size: '8M', altmap: 'ns1' },
      { op: 'memunmap-pages', device: 'ns2' },
      { op: 'memunmap-pages', device: 'ns1' },
    ],
  },
  symptom: { step: 3, breaks: 'right-owner', complains: { kind: 'free-not-allocated' } },
  explanation:
    'One page of 64K describes 64 MiB. The memmap of the second device begins inside a page, and radix__vmemmap_populate() works on from that address: it asks altmap_cross_boundary() for what lies behind it and takes the page from the device’s altmap, though its beginning describes the first device. That one finds the page mapped. When the second device goes, the page is still in use and stays, with a warning that its altmap is not empty; when the first goes, the page is no frame of its altmap, so it is handed to the page allocator: memory of a device that may no longer be there.',
  confidence: 'derived',
  source:
    '8f98ec2b442977c618f7256cec88eb17dde3f2b9.1741609795.git.donettom@linux.ibm.com; the order of removal is derived',
};
