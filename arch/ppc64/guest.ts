// SPDX-License-Identifier: GPL-2.0-only

import { inOnePiece, type GuestMachine } from '../guest-machine.js';

/** A logical memory block of pseries, bytes. */
const LOGICAL_MEMORY_BLOCK = 2 ** 28;

/** The option that chooses a page size, by its bytes. */
const PAGE_SIZE_OPTIONS: Readonly<Record<number, string>> = {
  4096: 'CONFIG_PPC_4K_PAGES=y',
  65536: 'CONFIG_PPC_64K_PAGES=y',
};

export const GUEST: GuestMachine = {
  program: 'qemu-system-ppc64',
  machine: 'pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off',
  accel: 'tcg,tb-size=128',
  cpu: () => 'power9',
  more: [],
  console: 'hvc0',
  image: 'vmlinux',
  ...inOnePiece(0),
  ptdump: 'kernel_page_tables',
  nvdimm: false,
  virtioPmem: false,
  virtioMem: false,
  onlinesItself: true,
  acpiDimms: false,
  memoryBlockSize: () => LOGICAL_MEMORY_BLOCK,
  refuses: ({ mmu }) => (mmu === 'hash' ? 'machine.mmu is "hash"' : undefined),
  only: 'ppc64 with the radix MMU',
  kernel: {
    debian: {
      '6.1.192': { 65536: '6.1.0-50-powerpc64le' },
      '6.12.117': { 4096: '6.12.95+deb12-powerpc64le', 65536: '6.12.95+deb12-powerpc64le-64k' },
    },
    debianHasDimms: true,
    geometryOption: ({ pageSize }) => PAGE_SIZE_OPTIONS[pageSize],
    alignsStructPage: false,
  },
};
