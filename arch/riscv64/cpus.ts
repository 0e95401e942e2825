// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { documented, estimate, recalled, type Figure } from '../../src/cycles/figure.js';
import { pageAllocatorCost } from '../../src/cycles/page-allocator-cost.js';
import type { CpuProfile, Sourced, StreamProfile } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { GIB, KIB, MIB } from '../../src/hardware/units.js';

/**
 * CPUs of riscv64. Sizes of caches and TLBs are those of the device trees in the kernel's source; no cost of a remote
 * fence was found for either.
 */

/** Where most of the figures were read. */
const REVIEWS =
  'Chips and Cheese, "Inside SiFive’s P550 Microarchitecture" (January 2025) and "Alibaba/T-HEAD’s Xuantie C910" (February 2025)';

/** Sizes of leaves from the PTE up. */
const PAGE_SIZES = [4 * KIB, 2 * MIB, GIB];

const deviceTree = (file: string): Sourced => ({
  confidence: 'document',
  source: `${SOURCES.linux7}, arch/riscv/boot/dts/${file}`,
});
const review: Sourced = { confidence: 'recalled', source: REVIEWS };
const guess: Sourced = { confidence: 'estimate', source: 'no figure was found' };
const recalledCycles = (cycles: number): Figure => recalled(cycles, 'cycles', REVIEWS);
const rates = (reason: string, values: readonly number[]): StreamProfile => ({
  rates: values.map((value) => estimate(value, 'bytes/cycle', reason)),
});

const STORES =
  'memset() of arch/riscv/lib: a store of 8 bytes a cycle, without cbo.zero; memory by the bandwidth of a core';
const LOADS = 'a load of 8 bytes and a branch a turn';

/** set_pte() is a plain store: new mappings are fenced for by the CPU that faults on one. */
const noBarrier = documented(0, 'cycles', `${SOURCES.linux7}: set_pte() and pXd_populate() are plain stores`);

const common = {
  flags: [],
  lineSize: 64,
  barrier: { leaf: noBarrier, table: noBarrier },
  flush: {
    all: {
      base: estimate(1.5, 'µs', 'flush_tlb_all() interrupts every other CPU and waits', [0.8, 4]),
      perCpu: estimate(0.12, 'µs', 'one more CPU to answer; none is measured', [0.05, 0.3]),
      empties: true,
    },
  },
  lockPair: estimate(40, 'cycles', 'ticket spin lock with an atomic addition, 15 to 25 each way', [30, 60]),
  ...pageAllocatorCost(1.4, 'no figure for riscv64 was found; narrower cores than those measured'),
} as const;

const linearMap: CpuProfile['tlb']['linearMap'] = {
  leafSize: GIB,
  confidence: 'document',
  source: `${SOURCES.linux7}: best_map_size() takes the largest leaf that address and size allow`,
};

const eic7700 = deviceTree('eswin/eic7700.dtsi');
const p550: CpuProfile = {
  ...common,
  name: 'eic7700x-p550',
  title: 'Eswin EIC7700X (SiFive P550)',
  cpus: documented(4, 'CPUs', eic7700.source),
  clock: recalled(1.4, 'GHz', REVIEWS),
  issueWidth: recalled(3, 'instructions/cycle', REVIEWS),
  caches: [
    { name: 'L1D', size: 32 * KIB, ways: 4, latency: recalledCycles(3), ...eic7700 },
    { name: 'L2', size: 256 * KIB, ways: 8, latency: recalledCycles(13), ...eic7700 },
    { name: 'L3', size: 4 * MIB, ways: 16, latency: recalledCycles(38), ...eic7700 },
  ],
  memory: recalled(270, 'cycles', `${REVIEWS}; about 190 ns`),
  tlb: {
    first: [{ entries: 32, ways: 32, pageSizes: PAGE_SIZES, ...eic7700 }],
    second: [{ entries: 512, ways: 1, pageSizes: PAGE_SIZES, ...review }],
    secondHit: recalledCycles(9),
    walk: estimate(40, 'cycles', 'hot tables', [25, 60]),
    linearMap,
  },
  zero: rates(STORES, [8, 8, 5, 3]),
  fillLoop: rates(STORES, [8, 8, 5, 3]),
  scan: rates(LOADS, [6, 5, 4, 2.5]),
};

const sg2042Tree = deviceTree('sophgo/sg2042-cpus.dtsi');
const sg2042: CpuProfile = {
  ...common,
  name: 'sg2042-c920',
  title: 'Sophgo SG2042 (T-Head C920)',
  cpus: documented(64, 'CPUs', sg2042Tree.source),
  clock: recalled(2.0, 'GHz', 'Sophgo’s product page'),
  issueWidth: recalled(3, 'instructions/cycle', `${REVIEWS}; three instructions are decoded a cycle`),
  caches: [
    { name: 'L1D', size: 64 * KIB, ways: 2, latency: recalledCycles(3), ...sg2042Tree },
    {
      name: 'L2',
      size: MIB,
      ways: 16,
      latency: estimate(45, 'cycles', 'shared by four cores', [30, 60]),
      ...sg2042Tree,
    },
    {
      name: 'L3',
      size: 64 * MIB,
      ways: 16,
      latency: estimate(110, 'cycles', 'no figure was found', [80, 150]),
      ...guess,
    },
  ],
  memory: estimate(300, 'cycles', '130 to 170 ns', [260, 340]),
  tlb: {
    first: [{ entries: 17, ways: 17, pageSizes: PAGE_SIZES, ...review }],
    second: [{ entries: 1024, ways: 4, pageSizes: PAGE_SIZES, ...review }],
    secondHit: estimate(8, 'cycles', 'no figure was found', [6, 12]),
    walk: estimate(45, 'cycles', 'hot tables', [30, 70]),
    linearMap,
  },
  zero: rates(STORES, [8, 8, 5, 3]),
  fillLoop: rates(STORES, [8, 8, 5, 3]),
  scan: rates(LOADS, [6, 5, 4, 2.5]),
};

export const RISCV64_CPUS: readonly CpuProfile[] = [p550, sg2042];
