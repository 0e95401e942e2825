// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { arithmetic, estimate, measured, recalled, type Figure } from '../../src/cycles/figure.js';
import type { CacheProfile, CpuProfile, Sourced, StreamProfile, TlbProfile } from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { GIB, KIB, MIB } from '../../src/hardware/units.js';
import { COMMON } from './cpus-common.js';
import { MEASURED_X86_CPUS } from './measured-cpus.js';
import { GENOA_NODES, ICE_LAKE_NODES, SAPPHIRE_RAPIDS_NODES } from './remote-nodes.js';

/** CPUs of x86_64. Intel's and AMD's optimisation guides are recalled, not read again. */

const PAGE = 4096;
const PMD = 2 * MIB;

const GUIDE = 'vendor’s optimisation guide or a well-known review';
const guide: Sourced = { confidence: 'recalled', source: GUIDE };
const latency = (cycles: number): Figure => recalled(cycles, 'cycles', GUIDE);
const rate = (value: number, reason: string, range?: readonly [number, number]): Figure =>
  estimate(value, 'bytes/cycle', reason, range);
const tlb = (entries: number, ways: number, pageSizes: readonly number[], from: Sourced = guide): TlbProfile => ({
  entries,
  ways,
  pageSizes,
  ...from,
});

const LINE_STORES = 'line-wide stores; outer levels bounded by ownership requests';
const TWO_STORE_PORTS = 'two store ports';
const TWO_BRANCHES = 'two fused branches a turn, one taken a cycle; beyond L2 bounded by prefetch';

/** `rep stosb`. @param l2 and memory: bytes a cycle */
const stringStores = (l2: number, memory: Figure): StreamProfile => ({
  startup: estimate(35, 'cycles', 'start of a string instruction', [30, 40]),
  rates: [rate(32, LINE_STORES), rate(l2, LINE_STORES, [24, 32]), rate(13, LINE_STORES, [10, 16]), memory],
});
const storeLoop = (l2: number, memory: number): StreamProfile => ({
  rates: [
    rate(Math.max(15, l2), TWO_STORE_PORTS, [14, 16]),
    rate(l2, TWO_STORE_PORTS, [10, 14]),
    rate(7.5, TWO_STORE_PORTS, [6, 9]),
    rate(memory, 'as clear_page() from memory', [3, 5]),
  ],
});
const scanLoop = (memory: number, range: readonly [number, number]): StreamProfile => ({
  rates: [
    rate(8, TWO_BRANCHES),
    rate(8, TWO_BRANCHES, [7, 8]),
    rate(6, TWO_BRANCHES, [5, 7]),
    rate(memory, TWO_BRANCHES, range),
  ],
});

const walk = estimate(30, 'cycles', 'hot tables; Ivy Bridge took 45 on the mean', [20, 35]);
/** Both stages have four levels, and a walk cache keeps the upper ones of either. */
const nested = arithmetic(
  2.9,
  'times',
  `${SOURCES.walkHits}: 4.4 accesses a walk against 1.5, walk caches of either counted; at the low end 41.9 cycles of hot tables, measured in a guest of Zen 4, over 30`,
  [1.4, 2.9],
);
const secondHit = recalled(7, 'cycles', GUIDE);
const linearMap: CpuProfile['tlb']['linearMap'] = {
  leafSize: GIB,
  confidence: 'estimate',
  source: 'RAM is mapped with leaves of 1 GiB where the CPU has them',
};

const cache = (name: string, size: number, ways: number, figure: Figure, from: Sourced = guide): CacheProfile => ({
  name,
  size,
  ways,
  latency: figure,
  ...from,
});
const readByAnandtech: Sourced = { confidence: 'measured', source: SOURCES.anandtech };

const icelake: CpuProfile = {
  ...COMMON,
  name: 'icelake-8358',
  title: 'Intel Xeon Platinum 8358 (Ice Lake-SP)',
  flags: ['erms'],
  clock: measured(2.6, 'GHz', `${SOURCES.clearing}; no_turbo=1`),
  caches: [
    cache('L1D', 48 * KIB, 12, latency(5), readByAnandtech),
    cache('L2', 1.25 * MIB, 20, latency(14)),
    cache('L3 slice', 1.5 * MIB, 12, recalled(70, 'cycles', GUIDE, [65, 75])),
  ],
  memory: recalled(230, 'cycles', `${GUIDE}; 85 to 92 ns`),
  remote: ICE_LAKE_NODES,
  tlb: {
    first: [tlb(64, 64, [PAGE]), tlb(32, 32, [PMD]), tlb(8, 8, [GIB])],
    second: [tlb(2048, 16, [PAGE, PMD])],
    secondHit,
    walk,
    nested,
    linearMap,
  },
  zero: stringStores(
    28,
    measured(
      3.4,
      'bytes/cycle',
      `${SOURCES.clearing}; 8.76 GB/s page at a time, cost of the fault included`,
      [3.4, 4.6],
    ),
  ),
  fillString: stringStores(28, rate(3.4, 'as clear_page() from memory', [3.4, 4.6])),
  fillLoop: storeLoop(12, 3.4),
  scan: scanLoop(4, [3.5, 5]),
  lockPair: measured(33, 'cycles', `${SOURCES.timeBench}; 12.6 ns at 2.7 GHz`),
};

