// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { arithmetic, documented, estimate, measured, recalled, type Figure } from '../../src/cycles/figure.js';
import { pageAllocatorCost } from '../../src/cycles/page-allocator-cost.js';
import type { CpuProfile, Sourced, StreamProfile } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { KIB, MIB } from '../../src/hardware/units.js';

/** CPUs of arm64. Arm's technical reference manuals are recalled, not read again. */

/** Sizes of a page and a block of every page size of the kernel. */
const PAGE_SIZES = [4 * KIB, 16 * KIB, 64 * KIB, 2 * MIB, 32 * MIB, 512 * MIB];

const TRM = 'technical reference manual or a well-known review';
const trm: Sourced = { confidence: 'recalled', source: TRM };
const recalledCycles = (cycles: number): Figure => recalled(cycles, 'cycles', TRM);
const rates = (reason: string, values: readonly [number, number, number, number]): StreamProfile => ({
  rates: values.map((value) => estimate(value, 'bytes/cycle', reason)),
});

const DC_ZVA = 'dc zva of 64 bytes every two cycles; memory bounded by the write bandwidth of a core';
const STP = 'a store of 16 bytes a cycle; two a cycle on Neoverse V1';

const common = {
  flags: [],
  cpus: estimate(64, 'CPUs', 'no machine is meant: a server of one socket'),
  lineSize: 64,
  ...pageAllocatorCost(1.1, 'no figure for arm64 was found'),
} as const;

const linearMap: CpuProfile['tlb']['linearMap'] = {
  leafSize: 4 * KIB,
  confidence: 'document',
  source: `${SOURCES.linearMap}: RAM is mapped with base pages by default`,
};
const walk = estimate(30, 'cycles', 'hot tables', [20, 35]);
const secondHit = recalled(5, 'cycles', TRM, [5, 6]);

const TLBI_CALIBRATED = arithmetic(
  1.68,
  'µs',
  `calibrated: ${SOURCES.linearMap}; VM of 64 GiB, mean of three of its steps (1.74, 1.74, 1.56)`,
  [1.56, 1.74],
);
const BARRIER_CALIBRATED = arithmetic(
  48.9,
  'cycles',
  `calibrated: ${SOURCES.linearMap}; VM of 64 GiB, 16.3 ns a page-table entry at 3.0 GHz`,
);

/** flush_tlb_all(), which only folding the memmap of HugeTLB pages calls. */
const FLUSH_ALL = {
  base: estimate(1.7, 'µs', 'TLBI VMALLE1IS and DSB: one broadcast, as TLBI by address is', [1, 3]),
  empties: true,
} as const;

const altra: CpuProfile = {
  ...common,
  name: 'altra-q80',
  title: 'Ampere Altra Q80-30 (Neoverse N1)',
  clock: recalled(3.0, 'GHz', 'assumed: the measurements name no part'),
  issueWidth: measured(3, 'instructions/cycle', `${SOURCES.llvm}: Neoverse N1 since change 154495`),
  caches: [
    { name: 'L1D', size: 64 * KIB, ways: 4, latency: documented(4, 'cycles', SOURCES.llvm), ...trm },
    { name: 'L2', size: MIB, ways: 8, latency: recalledCycles(11), ...trm },
    { name: 'SLC', size: 32 * MIB, ways: 16, latency: estimate(95, 'cycles', '30 to 35 ns', [90, 105]), ...trm },
  ],
  memory: recalled(310, 'cycles', `${TRM}; 95 to 110 ns`),
  tlb: {
    first: [{ entries: 48, ways: 48, pageSizes: PAGE_SIZES, ...trm }],
    second: [{ entries: 1280, ways: 5, pageSizes: PAGE_SIZES, ...trm }],
    secondHit,
    walk,
    linearMap,
  },
  zero: rates(DC_ZVA, [32, 18, 9, 6]),
  fillLoop: rates(STP, [16, 14, 8, 5]),
  scan: rates('one branch pipe and two branches a turn', [4, 4, 4, 4]),
  barrier: { leaf: BARRIER_CALIBRATED, table: BARRIER_CALIBRATED },
  flush: {
    all: FLUSH_ALL,
    range: { base: TLBI_CALIBRATED, empties: false },
    table: { base: TLBI_CALIBRATED, empties: false },
  },
  lockPair: estimate(32, 'cycles', 'queued spin lock with LSE atomics', [25, 40]),
};

const graviton3Tlbi = estimate(1.0, 'µs', 'TLBI and DSB on the mesh; only Altra and Apple M2 are measured', [0.6, 1.5]);
const graviton3Barrier = estimate(45, 'cycles', 'DSB ISHST and ISB: between 38 and 58 by its parts', [38, 58]);

const graviton3: CpuProfile = {
  ...common,
  name: 'graviton3',
  title: 'AWS Graviton3 (Neoverse V1)',
  clock: recalled(2.6, 'GHz', TRM),
  issueWidth: estimate(4, 'instructions/cycle', 'wider than Neoverse N1, whose measured width is 3'),
  caches: [
    { name: 'L1D', size: 64 * KIB, ways: 4, latency: recalledCycles(4), ...trm },
    { name: 'L2', size: MIB, ways: 8, latency: recalledCycles(13), ...trm },
    { name: 'SLC', size: 32 * MIB, ways: 16, latency: recalled(75, 'cycles', `${TRM}; 29 ns`), ...trm },
  ],
  memory: recalled(305, 'cycles', `${TRM}; 115 to 120 ns`),
  tlb: {
    first: [{ entries: 40, ways: 40, pageSizes: PAGE_SIZES, ...trm }],
    second: [{ entries: 2048, ways: 4, pageSizes: PAGE_SIZES, ...trm }],
    secondHit,
    walk,
    linearMap,
  },
  zero: rates(DC_ZVA, [32, 20, 10, 8]),
  fillLoop: rates(STP, [20, 20, 10, 6]),
  scan: rates('two branches a cycle; memory bounded by prefetch', [7.5, 7.5, 6, 5]),
  barrier: { leaf: graviton3Barrier, table: graviton3Barrier },
  flush: {
    all: FLUSH_ALL,
    range: { base: graviton3Tlbi, empties: false },
    table: { base: graviton3Tlbi, empties: false },
  },
  lockPair: estimate(30, 'cycles', 'queued spin lock with LSE atomics', [25, 40]),
};

export const ARM64_CPUS: readonly CpuProfile[] = [altra, graviton3];
