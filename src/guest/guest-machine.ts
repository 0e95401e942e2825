// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../hardware/align.js';
import type { MachineConfig } from '../../arch/architecture.js';
import { MIN_MEMORY_BLOCK_SIZE } from './memory-block.js';

/** The machines that QEMU is asked to emulate, by architecture, and where each has its memory. */

const GIB = 2 ** 30;

/** RAM of a guest that needs no more, bytes; the recorded kernels had as much. */
export const DEFAULT_RAM = GIB;
/** q35 puts RAM in one piece below 4 GiB as long as it is smaller (hw/i386/pc_q35.c); above, 2 GiB stay below. */
const Q35_LOW_RAM_MAX = 0xb0000000;
const Q35_LOW_RAM = 2 * GIB;
const Q35_ABOVE_4G = 4 * GIB;
/** Device memory starts at a multiple of this on every machine here. */
const DEVICE_MEMORY_ALIGN = GIB;
/**
 * Memory devices end here. q35 moves all memory above 4 GiB if device memory with 1 GiB more for each slot reaches
 * 0xfd00000000 (AMD_HT_START, hw/i386/pc.c); the CPUs of the other machines address 2^40 bytes and more.
 */
export const GUEST_ADDRESS_LIMIT = 0xf000000000;

/** Physical memory, bytes. */
export interface RamRange {
  readonly start: number;
  readonly size: number;
}

export interface GuestMachine {
  /** The emulator's program. */
  readonly program: string;
  readonly machine: string;
  readonly accel: string;
  readonly cpu: (config: MachineConfig) => string;
  /** Firmware and the like. */
  readonly more: readonly string[];
  readonly console: string;
  /** What Debian calls the kernel's image. */
  readonly image: string;
  /** Where so many bytes of RAM lie, ascending. */
  readonly ramRanges: (ram: number) => readonly RamRange[];
  /** Where DIMMs and other memory devices begin, for so many bytes of RAM. */
  readonly deviceMemory: (ram: number) => number;
  /** Where debugfs shows the kernel's page tables (CONFIG_PTDUMP_DEBUGFS), below its mount point. */
  readonly ptdump: string;
  /** The machine takes NVDIMMs that the kernel knows by ACPI NFIT. */
  readonly nvdimm: boolean;
  /** Memory that is there for a driver from its first to its last byte; Debian's QEMU builds the device for x86 only. */
  readonly virtioPmem: boolean;
  /** The machine takes virtio-mem devices. */
  readonly virtioMem: boolean;
  /** The platform itself sets online what it plugs, and offline what it unplugs. */
  readonly onlinesItself: boolean;
}

const afterRam =
  (ramStart: number) =>
  (ram: number): number =>
    alignUp(ramStart + ram, DEVICE_MEMORY_ALIGN);

/** arm64: GiB 1 is where the virt machine's RAM begins. */
const VIRT_RAM_START = GIB;
const PAGE_16K = 16384;

export const GUEST_MACHINES: Readonly<Record<string, GuestMachine>> = {
  x86_64: {
    program: 'qemu-system-x86_64',
    machine: 'q35',
    accel: 'tcg,tb-size=128',
    cpu: ({ pagingLevels }) => `max,la57=${pagingLevels === 5 ? 'on' : 'off'}`,
    more: [],
    console: 'ttyS0',
    image: 'vmlinuz',
    ramRanges: (ram) =>
      ram < Q35_LOW_RAM_MAX
        ? [{ start: 0, size: ram }]
        : [
            { start: 0, size: Q35_LOW_RAM },
            { start: Q35_ABOVE_4G, size: ram - Q35_LOW_RAM },
          ],
    deviceMemory: (ram) =>
      ram < Q35_LOW_RAM_MAX ? Q35_ABOVE_4G : alignUp(Q35_ABOVE_4G + ram - Q35_LOW_RAM, DEVICE_MEMORY_ALIGN),
    ptdump: 'page_tables/kernel',
    nvdimm: true,
    virtioPmem: true,
    virtioMem: true,
    onlinesItself: false,
  },
  arm64: {
    program: 'qemu-system-aarch64',
    machine: 'virt,gic-version=3',
    accel: 'tcg,tb-size=256',
    // The A57 has no 16K granule.
    cpu: ({ pageSize, vaBits }) => (vaBits === 52 ? 'max' : pageSize === PAGE_16K ? 'cortex-a76' : 'cortex-a57'),
    more: ['-bios QEMU_EFI.fd'],
    console: 'ttyAMA0',
    image: 'vmlinuz',
    ramRanges: (ram) => [{ start: VIRT_RAM_START, size: ram }],
    deviceMemory: afterRam(VIRT_RAM_START),
    ptdump: 'kernel_page_tables',
    nvdimm: true,
    virtioPmem: false,
    virtioMem: true,
    onlinesItself: false,
  },
  ppc64: {
    program: 'qemu-system-ppc64',
    machine: 'pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off',
    accel: 'tcg,tb-size=128',
    cpu: () => 'power9',
    more: [],
    console: 'hvc0',
    image: 'vmlinux',
    ramRanges: (ram) => [{ start: 0, size: ram }],
    deviceMemory: afterRam(0),
    ptdump: 'kernel_page_tables',
    nvdimm: false,
    virtioPmem: false,
    virtioMem: false,
    onlinesItself: true,
  },
};

/** probe_memory_block_size() of x86 looks for a larger block from so much memory on (MEM_SIZE_FOR_LARGE_BLOCK). */
const LARGE_BLOCK_RAM_END = 64 * GIB;
/** The largest block that it takes (MAX_BLOCK_SIZE). */
const MAX_MEMORY_BLOCK_SIZE = 2 * GIB;

/**
 * RAM with which an x86_64 guest has memory blocks of a size: the largest power of two that divides the end of boot
 * memory, once that is beyond 64 GiB.
 * @param blockSize bytes
 * @returns bytes; undefined where no amount of RAM gives such blocks
 */
export function ramForBlockSize(blockSize: number): number | undefined {
  if (blockSize === MIN_MEMORY_BLOCK_SIZE['x86_64']) return DEFAULT_RAM;
  if (blockSize > MAX_MEMORY_BLOCK_SIZE || !Number.isInteger(Math.log2(blockSize))) return undefined;
  const isLargest = (end: number): boolean =>
    end % blockSize === 0 && (blockSize === MAX_MEMORY_BLOCK_SIZE || end % (2 * blockSize) !== 0);
  let end = LARGE_BLOCK_RAM_END + GIB;
  while (!isLargest(end)) end += blockSize < GIB ? blockSize : GIB;
  return end - Q35_ABOVE_4G + Q35_LOW_RAM;
}
