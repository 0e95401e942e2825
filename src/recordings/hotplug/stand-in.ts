// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../../hardware/low-bits.js';
import { ARCHITECTURES } from '../../scenario/names.js';
import type { Platform } from '../../kernel/platform.js';
import type { Architecture } from '../../../arch/architecture.js';
import type { MachineConfig } from '../../../arch/machine-fields.js';
import { alignDown } from '../../hardware/align.js';
import { PMD } from '../../hardware/page-table.js';
import { ENOMEM } from '../../kernel/errno.js';
import type { Kernel } from '../../kernel/kernel.js';
import { ScenarioError } from '../../kernel/scenario-error.js';
import { findRelease, resolveTraits, type Release } from '../../history/releases.js';
import type { Traits } from '../../history/traits/index.js';
import { altmapAllocBlockBuf, vmemAltmapFree } from '../../mm/vmem-altmap.js';
import { bootKernel, type BootRange } from '../../scenario/machine.js';

/**
 * The architecture layer that recordings of memory hot-plug were made with: it maps nothing, and takes just the pages
 * that hold a section's memmap, one by one, from the altmap or else from system memory. In recordings of memory blocks, pages
 * that two sections share are taken once, and go with the last; in those of zone spans, each range took its own.
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
  /**
   * Memmap pages held from system memory since boot: who removes without the altmap gives its pages to the system, so there
   * may be less than none.
   */
  systemPages(): number;
  /** A step begins. */
  startStep(faults: StandInFaults): void;
  /** arch_remove_memory() begins. */
  startArchRemove(): void;
}

export interface StandInMachine {
  arch: string;
  kernel: string;
  mmu?: MachineConfig['mmu'];
  pageSize: number;
  structPageSize: number;
  sectionSize: number;
  pageblockOrder: number;
}

export function architectureOf(name: string): Architecture {
  const architecture = ARCHITECTURES.find((a) => a.name === name);
  if (architecture === undefined) throw new ScenarioError(`machine.arch is "${name}"; there is no such architecture`);
  return architecture;
}

const configOf = (machine: StandInMachine): MachineConfig => {
  const configuration = architectureOf(machine.arch).configurations.find(
    (c) => c.pageSize === machine.pageSize && (machine.mmu === undefined || c.mmu === machine.mmu),
  );
  if (configuration === undefined) {
    throw new ScenarioError(`machine.pageSize is ${machine.pageSize}; ${machine.arch} has no such pages`);
  }
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
  };
};

/** The release that a recording names. @throws ScenarioError for one that is not covered */
function recordedRelease(name: string): Release {
  const release = findRelease(name);
  if (release === undefined) throw new ScenarioError(`machine.kernel is "${name}"; it is not covered`);
  return release;
}

/** How a recorded release behaves. @throws ScenarioError for one that is not covered */
export const traitsOf = (name: string): Traits => resolveTraits(recordedRelease(name));

/** Boots a kernel of a recorded machine, with parts of another architecture if they are given. */
export function bootRecorded(
  machine: StandInMachine,
  boot: readonly BootRange[],
  other: (real: Architecture) => Partial<Architecture> = () => ({}),
): Kernel {
  const architecture = architectureOf(machine.arch);
  const release = recordedRelease(machine.kernel);
  return bootKernel({
    architecture: { ...architecture, ...other(architecture) },
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

/**
 * Boots a kernel over the stand-in.
 * @param sharesPages whether ranges share the pages in which both have struct pages; else each takes its own
 */
export function bootStandIn(machine: StandInMachine, boot: readonly BootRange[], sharesPages: boolean): StandIn {
  /** Starts of the populated ranges that have struct pages in a page of memmap. */
  const pages = new Map<string, Set<number>>();
  const keyOf = (page: number, start: number): string => (sharesPages ? `${page}` : `${page} of ${start}`);
  let faults: StandInFaults = {};
  let populations = 0;
  let archRemoves = 0;
  let unfreed = 0;
  let systemPages = 0;

  let realPlatform: Platform;
  const standIn = (real: Architecture): Partial<Architecture> => ({
    platform(booting, config): Platform {
      realPlatform = real.platform(booting, config);
      const start = low52(config.vmemmapBase);
      return {
        mmu: { walk: () => ({ start, size: 2 ** 52 - start, level: PMD, pa: 0, lo: 0, hi: 0 }) },
        pmdSize: realPlatform.pmdSize,
        leafSizes: [],
        pageblockPages: 2 ** machine.pageblockOrder,
        leafFlags: () => 0n,
        visit: () => undefined,
      };
    },
    kconfig: (_platform, traits) => ({ ...real.kconfig(realPlatform, traits), optimizesDaxVmemmap: false }),
    code: (kernel) => ({
      vmemmapPopulate(start, end, _nid, altmap) {
        populations++;
        if (populations === faults.section) return -ENOMEM;
        for (let page = alignDown(start, kernel.pageSize); page < end; page += kernel.pageSize) {
          const held = pages.get(keyOf(page, start));
          if (held === undefined) {
            if (altmap !== null && altmapAllocBlockBuf(kernel, 1, altmap) < 0) return -ENOMEM;
            if (altmap === null) systemPages++;
            pages.set(keyOf(page, start), new Set([start]));
          } else held.add(start);
        }
        return 0;
      },
      vmemmapFree(start, end, altmap) {
        for (let page = alignDown(start, kernel.pageSize); page < end; page += kernel.pageSize) {
          const held = pages.get(keyOf(page, start));
          if (held === undefined || !held.delete(start) || held.size > 0) continue;
          pages.delete(keyOf(page, start));
          if (altmap === null) systemPages--;
          else if (unfreed > 0) unfreed--;
          else vmemAltmapFree(kernel, altmap, 1);
        }
      },
      keepsEmptyTable: () => false,
      unusedStart: () => 0,
    }),
  });

  const kernel = bootRecorded(machine, boot, standIn);
  return {
    kernel,
    systemPages: () => systemPages,
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
