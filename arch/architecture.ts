// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';
import type { CpuProfile } from '../src/cycles/profile.js';
import type { MemmapKconfig } from '../src/kernel/kconfig.js';
import type { Platform } from '../src/kernel/platform.js';
import type { VmemmapCode } from '../src/kernel/vmemmap-code.js';
import type { LevelName } from '../src/hardware/page-table.js';
import type { Traits } from '../src/history/traits/index.js';
import type { Ptdump } from '../src/kernel/ptdump.js';
import type { Kernel } from '../src/kernel/kernel.js';
import type { Bench } from './bench-machine.js';
import type { GuestMachine } from './guest-machine.js';
import type { MachineConfig, RoomValues } from './machine-fields.js';
import type { TreeTarget } from './tree-target.js';

/** What an architecture registers, and what a machine has to say to get one. */

/** One configuration that an architecture knows, as `vmemmap arch` lists it. */
export interface ArchConfiguration {
  /** For people: "4-level", "64K pages, radix". */
  title: string;
  pageSize: number;
  pagingLevels?: number;
  vaBits?: number;
  mmu?: NonNullable<RoomValues['mmu']>;
  vaBitsActual?: NonNullable<RoomValues['vaBitsActual']>;
  /** Page-table levels with the bits they index, root first; empty where no table maps the vmemmap. */
  levels: readonly { name: LevelName; bits: number; shift: number }[];
  /** Leaf sizes of the vmemmap, bytes. */
  leafSizes: readonly number[];
  sectionSizeBits: number;
  vmemmapBase: bigint;
  /** Which recordings say what this configuration does. */
  groundTruth: string;
}

/** A zone below Movable. */
export interface KernelZone {
  readonly name: string;
  /** First byte address that is not in the zone any more. */
  readonly end: number;
}

/** How a kernel of the architecture is told by its VMCOREINFO. */
export interface VmcoreinfoFacts {
  /** Keys that this architecture alone writes (arch_crash_save_vmcoreinfo). */
  readonly keys: readonly string[];
  /** How the names of kernels end: "5.14.0-570.el9.x86_64", "6.12.95+deb12-arm64". */
  readonly releaseEnd: RegExp;
  /**
   * What the keys say of the machine.
   * @param number the number of a key that must lie in a range; undefined where the key is not there
   */
  readonly machine?: (number: (key: string, from: number, to: number) => number | undefined) => Told;
}

/** What the VMCOREINFO of an architecture alone tells. */
export type Told = Partial<Pick<MachineConfig, 'pagingLevels' | 'vaBits' | 'mmu'>>;

/** Names of kernel functions by another name; null where the kernel has no such function. */
export type FunctionNames = Readonly<Record<string, string | null>>;

/** What a platform is made from: the machine as far as it stands before the kernel's code. */
export type Machine = Pick<Kernel, 'ram' | 'allocator' | 'traits' | 'pageSize'>;

