// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../../../arch/index.js';
import type { Arch } from '../../kernel/arch.js';
import type { Architecture, MachineConfig } from '../../../arch/architecture.js';
import { alignDown } from '../../hardware/align.js';
import { PMD } from '../../hardware/page-table.js';
import { ENOMEM } from '../../kernel/errno.js';
import type { Kernel } from '../../kernel/kernel.js';
import { findRelease, resolveTraits } from '../../history/releases.js';
import { altmapAllocBlockBuf, vmemAltmapFree } from '../../mm/vmem-altmap.js';
import { bootKernel, type BootRange } from '../../scenario/machine.js';

/**
 * The architecture layer that recordings of memory hot-plug were made with: it maps nothing, and takes just the pages
 * that hold a section's memmap, one by one, from the altmap or else from system memory. Pages that two sections share are
 * taken once, and go with the last.
 */

/** What a step makes fail inside the architecture layer; counted from 1 within the step. */
export interface StandInFaults {
  /** The n-th population of a section fails before it takes a page. */
  section?: number | undefined;
  /** During the n-th arch_remove_memory() so many altmap pages are not given back. */
  unfreed?: { archRemove: number; pages: number } | undefined;
}

/** Books of the stand-in. */
export interface StandIn {
  readonly kernel: Kernel;
  /** Memmap pages held from system memory. */
  systemPages(): number;
  /** A step begins. */
  startStep(faults: StandInFaults): void;
  /** arch_remove_memory() begins. */
  startArchRemove(): void;
}

export interface StandInMachine {
  arch: string;
  kernel: string;
  mmu?: 'radix' | 'hash' | undefined;
  pageSize: number;
  structPageSize: number;
  sectionSize: number;
  pageblockOrder: number;
}

interface MemmapPage {
  /** Starts of the populated ranges that have struct pages in it. */
  readonly users: Set<number>;
  readonly isSystem: boolean;
}

export function architectureOf(name: string): Architecture {
  const architecture = ARCHITECTURES.find((a) => a.name === name);
  if (architecture === undefined) throw new RangeError(`no architecture ${name}`);
  return architecture;
}

const configOf = (machine: StandInMachine): MachineConfig => {
  const configuration = architectureOf(machine.arch).configurations.find(
    (c) => c.pageSize === machine.pageSize && (machine.mmu === undefined || c.mmu === machine.mmu),
  );
  if (configuration === undefined) throw new RangeError(`${machine.arch} has no pages of ${machine.pageSize} bytes`);
  return {
    arch: machine.arch,
    kernel: machine.kernel,
    pageSize: machine.pageSize,
    structPageSize: machine.structPageSize,
    sectionSizeBits: Math.log2(machine.sectionSize),
    vmemmapBase: configuration.vmemmapBase,
    pagingLevels: configuration.pagingLevels,
    vaBits: configuration.vaBits,
    mmu: configuration.mmu,
    hugeVmemmap: true,
    otherPageTables: 0,
    currentPageTable: 0,
  };
};

/** Boots a kernel of a recorded machine, with another architecture layer if one is given. */
export function bootRecorded(
  machine: StandInMachine,
  boot: readonly BootRange[],
  bootArch?: (kernel: Kernel, real: Arch) => Arch,
): Kernel {
  const architecture = architectureOf(machine.arch);
  const release = findRelease(machine.kernel);
  if (release === undefined) throw new RangeError(`no release ${machine.kernel}`);
  return bootKernel({
    architecture:
      bootArch === undefined
        ? architecture
        : { ...architecture, boot: (kernel, config) => bootArch(kernel, architecture.boot(kernel, config)) },
    release,
    traits: resolveTraits(release),
    config: configOf(machine),
    ramBasePfn: 0,
    recycledPages: 'zero',
    failAllocations: new Set(),
    boot,
    repeatsOnce: true,
  });
}

/** Boots a kernel over the stand-in. */
export function bootStandIn(machine: StandInMachine, boot: readonly BootRange[]): StandIn {
  const pages = new Map<number, MemmapPage>();
  let faults: StandInFaults = {};
  let populations = 0;
  let archRemoves = 0;
  let unfreed = 0;

  const standIn = (kernel: Kernel, real: Arch): Arch => ({
    mmu: {
      walk: () => ({ start: kernel.vmemmap, size: 2 ** 52 - kernel.vmemmap, level: PMD, pa: 0, lo: 0, hi: 0 }),
    },
    pmdSize: real.pmdSize,
    hasPageTables: false,
    leafSizes: [],
    keepsEmptyTable: () => false,
    pageblockPages: 2 ** machine.pageblockOrder,
    optimizesDaxVmemmap: false,
    selectsMemmapOnMemory: real.selectsMemmapOnMemory,
    supportsMemmapOnMemory: (memmapBytes) => real.supportsMemmapOnMemory(memmapBytes),
    vmemmapPopulate(start, end, _nid, altmap) {
      populations++;
      if (populations === faults.section) return -ENOMEM;
      for (let page = alignDown(start, kernel.pageSize); page < end; page += kernel.pageSize) {
        const held = pages.get(page);
        if (held === undefined) {
          if (altmap !== null && altmapAllocBlockBuf(kernel, 1, altmap) < 0) return -ENOMEM;
          pages.set(page, { users: new Set([start]), isSystem: altmap === null });
        } else held.users.add(start);
      }
      return 0;
    },
    vmemmapFree(start, end, altmap) {
      for (let page = alignDown(start, kernel.pageSize); page < end; page += kernel.pageSize) {
        const held = pages.get(page);
        if (held === undefined || !held.users.delete(start) || held.users.size > 0) continue;
        pages.delete(page);
        if (altmap === null) continue;
        if (unfreed > 0) unfreed--;
        else vmemAltmapFree(kernel, altmap, 1);
      }
    },
    visit: () => undefined,
    leafFlags: () => 0n,
    unusedStart: () => 0,
  });

  const kernel = bootRecorded(machine, boot, standIn);
  return {
    kernel,
    systemPages: () => [...pages.values()].filter((page) => page.isSystem).length,
    startStep(next) {
      faults = next;
      populations = 0;
      archRemoves = 0;
      unfreed = 0;
    },
    startArchRemove() {
      archRemoves++;
      unfreed = faults.unfreed?.archRemove === archRemoves ? faults.unfreed.pages : 0;
    },
  };
}
