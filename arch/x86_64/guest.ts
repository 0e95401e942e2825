// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../../src/hardware/align.js';
import { GIB } from '../../src/hardware/units.js';
import { DEFAULT_RAM, DEVICE_MEMORY_ALIGN, type GuestMachine, type MemoryLayout } from '../guest-machine.js';
import { MAX_MEMORY_BLOCK_SIZE, MEM_SIZE_FOR_LARGE_BLOCK, MIN_MEMORY_BLOCK_SIZE } from './memory-block.js';

const ABOVE_4G = 4 * GIB;

/** RAM in one piece as long as it is smaller; above, a part of it stays below 4 GiB. */
const splitAt4G = (smaller: number, below: number): MemoryLayout => ({
  ramRanges: (ram) =>
    ram < smaller
      ? [{ start: 0, size: ram }]
      : [
          { start: 0, size: below },
          { start: ABOVE_4G, size: ram - below },
        ],
  deviceMemory: (ram) => (ram < smaller ? ABOVE_4G : alignUp(ABOVE_4G + ram - below, DEVICE_MEMORY_ALIGN)),
});

/** hw/i386/pc_q35.c */
const Q35_LOW_RAM_MAX = 0xb0000000;
const Q35_LOW_RAM = 2 * GIB;
/** i440fx, hw/i386/pc_piix.c */
const PC_LOW_RAM_MAX = 0xe0000000;
const PC_LOW_RAM = 0xc0000000;

/**
 * RAM with which a guest has memory blocks of a size: the largest power of two that divides the end of boot memory, once
 * that is beyond 64 GiB.
 * @param blockSize bytes
 * @returns bytes; undefined where no amount of RAM gives such blocks
 */
function ramForBlockSize(blockSize: number): number | undefined {
  if (blockSize === MIN_MEMORY_BLOCK_SIZE) return DEFAULT_RAM;
  if (blockSize > MAX_MEMORY_BLOCK_SIZE || !Number.isInteger(Math.log2(blockSize))) return undefined;
  const isLargest = (end: number): boolean =>
    end % blockSize === 0 && (blockSize === MAX_MEMORY_BLOCK_SIZE || end % (2 * blockSize) !== 0);
  let end = MEM_SIZE_FOR_LARGE_BLOCK + GIB;
  while (!isLargest(end)) end += blockSize < GIB ? blockSize : GIB;
  return end - ABOVE_4G + Q35_LOW_RAM;
}

export const GUEST: GuestMachine = {
  program: 'qemu-system-x86_64',
  machine: 'q35',
  accel: 'tcg,tb-size=128',
  cpu: ({ pagingLevels }) => `max,la57=${pagingLevels === 5 ? 'on' : 'off'}`,
  more: [],
  console: 'ttyS0',
  image: 'vmlinuz',
  ...splitAt4G(Q35_LOW_RAM_MAX, Q35_LOW_RAM),
  otherType: { named: /^(pc|pc-i440fx\S*)$/, ...splitAt4G(PC_LOW_RAM_MAX, PC_LOW_RAM) },
  ptdump: 'page_tables/kernel',
  nvdimm: true,
  virtioPmem: true,
  virtioMem: true,
  onlinesItself: false,
  acpiDimms: true,
  memoryBlockSize: () => MIN_MEMORY_BLOCK_SIZE,
  largerBlocks: { ramFor: ramForBlockSize, text: 'with more RAM a power of two up to 2 GiB' },
  kernel: {
    debian: { '6.1.192': { 4096: '6.1.0-56-amd64' }, '6.12.117': { 4096: '6.12.117+deb12-amd64' } },
    debianHasDimms: true,
    geometryOption: () => undefined,
    alignsStructPage: true,
  },
};
