// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { arithmetic, documented, estimate, recalled, type Figure } from '../../src/cycles/figure.js';
import { pageAllocatorCost } from '../../src/cycles/page-allocator-cost.js';
import type { CpuProfile, Sourced, StreamProfile } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { GIB, KIB, MIB } from '../../src/hardware/units.js';

/** CPUs of ppc64. POWER10 is recalled from slides almost throughout. */

const PAGE_SIZES = [4 * KIB, 64 * KIB, 2 * MIB, 16 * MIB, GIB];

const SLIDES = 'IBM’s slides or a well-known review';
const slides: Sourced = { confidence: 'recalled', source: SLIDES };
const rates = (reason: string, values: readonly [number, number, number, number]): StreamProfile => ({
  rates: values.map((value) => estimate(value, 'bytes/cycle', reason)),
});

const DCBZ = 'store-through L1; a line of 128 bytes is claimed every 8 to 10 cycles';
const STD = 'a store of 8 to 16 bytes a cycle';
const LD = 'loads of 8 bytes, two branches a turn';

const common = {
  flags: [],
  cpus: estimate(64, 'CPUs', 'no machine is meant: a partition of two sockets'),
  lineSize: 128,
} as const;

const linearMap: CpuProfile['tlb']['linearMap'] = {
  leafSize: GIB,
  confidence: 'estimate',
  source: 'RAM is mapped with leaves of 1 GiB under radix',
};

/** What follows an entry of the upper levels: nothing that the source shows. */
const noBarrier: Figure = documented(0, 'cycles', `${SOURCES.linux}: ptesync only behind leaves`);

const power9Tlbie = estimate(
  1.0,
  'µs',
  'broadcast with its barriers on two sockets; called expensive, not measured',
  [0.5, 1.5],
);

const power9: CpuProfile = {
  ...common,
  name: 'power9',
  title: 'IBM POWER9',
  clock: recalled(4.0, 'GHz', SLIDES, [3.8, 4.257]),
  issueWidth: estimate(4, 'instructions/cycle', 'dispatch width of such cores'),
  caches: [
    { name: 'L1D', size: 32 * KIB, ways: 8, latency: recalled(4, 'cycles', SLIDES), ...slides },
    {
      name: 'L2',
      size: 512 * KIB,
      ways: 8,
      latency: recalled(15, 'cycles', `${SLIDES}; POWER8 was measured at 13`),
      confidence: 'reference',
      source: 'WikiChip, POWER9',
    },
    { name: 'L3', size: 10 * MIB, ways: 20, latency: recalled(36, 'cycles', SLIDES), ...slides },
  ],
  memory: estimate(380, 'cycles', '90 to 100 ns; POWER8 was measured at 89 to 91'),
  tlb: {
    first: [{ entries: 64, ways: 64, pageSizes: PAGE_SIZES, confidence: 'document', source: SOURCES.linux }],
    second: [{ entries: 1024, ways: 4, pageSizes: PAGE_SIZES, confidence: 'document', source: SOURCES.linux }],
    secondHit: recalled(15, 'cycles', SLIDES),
    walk: estimate(35, 'cycles', 'radix, hot tables', [25, 45]),
    linearMap,
  },
  zero: rates(DCBZ, [14, 14, 8, 4]),
  fillLoop: rates(STD, [12, 12, 6, 3.5]),
  scan: rates(LD, [4, 4, 4, 3.5]),
  barrier: {
    leaf: estimate(120, 'cycles', `ptesync with stores pending; ${SOURCES.setPte}`, [80, 160]),
    table: noBarrier,
  },
  flush: { range: { base: power9Tlbie, empties: true } },
  lockPair: estimate(80, 'cycles', 'larx, stcx, lwsync and isync', [60, 100]),
  ...pageAllocatorCost(1.3, 'no figure for POWER9 was found'),
  hash: {
    insert: estimate(275, 'cycles', 'native insertion, without the lines of the group', [150, 400]),
    tlbie: power9Tlbie,
    hypercall: {
      powervm: estimate(0.81, 'µs', `as the older in-kernel path of KVM; ${SOURCES.kvmPower9}`, [0.6, 1.2]),
      kvm: arithmetic(2.0, 'µs', `${SOURCES.kvmPower9}; floor 1.2, typical 2.3`, [1.2, 2.3]),
    },
  },
};

const power10Tlbie = estimate(0.8, 'µs', 'as POWER9, a little less', [0.5, 1.5]);

const power10: CpuProfile = {
  ...common,
  name: 'power10',
  title: 'IBM POWER10',
  clock: recalled(3.9, 'GHz', SLIDES, [3.55, 4.0]),
  issueWidth: documented(8, 'instructions/cycle', SOURCES.llvm),
  caches: [
    { name: 'L1D', size: 32 * KIB, ways: 8, latency: recalled(4, 'cycles', SLIDES), ...slides },
    { name: 'L2', size: 2 * MIB, ways: 8, latency: recalled(14, 'cycles', `${SLIDES}; 13.5`), ...slides },
    {
      name: 'L3',
      size: 8 * MIB,
      ways: 16,
      latency: recalled(28, 'cycles', `${SLIDES}; 27.5`),
      confidence: 'estimate',
      source: 'size from the architecture overview; its ways are taken to be 16',
    },
  ],
  memory: estimate(380, 'cycles', '90 to 110 ns'),
  tlb: {
    // L1D is tagged by address: it translates for the lines that it holds, and there is no ERAT to miss.
    first: [
      { entries: 256, ways: 8, pageSizes: PAGE_SIZES, confidence: 'estimate', source: 'as many as L1D has lines' },
    ],
    second: [
      { entries: 4096, ways: 4, pageSizes: PAGE_SIZES, confidence: 'estimate', source: `${SLIDES}; ways as POWER9` },
    ],
    secondHit: recalled(9, 'cycles', `${SLIDES}; 8.5, and none where L1 hits`),
    walk: estimate(30, 'cycles', 'radix, hot tables', [20, 40]),
    linearMap,
  },
  zero: rates(DCBZ, [16, 16, 8, 5]),
  fillLoop: rates(STD, [14, 14, 7, 4]),
  scan: rates(LD, [6, 6, 5, 4]),
  barrier: { leaf: estimate(100, 'cycles', 'ptesync with stores pending, as POWER9', [80, 160]), table: noBarrier },
  flush: { range: { base: power10Tlbie, empties: true } },
  lockPair: estimate(60, 'cycles', 'larx, stcx, lwsync and isync', [45, 80]),
  ...pageAllocatorCost(1.2, 'no figure for POWER10 was found'),
  hash: {
    insert: estimate(275, 'cycles', 'as POWER9', [150, 400]),
    tlbie: power10Tlbie,
    hypercall: {
      powervm: estimate(0.73, 'µs', 'nine tenths of POWER9', [0.5, 1.1]),
      kvm: estimate(1.7, 'µs', 'less than POWER9', [1.0, 2.3]),
    },
  },
};

export const PPC64_CPUS: readonly CpuProfile[] = [power9, power10];
