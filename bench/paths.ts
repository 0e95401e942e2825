// SPDX-License-Identifier: GPL-2.0-only

import { startRun, type Run } from '../src/scenario/runner.js';
import { resolveScenario } from '../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../src/scenario/schema.js';
import type { VmemAltmap } from '../src/kernel/memremap.js';

/** The populate and free paths that are measured: one machine each, and how its memory comes and goes. */

export interface Path {
  name: string;
  machine: ScenarioInput['machine'];
  /** Sections added, then removed, in one round. */
  sections: number;
  /** Each section carries its own memmap. */
  altmap?: true;
  /** Sections are added and removed in halves, as devices are. */
  halves?: true;
  /**
   * Settings of yardstick.c for it, but for the number of sections: what the path's page table is like. It has no leaf that is
   * shared without marks, as radix has.
   */
  yardstick?: readonly string[];
}

type Machine = ScenarioInput['machine'];

const x86 = (structPageSize: number, more: Partial<Machine> = {}): Machine => ({
  arch: 'x86_64',
  kernel: '6.12.117',
  structPageSize,
  ...more,
});
const arm64 = (pageSize: string): Machine => ({ arch: 'arm64', kernel: '6.12.117', pageSize });
const s390 = (structPageSize: number, edat1: boolean): Machine => ({
  arch: 's390',
  kernel: '6.12.117',
  structPageSize,
  hugeVmemmap: edat1,
});
const ppc64 = (mmu: 'radix' | 'hash', pageSize: string): Machine => ({
  arch: 'ppc64',
  kernel: '6.12.117',
  mmu,
  pageSize,
});

/** Levels of a page table for yardstick.c, root first: log2 of the bytes of an entry, and of the entries. */
const levels = (...pairs: (readonly [shift: number, bits: number])[]): string[] =>
  pairs.map(([shift, bits]) => `level=${shift}:${bits}`);
const FOUR_LEVELS_4K = levels([39, 9], [30, 9], [21, 9], [12, 9]);
const PMD_LEAVES = [...FOUR_LEVELS_4K, `leaf=${2 ** 21}`];
const S390_TABLES = [...levels([42, 11], [31, 11], [20, 11], [12, 8]), 'section=65536', 'tablePages=4'];
const SEGMENTS = `leaf=${2 ** 20}`;
const MARKED = ['struct=56', 'marks=1'];
const PAGES_16K = [...levels([36, 11], [25, 11], [14, 11]), 'page=16384', 'section=8192'];
const PAGES_64K = [...levels([42, 6], [29, 13], [16, 13]), 'page=65536', 'section=8192'];
const HASH = ['hash=1', 'page=65536', 'section=256', `leaf=${2 ** 24}`];