const sapphireRapids: CpuProfile = {
  ...COMMON,
  name: 'sapphire-rapids-8480',
  title: 'Intel Xeon Platinum 8480 (Sapphire Rapids)',
  flags: ['erms', 'fsrs'],
  clock: estimate(3.0, 'GHz', '2.0 base, 3.8 seen with a slow ramp', [2.0, 3.8]),
  caches: [
    cache('L1D', 48 * KIB, 12, latency(5)),
    cache('L2', 2 * MIB, 16, recalled(15, 'cycles', GUIDE, [14, 16])),
    cache('L3 slice', 1.875 * MIB, 15, recalled(100, 'cycles', `${GUIDE}; 33 ns`)),
  ],
  memory: recalled(330, 'cycles', `${GUIDE}; 107 to 118 ns`),
  remote: SAPPHIRE_RAPIDS_NODES,
  tlb: {
    first: [tlb(96, 96, [PAGE]), tlb(32, 32, [PMD]), tlb(8, 8, [GIB])],
    second: [tlb(2048, 16, [PAGE, PMD])],
    secondHit,
    walk,
    nested,
    linearMap,
  },
  zero: stringStores(30, rate(4, 'between Ice Lake and the bandwidth of the part')),
  fillString: stringStores(28, rate(4, 'as clear_page() from memory')),
  fillLoop: storeLoop(14, 4),
  scan: scanLoop(4.5, [3.5, 5]),
  lockPair: measured(33, 'cycles', `${SOURCES.timeBench}; an older part`),
};

const milan: CpuProfile = {
  ...COMMON,
  name: 'milan-7763',
  title: 'AMD EPYC 7763 and 7J13 (Zen 3, Milan)',
  flags: ['erms'],
  clock: measured(2.45, 'GHz', `${SOURCES.clearing}; boost=0`),
  caches: [
    cache('L1D', 32 * KIB, 8, latency(4)),
    cache('L2', 512 * KIB, 8, latency(12)),
    cache('L3', 32 * MIB, 16, latency(46)),
  ],
  memory: recalled(250, 'cycles', `${GUIDE}; 96 to 105 ns`),
  tlb: {
    first: [tlb(64, 64, [PAGE, PMD, GIB])],
    second: [tlb(2048, 8, [PAGE, PMD])],
    secondHit,
    walk,
    nested,
    linearMap,
  },
  zero: stringStores(28, measured(5.6, 'bytes/cycle', `${SOURCES.clearing}; 13.7 GB/s in chunks of 4 KiB`, [5.6, 6.2])),
  fillString: stringStores(28, rate(5.6, 'as clear_page() from memory')),
  fillLoop: storeLoop(14, 5),
  scan: scanLoop(7, [6, 8]),
  lockPair: estimate(30, 'cycles', 'locked operations take 8 to 18 cycles on AMD, 18 to 20 on Intel'),
};

const genoa: CpuProfile = {
  ...COMMON,
  name: 'genoa-9654',
  title: 'AMD EPYC 9654 (Zen 4, Genoa)',
  flags: ['erms'],
  clock: estimate(3.5, 'GHz', '2.4 base, 3.7 at most', [2.4, 3.7]),
  caches: [
    cache('L1D', 32 * KIB, 8, latency(4)),
    cache('L2', 1 * MIB, 8, latency(14)),
    cache('L3', 32 * MIB, 16, latency(50)),
  ],
  memory: recalled(390, 'cycles', `${GUIDE}; 105 to 118 ns`),
  remote: GENOA_NODES,
  tlb: {
    first: [tlb(72, 72, [PAGE, PMD, GIB])],
    second: [tlb(3072, 12, [PAGE, PMD], { confidence: 'estimate', source: `${GUIDE}; its ways are taken to be 12` })],
    secondHit,
    walk,
    nested,
    linearMap,
  },
  zero: stringStores(28, rate(6, 'as Milan, a little more bandwidth')),
  fillString: stringStores(28, rate(6, 'as clear_page() from memory')),
  fillLoop: storeLoop(14, 5),
  scan: scanLoop(7, [6, 8]),
  lockPair: estimate(25, 'cycles', 'locked operations take 8 to 18 cycles on AMD, 18 to 20 on Intel'),
};

export const X86_CPUS: readonly CpuProfile[] = [icelake, sapphireRapids, milan, genoa, ...MEASURED_X86_CPUS];
