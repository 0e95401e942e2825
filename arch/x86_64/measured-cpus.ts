// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { arithmetic, documented, estimate, measured, type Figure } from '../../src/cycles/figure.js';
import type {
  CacheProfile,
  CpuProfile,
  Sourced,
  StreamProfile,
  ThroughputProfile,
  TlbProfile,
} from '../../src/cycles/profile.js';
import { SOURCES } from '../../src/cycles/sources.js';
import { GIB, KIB, MIB } from '../../src/hardware/units.js';
import { COMMON } from './cpus-common.js';
import { GENOA_NODES } from './remote-nodes.js';

/**
 * Two CPUs of x86_64 whose figures come from primitive measurements of their own: fills, scans, copies, pointer chases,
 * single stores, locks, calls. What populating, freeing and initialising cost is put together from these, and tested
 * against measurements of the composites that have set no figure.
 */

const PAGE = 4096;
const PMD = 2 * MIB;
/** Misses that a sequential scan takes before the prefetcher runs ahead of it. */
const TRAINING_MISSES = 4;

/** Figures of one machine: the source of each is the machine's, and the row of the measurement. */
function figuresFrom(source: string) {
  const cycles = (value: number, row: string, range?: readonly [number, number]): Figure =>
    measured(value, 'cycles', `${source}; ${row}`, range);
  const derived = (value: number, how: string): Figure => arithmetic(value, 'cycles', `${source}; ${how}`);
  const rate = (value: number, row: string, range?: readonly [number, number]): Figure =>
    measured(value, 'bytes/cycle', `${source}; ${row}`, range);
  const sourced: Sourced = { confidence: 'measured', source };
  const cache = (name: string, size: number, ways: number, latency: Figure): CacheProfile => ({
    name,
    size,
    ways,
    latency,
    ...sourced,
  });
  const tlb = (entries: number, ways: number, pageSizes: readonly number[]): TlbProfile => ({
    entries,
    ways,
    pageSizes,
    ...sourced,
  });
  return { cycles, derived, rate, sourced, cache, tlb };
}

const STRING_START = estimate(35, 'cycles', 'start of a string instruction that nothing overlaps', [30, 50]);
const coldStart = (memory: number, source: string): Figure =>
  arithmetic(
    TRAINING_MISSES * memory,
    'cycles',
    `${source}; latency of memory times ${TRAINING_MISSES} misses, an estimate of what trains the prefetcher`,
  );

const zen4 = figuresFrom(SOURCES.zen4Guest);
const ZEN4_MEMORY = 539.2;
const zen4String = (memory: Figure): StreamProfile => ({
  startup: STRING_START,
  rates: [
    zen4.rate(31, 'fill.stosb.4K.L1'),
    zen4.rate(29.2, 'fill.stosb.4K.L2'),
    zen4.rate(27.4, 'fill.stosb.2M.L3, 1792K.hot', [25.8, 27.5]),
    memory,
  ],
});
const zen4Throughput: ThroughputProfile = {
  call: zen4.cycles(4.92, 'call.call'),
  pairedStore: zen4.derived(0.497, 'fill.loop64.4K.L1, 8 bytes a store'),
  singleStore: zen4.derived(1.043, 'fill.loop8.4K.L1, 8 bytes a store'),
  pairsWithinLine: {
    value: false,
    confidence: 'estimate',
    source: 'no store of a struct page seemed to wait for another line; see the page on trust',
  },
  storeMiss: [
    zen4.derived(0, 'store.L1.free less store.L1.address'),
    zen4.derived(0.2, 'store.L2.free less store.L2.address'),
    zen4.derived(0.5, 'store.L3.free less store.L3.address'),
    zen4.derived(26.9, 'store.mem.free less store.mem.address'),
  ],
  coldTableLine: zen4.derived(1385, '8 x ((fill.loop64.2M.mem4k less fill.loop64.2M.mem) / 512 pages less a walk)'),
  copy: {
    rates: [
      zen4.rate(25.8, 'copy.movsq.4K.L1'),
      zen4.rate(15.4, 'copy.movsq.4K.L2'),
      zen4.rate(12.6, 'copy.movsq.4K.L3'),
      zen4.rate(3.08, 'copy.movsq.4K.mem'),
    ],
  },
};

