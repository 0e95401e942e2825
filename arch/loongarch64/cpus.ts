// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { documented, estimate, recalled, reference, type Figure } from '../../src/cycles/figure.js';
import { pageAllocatorCost } from '../../src/cycles/page-allocator-cost.js';
import type { CpuProfile, Sourced, StreamProfile } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { KIB, MIB } from '../../src/hardware/units.js';

/** CPUs of loongarch64. No cost of a flush or of a barrier was found: orders of magnitude only. */

/** Where most of the figures were read. */
const REVIEWS =
  'Chips and Cheese, "Loongson’s 3A5000: China’s Best Shot?" (April 2023) and "Loongson 3A6000: A Star among Chinese CPUs" (March 2024)';

/** Sizes of a page and of a leaf of the PMD, of every page size of the kernel. */
const PAGE_SIZES = [4 * KIB, 16 * KIB, 64 * KIB, 2 * MIB, 32 * MIB, 512 * MIB];

const review: Sourced = { confidence: 'reference', source: REVIEWS };
const recalledReview: Sourced = { confidence: 'recalled', source: REVIEWS };
const recalledCycles = (cycles: number): Figure => recalled(cycles, 'cycles', REVIEWS);
const rates = (reason: string, values: readonly number[]): StreamProfile => ({
  rates: values.map((value) => estimate(value, 'bytes/cycle', reason)),
});

const STORES = 'clear_page() and memset(): stores of 8 bytes; memory by the bandwidth of a core';
const LOADS = 'a load of 8 bytes and a branch a turn';

const common = {
  flags: [],
  cpus: reference(4, 'CPUs', REVIEWS),
  lineSize: 64,
  clock: reference(2.5, 'GHz', REVIEWS),
  barrier: {
    leaf: estimate(20, 'cycles', 'dbar 0b11000 behind a global entry; no figure was found', [5, 60]),
    table: documented(0, 'cycles', `${SOURCES.linux7}: pXd_populate() is a plain store`),
  },
  flush: {
    all: {
      base: estimate(1.5, 'µs', 'flush_tlb_all() interrupts every other CPU and waits', [0.8, 4]),
      perCpu: estimate(0.12, 'µs', 'one more CPU to answer; none is measured', [0.05, 0.3]),
      empties: true,
    },
  },
  lockPair: estimate(40, 'cycles', 'queued spin lock with an atomic swap, 15 to 25 each way', [30, 60]),
  ...pageAllocatorCost(1.2, 'no figure for loongarch64 was found'),
} as const;

/** The kernel sees RAM through a direct-mapped window (0x9000…), which no TLB serves: one leaf holds all of it. */
const linearMap: CpuProfile['tlb']['linearMap'] = {
  leafSize: 512 * MIB,
  confidence: 'document',
  source: `${SOURCES.linux7}: CAC_BASE lies in a direct-mapped window; taken as leaves that are never many`,
};

const la464: CpuProfile = {
  ...common,
  name: '3a5000',
  title: 'Loongson 3A5000 (LA464)',
  issueWidth: reference(4, 'instructions/cycle', REVIEWS),
  caches: [
    { name: 'L1D', size: 64 * KIB, ways: 4, latency: recalledCycles(4), ...review },
    { name: 'L2', size: 256 * KIB, ways: 16, latency: recalledCycles(14), ...review },
    { name: 'L3', size: 16 * MIB, ways: 16, latency: recalledCycles(45), ...recalledReview },
  ],
  memory: recalled(360, 'cycles', `${REVIEWS}; about 144 ns`),
  tlb: {
    first: [{ entries: 64, ways: 64, pageSizes: PAGE_SIZES, ...recalledReview }],
    second: [{ entries: 2048, ways: 8, pageSizes: PAGE_SIZES, ...recalledReview }],
    secondHit: estimate(9, 'cycles', 'no figure was found', [6, 14]),
    walk: estimate(60, 'cycles', 'software refill through lddir and ldpte, hot tables', [40, 100]),
    linearMap,
  },
  zero: rates(STORES, [16, 14, 8, 4]),
  fillLoop: rates(STORES, [16, 14, 8, 4]),
  scan: rates(LOADS, [8, 7, 5, 4]),
};

const la664: CpuProfile = {
  ...common,
  name: '3a6000',
  title: 'Loongson 3A6000 (LA664)',
  issueWidth: recalled(6, 'instructions/cycle', REVIEWS),
  caches: [
    { name: 'L1D', size: 64 * KIB, ways: 4, latency: recalledCycles(4), ...recalledReview },
    { name: 'L2', size: 256 * KIB, ways: 16, latency: recalledCycles(13), ...recalledReview },
    { name: 'L3', size: 16 * MIB, ways: 16, latency: recalledCycles(40), ...recalledReview },
  ],
  memory: recalled(260, 'cycles', `${REVIEWS}; about 105 ns`),
  tlb: {
    first: [{ entries: 64, ways: 64, pageSizes: PAGE_SIZES, ...recalledReview }],
    second: [{ entries: 2048, ways: 8, pageSizes: PAGE_SIZES, ...recalledReview }],
    secondHit: estimate(8, 'cycles', 'no figure was found', [6, 12]),
    walk: estimate(45, 'cycles', 'hardware walker, hot tables', [30, 70]),
    linearMap,
  },
  zero: rates(STORES, [16, 16, 10, 6]),
  fillLoop: rates(STORES, [16, 16, 10, 6]),
  scan: rates(LOADS, [12, 10, 7, 5]),
};

export const LOONGARCH64_CPUS: readonly CpuProfile[] = [la464, la664];
