// SPDX-License-Identifier: GPL-2.0-only

import { inOnePiece, type GuestMachine } from '../guest-machine.js';

/** Where the virt machine's RAM begins. */
const VIRT_RAM_START = 2 ** 31;

/** What keeps a kernel from more levels than a machine's; five are the most. */
const FEWER_LEVELS: Readonly<Record<number, string>> = { 3: 'no4lvl', 4: 'no5lvl' };

export const GUEST: GuestMachine = {
  program: 'qemu-system-riscv64',
  machine: 'virt',
  accel: 'tcg,tb-size=128',
  cpu: () => 'rv64',
  more: [],
  console: 'ttyS0',
  image: 'vmlinux',
  kernelWords: ({ pagingLevels = 0 }) => FEWER_LEVELS[pagingLevels],
  ...inOnePiece(VIRT_RAM_START),
  ptdump: 'kernel_page_tables',
  noDimms: true,
  pmemRegions: {
    memoryNode: `/memory@${VIRT_RAM_START.toString(16)}`,
    // Kernels since 7.2 take no more levels than mmu-type says: QEMU 7.2.22 says sv48, 10.0.13 sv57.
    properties: [['/cpus/cpu@0', 'mmu-type', 'riscv,sv57']],
  },
  nvdimm: false,
  virtioPmem: false,
  // Neither QEMU 7.2.22 nor 10.0.13 has the device for this machine, though the kernel has the driver.
  virtioMem: false,
  onlinesItself: false,
  acpiDimms: false,
  memoryBlockSize: ({ sectionSizeBits }) => 2 ** sectionSizeBits,
  kernel: {
    debian: {
      '6.12.117': { 4096: '6.12.117+deb13-riscv64' },
      '7.2.13': { 4096: '7.2.13+deb14-riscv64' },
    },
    debianHasDimms: false,
    geometryOption: () => undefined,
    alignsStructPage: { from: '7.2' },
  },
};
