// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../src/hardware/align.js';
import { GIB } from '../src/hardware/units.js';
import type { MachineConfig } from './machine-fields.js';

/** What a room says of guests: the machine that QEMU emulates for its architecture, and the kernel in it. */

/** RAM of a guest that needs no more, bytes; the recorded kernels had as much. */
export const DEFAULT_RAM = GIB;
/** Device memory starts at a multiple of this on every machine here. */
export const DEVICE_MEMORY_ALIGN = GIB;

/** Physical memory, bytes. */
export interface RamRange {
  readonly start: number;
  readonly size: number;
}

/** Where a machine has its memory. */
export interface MemoryLayout {
  /** Where so many bytes of RAM lie, ascending. */
  readonly ramRanges: (ram: number) => readonly RamRange[];
  /** Where DIMMs and other memory devices begin, for so many bytes of RAM. */
  readonly deviceMemory: (ram: number) => number;
}

/** The machine that QEMU is asked to emulate. */
export interface GuestMachine extends MemoryLayout {
  /** The emulator's program. */
  readonly program: string;
  readonly machine: string;
  readonly accel: string;
  /** QEMU's -cpu for a machine. */
  readonly cpu: (config: MachineConfig) => string;
  /** Firmware and the like. */
  readonly more: readonly string[];
  readonly console: string;
  /** What Debian calls the kernel's image. */
  readonly image: string;
  /** What the kernel is told besides, for a configuration. */
  readonly kernelWords?: (config: MachineConfig) => string | undefined;
  /** Where debugfs shows the kernel's page tables (CONFIG_PTDUMP_DEBUGFS), below its mount point; undefined where it cannot. */
  readonly ptdump?: string;
  /** The machine takes no DIMMs. */
  readonly noDimms?: true;
  /**
   * Persistent memory is told by nodes of the device tree ("pmem-region"), over RAM of the machine that its memory node leaves
   * out. The driver asks for struct pages of raw namespaces there.
   */
  readonly pmemRegions?: {
    readonly memoryNode: string;
    /** What else the tree has to say: node, property, text. */
    readonly properties: readonly (readonly [node: string, property: string, text: string])[];
  };
  /** The machine takes NVDIMMs that the kernel knows by ACPI NFIT. */
  readonly nvdimm: boolean;
  /** Memory that is there for a driver from its first to its last byte; Debian's QEMU builds the device for x86 only. */
  readonly virtioPmem: boolean;
  /** The machine takes virtio-mem devices. */
  readonly virtioMem: boolean;
  /** The platform itself sets online what it plugs, and offline what it unplugs. */
  readonly onlinesItself: boolean;
  /** DIMMs are ACPI's, and the kernel needs its driver. */
  readonly acpiDimms: boolean;
  /** Bytes of a memory block that the guest has without being asked. */
  readonly memoryBlockSize: (config: MachineConfig) => number;
  /** Where more RAM makes larger memory blocks. */
  readonly largerBlocks?: LargerBlocks;
  /** Why the guest cannot be such a machine: the field and its value. */
  readonly refuses?: (config: MachineConfig) => string | undefined;
  /** Which machines of the architecture there is a recipe for, where not for all. */
  readonly only?: string;
  /** Another machine type by which people call the emulator, where it has its memory elsewhere. */
  readonly otherType?: MemoryLayout & { readonly named: RegExp };
  /** What a kernel for it is built with. */
  readonly kernel: GuestKernelFacts;
}

/** How memory blocks follow from RAM. */
export interface LargerBlocks {
  /** RAM that gives blocks of a size, bytes; undefined where none does. */
  ramFor(blockSize: number): number | undefined;
  /** What blocks RAM can give, for a sentence. */
  readonly text: string;
}

/** What the kernel of a guest is built with. */
export interface GuestKernelFacts {
  /** What Debian calls its kernels of the stable series that are covered, by release and page size in bytes. */
  readonly debian: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /** Debian's kernels can add DIMMs. */
  readonly debianHasDimms: boolean;
  /** Which configurations Debian's kernels have, where page size and struct page do not say it. */
  readonly debianHas?: (config: MachineConfig) => boolean;
  /** sizeof(struct page) of Debian's kernels where it is not that of most, bytes. */
  readonly debianStructPage?: number;
  /** The option that chooses page size and levels; undefined where there is no choice. */
  readonly geometryOption: (config: MachineConfig) => string | undefined;
  /** HAVE_ALIGNED_STRUCT_PAGE is selected, so that two words can be exchanged at once: always, or from a mainline release on. */
  readonly alignsStructPage: boolean | { readonly from: string };
}

/** RAM in one piece, and device memory behind it. @param ramStart first byte of RAM */
export const inOnePiece = (ramStart: number): MemoryLayout => ({
  ramRanges: (ram) => [{ start: ramStart, size: ram }],
  deviceMemory: (ram) => alignUp(ramStart + ram, DEVICE_MEMORY_ALIGN),
});