const genoaGuest: CpuProfile = {
  ...COMMON,
  name: 'genoa-guest',
  title: 'AMD EPYC of Zen 4 (Genoa), a KVM guest whose host maps base pages',
  cpuid: '00a10f11',
  flags: ['erms'],
  issueWidth: documented(6, 'instructions/cycle', 'AMD, Software Optimization Guide for family 19h: dispatch of 6'),
  clock: measured(3.69, 'GHz', `${SOURCES.zen4Guest}; freq`, [3.55, 3.694]),
  caches: [
    zen4.cache('L1D', 32 * KIB, 8, zen4.cycles(4, 'lat.chase.16K')),
    zen4.cache('L2', 1 * MIB, 8, zen4.cycles(14, 'lat.chase.256K')),
    zen4.cache('L3 that one core gets', 10 * MIB, 10, zen4.cycles(52.7, 'lat.chase.3M and 4M; 12M is memory')),
  ],
  memory: zen4.cycles(ZEN4_MEMORY, 'lat.flushed'),
  remote: GENOA_NODES,
  tlb: {
    first: [zen4.tlb(72, 72, [PAGE])],
    second: [zen4.tlb(3072, 12, [PAGE])],
    secondHit: zen4.cycles(7, 'tlb.4K.64 and 256'),
    walk: zen4.cycles(41.9, 'tlb.4K.4096 less 1536; two-dimensional, the host maps base pages'),
    nested: 'inside',
    linearMap: { leafSize: PMD, ...zen4.sourced },
  },
  zero: zen4String(zen4.rate(7.85, 'fill.stosb.2M.mem', [7.85, 8.17])),
  fillString: zen4String(zen4.rate(7.85, 'fill.stosb.2M.mem', [7.85, 8.17])),
  fillLoop: {
    rates: [
      zen4.rate(16.1, 'fill.loop64.4K.L1'),
      zen4.rate(15.8, 'fill.loop64.4K.L2'),
      zen4.rate(16.1, 'fill.loop64.2M.L3'),
      zen4.rate(7.99, 'fill.loop64.2M.mem', [7.73, 7.99]),
    ],
  },
  scan: {
    coldStart: coldStart(ZEN4_MEMORY, SOURCES.zen4Guest),
    rates: [
      zen4.rate(7.61, 'scan.4K.L1'),
      zen4.rate(8.09, 'scan.256K.L2'),
      zen4.rate(8.04, 'scan.2M.L3'),
      zen4.rate(7.33, 'scan.2M.mem'),
    ],
  },
  lockPair: zen4.cycles(21.8, 'lock.pair'),
  throughput: zen4Throughput,
};

const emerald = figuresFrom(SOURCES.emeraldGuest);
const EMERALD_MEMORY = 323.1;
const emeraldString = (memory: Figure): StreamProfile => ({
  startup: STRING_START,
  rates: [
    emerald.rate(58, 'fill.stosb.4K.L1'),
    emerald.rate(16.8, 'fill.stosb.1792K.hot and 2M.hot', [15.2, 16.9]),
    emerald.rate(9.51, 'fill.stosb.2M.L3', [8.96, 9.51]),
    memory,
  ],
});
const emeraldThroughput: ThroughputProfile = {
  call: emerald.cycles(2.91, 'call.call'),
  pairedStore: emerald.derived(0.485, 'fill.loop64.4K.L1, 8 bytes a store'),
  singleStore: emerald.derived(1.065, 'fill.loop8.4K.L1, 8 bytes a store'),
  pairsWithinLine: {
    value: true,
    confidence: 'recalled',
    source: 'Intel, Optimization Reference Manual: Golden Cove commits two stores a cycle where both are to one line',
  },
  storeMiss: [
    emerald.derived(0, 'store.L1.free less store.L1.address'),
    emerald.derived(0, 'store.L2.free less store.L2.address'),
    emerald.derived(5.4, 'store.L3.free less store.L3.address'),
    emerald.derived(30.9, 'store.mem.free less store.mem.address'),
  ],
  coldTableLine: emerald.derived(0, 'fill.loop64.2M.mem4k is no slower than fill.loop64.2M.mem'),
  copy: {
    rates: [
      emerald.rate(55.9, 'copy.movsq.4K.L1'),
      emerald.rate(13.1, 'copy.movsq.4K.L2'),
      emerald.rate(4.84, 'copy.movsq.4K.L3'),
      emerald.rate(2.29, 'copy.movsq.4K.mem'),
    ],
  },
  together: [
    { cpus: 1, factor: measured(1, 'times', `${SOURCES.emeraldGuest}; parallel.1`) },
    { cpus: 2, factor: measured(1.08, 'times', `${SOURCES.emeraldGuest}; parallel.2 over parallel.1`) },
    { cpus: 4, factor: measured(1.21, 'times', `${SOURCES.emeraldGuest}; parallel.4 over parallel.1`) },
    { cpus: 8, factor: measured(1.51, 'times', `${SOURCES.emeraldGuest}; parallel.8 over parallel.1`) },
    { cpus: 16, factor: measured(2.16, 'times', `${SOURCES.emeraldGuest}; parallel.16 over parallel.1`) },
  ],
};

