// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../../src/hardware/align.js';
import { DEVICE_MEMORY_ALIGN, type GuestMachine, type RamRange } from '../guest-machine.js';

/** RAM at address 0, and where the virt machine has the rest: that of QEMU 10.0.13; 7.2.22 has it at 0x90000000. */
const LOW_RAM = 2 ** 28;
const HIGH_RAM_START = 2 ** 31;

/** Levels of Debian's kernels. */
const DEBIAN_LEVELS = 3;

export const GUEST: GuestMachine = {
  program: 'qemu-system-loongarch64',
  machine: 'virt',
  accel: 'tcg,tb-size=128',
  cpu: () => 'la464',
  more: ['-bios QEMU_EFI.fd'],
  console: 'ttyS0',
  image: 'vmlinuz',
  ramRanges: (ram): RamRange[] => [
    { start: 0, size: Math.min(ram, LOW_RAM) },
    ...(ram > LOW_RAM ? [{ start: HIGH_RAM_START, size: ram - LOW_RAM }] : []),
  ],
  deviceMemory: (ram) => alignUp(HIGH_RAM_START + Math.max(0, ram - LOW_RAM), DEVICE_MEMORY_ALIGN),
  nvdimm: false,
  virtioPmem: false,
  virtioMem: false,
  onlinesItself: false,
  acpiDimms: true,
  memoryBlockSize: ({ sectionSizeBits }) => 2 ** sectionSizeBits,
  kernel: {
    debian: { '7.2.13': { 16384: '7.2.13+deb14-loong64' } },
    debianHasDimms: true,
    debianHas: ({ pagingLevels }) => pagingLevels === DEBIAN_LEVELS,
    debianStructPage: 80,
    geometryOption: ({ pageSize, pagingLevels }) => `CONFIG_${pageSize / 1024}KB_${pagingLevels}LEVEL=y`,
    alignsStructPage: { from: '7.2' },
  },
};
