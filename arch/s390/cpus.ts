// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { documented, estimate, recalled, reference } from '../../src/cycles/figure.js';
import { pageAllocatorCost } from '../../src/cycles/page-allocator-cost.js';
import type { CpuProfile, Sourced, StreamProfile } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { KIB, MIB } from '../../src/hardware/units.js';

/** CPUs of s390. No cost of a broadcast, an overlapping MVC or a TLB size was found: orders of magnitude only. */

const PAGE_SIZES = [4 * KIB, MIB];

const wiki: Sourced = { confidence: 'reference', source: SOURCES.wikichip };
const slides: Sourced = { confidence: 'recalled', source: 'IBM’s slides' };
const guess: Sourced = { confidence: 'estimate', source: 'no figure was found' };
const rates = (reason: string, values: readonly number[]): StreamProfile => ({
  rates: values.map((value) => estimate(value, 'bytes/cycle', reason)),
});

const XC = 'a line of 256 bytes; xc of a field with itself treated as a store of lines';
const MVC = 'overlapping mvc; 1 byte a cycle if the machine does not know the form: the largest doubt of s390';
const LG = 'a taken branch ends a decode group';

const none = documented(0, 'cycles', `${SOURCES.linux}: a plain store while the entry is invalid`);

const common = {
  flags: [],
  cpus: estimate(16, 'CPUs', 'no machine is meant: a partition'),
  issueWidth: documented(6, 'instructions/cycle', SOURCES.llvm),
  lineSize: 256,
  barrier: { leaf: none, table: none },
  flush: {
    range: {
      base: estimate(1.5, 'µs', 'IDTE may quiesce the machine; called expensive, not measured', [0.5, 3]),
      empties: true,
    },
  },
  lockPair: estimate(35, 'cycles', 'compare and swap, 10 to 20 each', [25, 45]),
  tlb: {
    first: [{ entries: 512, ways: 4, pageSizes: PAGE_SIZES, ...guess }],
    second: [
      { entries: 4096, ways: 4, pageSizes: [4 * KIB], ...guess },
      { entries: 1024, ways: 4, pageSizes: [MIB], ...guess },
    ],
    secondHit: estimate(10, 'cycles', 'no figure was found'),
    walk: estimate(40, 'cycles', 'hot tables; no figure was found'),
    linearMap: { leafSize: MIB, confidence: 'estimate', source: 'RAM is mapped with frames of 1 MiB with EDAT1' },
  },
  fillLoop: rates(MVC, [12, 12, 8, 6, 4]),
  scan: rates(LG, [6.5, 6.5, 6, 5, 4]),
  ...pageAllocatorCost(1.2, 'no figure for s390 was found'),
} as const;

const z15: CpuProfile = {
  ...common,
  name: 'z15',
  title: 'IBM z15',
  clock: reference(5.2, 'GHz', SOURCES.wikichip),
  caches: [
    { name: 'L1D', size: 128 * KIB, ways: 8, latency: documented(4, 'cycles', SOURCES.llvm), ...wiki },
    { name: 'L2', size: 4 * MIB, ways: 8, latency: estimate(12, 'cycles', 'no figure was found', [10, 13]), ...wiki },
    {
      name: 'L3',
      size: 256 * MIB,
      ways: 32,
      latency: estimate(50, 'cycles', 'no figure was found', [45, 60]),
      ...wiki,
    },
    {
      name: 'L4',
      size: 960 * MIB,
      ways: 60,
      latency: estimate(250, 'cycles', 'no figure was found', [200, 300]),
      ...wiki,
    },
  ],
  memory: estimate(650, 'cycles', '110 to 150 ns'),
  zero: rates(XC, [32, 18, 8, 6, 4]),
};

const z16: CpuProfile = {
  ...common,
  name: 'z16',
  title: 'IBM z16 (Telum)',
  clock: recalled(5.2, 'GHz', 'IBM’s slides'),
  caches: [
    { name: 'L1D', size: 128 * KIB, ways: 8, latency: recalled(4, 'cycles', 'IBM’s slides'), ...slides },
    {
      name: 'L2',
      size: 32 * MIB,
      ways: 8,
      latency: recalled(19, 'cycles', `${SOURCES.chips}; 3.8 ns`),
      confidence: 'estimate',
      source: 'size from IBM’s slides; its ways are taken to be 8',
    },
    {
      name: 'virtual L3',
      size: 256 * MIB,
      ways: 32,
      latency: recalled(62, 'cycles', 'IBM’s slides; 12 ns'),
      confidence: 'estimate',
      source: 'size from IBM’s slides; its ways are taken to be those of z15',
    },
    {
      name: 'virtual L4',
      size: 2048 * MIB,
      ways: 64,
      latency: estimate(250, 'cycles', 'no figure was found', [200, 300]),
      confidence: 'estimate',
      source: 'size from IBM’s slides; its ways are taken to be 64',
    },
  ],
  memory: estimate(620, 'cycles', '100 to 140 ns'),
  zero: rates(XC, [32, 20, 8, 6, 4]),
};

export const S390_CPUS: readonly CpuProfile[] = [z15, z16];