const emeraldRapidsGuest: CpuProfile = {
  ...COMMON,
  name: 'emerald-rapids-guest',
  title: 'Intel Xeon of Emerald Rapids, a Firecracker guest whose host maps leaves of 2 MiB',
  cpuid: '000c06f2',
  flags: ['erms', 'fsrs'],
  issueWidth: documented(6, 'instructions/cycle', 'Intel, Optimization Reference Manual: Golden Cove allocates 6'),
  clock: measured(2.9, 'GHz', `${SOURCES.emeraldGuest}; freq`, [2.7, 3.4]),
  caches: [
    emerald.cache('L1D', 48 * KIB, 12, emerald.cycles(4.7, 'lat.chase.16K')),
    emerald.cache('L2', 2 * MIB, 16, emerald.cycles(15.9, 'lat.chase.256K and 1M')),
    emerald.cache(
      'L3 that one core gets',
      10 * MIB,
      10,
      emerald.cycles(100.5, 'lat.chase.8M; 12M lies between it and memory'),
    ),
  ],
  memory: emerald.cycles(EMERALD_MEMORY, 'lat.flushed'),
  tlb: {
    first: [emerald.tlb(96, 96, [PAGE]), emerald.tlb(32, 32, [PMD]), emerald.tlb(8, 8, [GIB])],
    second: [emerald.tlb(2048, 16, [PAGE, PMD])],
    secondHit: emerald.cycles(6.8, 'tlb.4K.64 and 256'),
    walk: emerald.cycles(25.4, 'tlb.4K.4096 less 1536; two-dimensional, the host maps leaves of 2 MiB'),
    nested: 'inside',
    linearMap: { leafSize: PMD, ...emerald.sourced },
  },
  zero: emeraldString(emerald.rate(4.35, 'fill.stosb.2M.mem', [3.23, 4.35])),
  fillString: emeraldString(emerald.rate(4.35, 'fill.stosb.2M.mem', [3.23, 4.35])),
  fillLoop: {
    rates: [
      emerald.rate(16.5, 'fill.loop64.4K.L1'),
      emerald.rate(13.2, 'fill.loop64.1792K.hot and 2M.hot', [10.3, 13.3]),
      emerald.rate(9, 'fill.loop64.2M.L3', [8.17, 9]),
      emerald.rate(2.72, 'fill.loop64.2M.mem', [2.54, 2.77]),
    ],
  },
  scan: {
    coldStart: coldStart(EMERALD_MEMORY, SOURCES.emeraldGuest),
    rates: [
      emerald.rate(7.63, 'scan.4K.L1'),
      emerald.rate(8.2, 'scan.256K.L2'),
      emerald.rate(7.27, 'scan.2M.L3'),
      emerald.rate(2.42, 'scan.2M.mem'),
    ],
  },
  lockPair: emerald.cycles(29.7, 'lock.pair'),
  throughput: emeraldThroughput,
};

export const MEASURED_X86_CPUS: readonly CpuProfile[] = [genoaGuest, emeraldRapidsGuest];