/** What an architecture registers. Its code and configuration are made for the platform that it made. */
export interface Architecture<P extends Platform = Platform> {
  readonly name: string;
  /** What `uname -m` prints, where that is not the name. */
  readonly unameMachine?: string;
  readonly vmcoreinfo?: VmcoreinfoFacts;
  /** CPUs may lack what large leaves of the vmemmap take: PSE, EDAT1. */
  readonly mayLackLargeLeaves?: true;
  /** Memory that /proc/iomem calls "reserved" has struct pages: the firmware wants it left unmapped (memblock_is_nomap()). */
  readonly reservedHasMemmap?: true;
  /** Memory of a driver of the architecture cannot be reached before it is online. */
  readonly hasStandbyMemory?: true;
  readonly configurations: readonly ArchConfiguration[];
  /** Sizes of struct page that a kernel of this architecture can have, bytes. */
  readonly structPageSizes: readonly number[];
  /** CPUs whose costs are known; the first is the one that is meant where nobody names one. */
  readonly cpus: readonly CpuProfile[];
  /** The kernel's names of the room's functions, by the name here, where that is another than theirs in camel case. */
  readonly functionNames?: FunctionNames;
  /** What a release calls functions of src/mm here that other architectures have under the names of src/mm. */
  readonly sharedNames?: (traits: Traits) => FunctionNames;
  /** Its machines in the suites of the benchmark. */
  readonly bench?: Bench;
  /** The machine that QEMU emulates for it, where there are recipes. */
  readonly guest?: GuestMachine;
  /** What of a kernel tree makes its memmap, where trees run. */
  readonly tree?: TreeTarget;
  /** Order of the largest block of the page allocator, by page size in bytes. */
  maxOrder(pageSize: number): number;
  /** Zones that the kernel may allocate from, in the order of enum zone_type, and where each ends, bytes. */
  readonly kernelZones: readonly KernelZone[];
  /** CONFIG_ARCH_KEEP_MEMBLOCK: memblock stays, and knows hot-added memory too. */
  readonly keepsMemblock: boolean;
  /** First physical byte address that memory cannot have; 2^52 if not given. */
  readonly physicalLimit?: number;
  /** Its kernels fill what is not used of a leaf with PAGE_UNUSED, and look for it. */
  readonly marksUnused?: true;
  /** Empty entries of its tables are not zero. */
  readonly hasFullTables?: true;
  /** First physical byte address that an entry of a page table cannot hold; 2^52 if not given. */
  readonly entryLimit?: number;
  /** ARCH_WANT_OPTIMIZE_HUGETLB_VMEMMAP: the memmap of HugeTLB pages may be folded. */
  readonly foldsHugetlbVmemmap?: (traits: Traits) => boolean;
  /** CONFIG_ZONE_DEVICE can be set; always, if not given. */
  readonly hasZoneDevice?: (traits: Traits) => boolean;
  /** Address of the struct page of pfn 0 where the machine does not say it. */
  vmemmapBase(config: MachineConfig, traits: Traits): bigint;
  /** SECTION_SIZE_BITS. @param pageSize bytes */
  sectionSizeBits(pageSize: number, traits: Traits): number;
  /**
   * memory_block_size_bytes() of a machine that does not say it, bytes.
   * @param pageSize bytes
   * @param endOfRam first byte address behind boot memory
   */
  memoryBlockSize(pageSize: number, endOfRam: number): number;
  /** Fields of `machine` that this architecture alone has, and what each may be; all may be left out. */
  readonly machineFields?: z.ZodRawShape;
  /** A sentence on what is wrong with the machine, or undefined. */
  check(config: MachineConfig, traits: Traits): string | undefined;
  /** Why a release of this architecture can neither add nor remove memory; undefined if it can. */
  readonly withoutHotplug?: (traits: Traits) => string | undefined;
  /**
   * The vmemmap's part of kernel_page_tables, on architectures of which it is known.
   * @param memoryEnd bytes: the end of all memory that the machine will ever have
   * @returns a sentence where the release prints something that is not known
   */
  readonly ptdump?: (config: MachineConfig, traits: Traits, memoryEnd: number) => Ptdump | string;
  /** MAX_PHYSMEM_BITS. */
  maxPhysmemBits(config: MachineConfig, traits: Traits): number;
  /**
   * arch_get_mappable_range(), where the linear mapping has less room than there are physical addresses.
   * @returns the first byte address that it has no room for
   */
  readonly mappableEnd?: (config: MachineConfig, traits: Traits) => number;
  /** The MMU of a machine: the root page table, if it has one, is allocated here. */
  platform(machine: Machine, config: MachineConfig): P;
  /** What the configuration of its kernels says of memmaps. */
  kconfig(platform: P, traits: Traits): MemmapKconfig;
  /** The kernel's code of this architecture: vmemmap_populate() and vmemmap_free(). */
  code(kernel: Kernel, platform: P, config: MachineConfig): VmemmapCode;
}