export const PATHS: readonly Path[] = [
  { name: 'x86_64 64 B, PMD leaves, 1 section', machine: x86(64), sections: 1, yardstick: PMD_LEAVES },
  { name: 'x86_64 64 B, PMD leaves, 64 sections', machine: x86(64), sections: 64, yardstick: PMD_LEAVES },
  { name: 'x86_64 64 B, PMD leaves, 8192 sections', machine: x86(64), sections: 8192, yardstick: PMD_LEAVES },
  {
    name: 'x86_64 56 B, shared PMDs marked and scanned, 1 section',
    machine: x86(56),
    sections: 1,
    yardstick: [...PMD_LEAVES, ...MARKED],
  },
  {
    name: 'x86_64 56 B, shared PMDs marked and scanned, 64 sections',
    machine: x86(56),
    sections: 64,
    yardstick: [...PMD_LEAVES, ...MARKED],
  },
  { name: 'x86_64 56 B, shared PMDs marked and scanned, 8192 sections', machine: x86(56), sections: 8192 },
  {
    name: 'x86_64 64 B, base pages (no PSE), 64 sections',
    machine: x86(64, { hugeVmemmap: false }),
    sections: 64,
    yardstick: FOUR_LEVELS_4K,
  },
  {
    name: 'x86_64 64 B, altmap, 64 sections',
    machine: x86(64),
    sections: 64,
    altmap: true,
    yardstick: [...PMD_LEAVES, 'altmap=1'],
  },
  { name: 'arm64 4K 64 B, PMD leaves, 64 sections', machine: arm64('4K'), sections: 64, yardstick: PMD_LEAVES },
  { name: 'arm64 4K 64 B, PMD leaves, 8192 sections', machine: arm64('4K'), sections: 8192, yardstick: PMD_LEAVES },
  {
    name: 'arm64 4K 64 B, base pages (two half sections), 64 sections',
    machine: arm64('4K'),
    sections: 64,
    halves: true,
    yardstick: [...FOUR_LEVELS_4K, 'halves=1'],
  },
  { name: 'arm64 16K 64 B, base pages, 64 sections', machine: arm64('16K'), sections: 64, yardstick: PAGES_16K },
  {
    name: 'arm64 64K 64 B, base pages of an altmap, 64 sections',
    machine: arm64('64K'),
    sections: 64,
    altmap: true,
    yardstick: [...PAGES_64K, 'altmap=1'],
  },
  {
    name: 's390 EDAT1 64 B, 64 sections',
    machine: s390(64, true),
    sections: 64,
    yardstick: [...S390_TABLES, SEGMENTS],
  },
  {
    name: 's390 EDAT1 56 B, 64 sections',
    machine: s390(56, true),
    sections: 64,
    yardstick: [...S390_TABLES, SEGMENTS, ...MARKED],
  },
  { name: 's390 no EDAT1 64 B, 64 sections', machine: s390(64, false), sections: 64, yardstick: S390_TABLES },
  { name: 'ppc64 radix 64K 64 B, 64 sections', machine: ppc64('radix', '64K'), sections: 64 },
  { name: 'ppc64 radix 4K 64 B, 64 sections', machine: ppc64('radix', '4K'), sections: 64 },
  { name: 'ppc64 hash 16M 64 B, 64 sections', machine: ppc64('hash', '64K'), sections: 64, yardstick: HASH },
];

/** First frame of the added memory. */
const FIRST_PFN = 2 ** 20;

/** One machine with a function that plays a round of its path. */
export interface Bench {
  run: Run;
  round: () => void;
}

/** A machine with nothing done to it yet. */
export const idleMachine = (machine: ScenarioInput['machine']): Run =>
  startRun(resolveScenario(scenarioSchema.parse({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] })));

/** How sections come and go: each by a call of its own, or all by one, as far as the path lets them. */
export type Calls = 'each' | 'one';

/** Whether one call can add all sections of a path: they are whole, and have no altmap of their own. */
export const fitsOneCall = ({ sections, altmap, halves }: Path): boolean => sections > 1 && !altmap && !halves;

export function prepare(path: Path, calls: Calls = 'each'): Bench {
  // System memory lies above everything that is added.
  const run = idleMachine({ ramBasePfn: 2 ** 29, ...path.machine });
  const { kernel } = run;
  const { pagesPerSection } = kernel;
  const altmaps = path.altmap
    ? Array.from({ length: path.sections }, (_, i) =>
        sectionAltmap(FIRST_PFN + i * pagesPerSection, pagesPerSection, kernel.structPageSize, kernel.pageSize),
      )
    : [];
  const units = calls === 'one' ? 1 : path.sections * (path.halves ? 2 : 1);
  const unit = (path.sections * pagesPerSection) / units;
  return {
    run,
    round: () => {
      for (let i = 0; i < units; i++) {
        const err = kernel.memoryHotplug.addPages(0, FIRST_PFN + i * unit, unit, altmaps[i] ?? null);
        if (err !== 0) throw new Error(`${path.name}: adding returned ${err}`);
      }
      for (let i = 0; i < units; i++) kernel.memoryHotplug.removePages(FIRST_PFN + i * unit, unit, altmaps[i] ?? null);
    },
  };
}

function sectionAltmap(basePfn: number, pages: number, structPageSize: number, pageSize: number): VmemAltmap {
  const free = Math.ceil((pages * structPageSize) / pageSize);
  return { name: `section${basePfn}`, basePfn, endPfn: basePfn + pages - 1, reserve: 0, free, align: 0, alloc: 0 };
}
