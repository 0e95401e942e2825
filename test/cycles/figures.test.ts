// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import type { Figure } from '../../src/cycles/figure.js';
import { figuresOf, type CpuProfile, type FlushProfile, type TlbProfile } from '../../src/cycles/profile.js';

/**
 * The figures of each CPU as they were found, CPU by CPU in columns: caches and TLBs, latencies, rates, barriers, flushes. Each
 * cell says how the figure is known, and the range that its source gives.
 */

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Those that somebody else measured or documented; what was measured for the model itself has a test of its own. */
const isPublished = ({ throughput }: CpuProfile): boolean => throughput === undefined;

const CPUS: ReadonlyMap<string, CpuProfile> = new Map(
  ARCHITECTURES.flatMap(({ cpus }) => cpus.filter(isPublished).map((profile) => [profile.name, profile])),
);

/** How a figure is known, in one letter: document, measured, reference table, arithmetic, recalled, estimate. */
const LETTERS = {
  document: 'D',
  measured: 'M',
  reference: 'W',
  arithmetic: 'X',
  recalled: 'R',
  estimate: 'E',
} as const;

const cellOf = ({ value, confidence, range }: Figure): string =>
  [value, LETTERS[confidence], ...(range === undefined ? [] : [range.join('-')])].join(' ');

/** A row: the figure's name, its unit, and a cell for each CPU, empty where it has none; one cell alone stands for all of them. */
type Row = readonly [name: string, unit: string, ...cells: string[]];
interface Table {
  readonly cpus: readonly string[];
  readonly rows: readonly Row[];
}

const X86_64: Table = {
  cpus: ['icelake-8358', 'sapphire-rapids-8480', 'milan-7763', 'genoa-9654'],
  rows: [
    ['clock', 'GHz', '2.6 M', '3 E 2-3.8', '2.45 M', '3.5 E 2.4-3.7'],
    ['cpus', 'CPUs', '64 E'],
    ['issueWidth', 'instructions/cycle', '4 E'],
    ['caches.0', 'cycles', '5 R', '5 R', '4 R', '4 R'],
    ['caches.1', 'cycles', '14 R', '15 R 14-16', '12 R', '14 R'],
    ['caches.2', 'cycles', '70 R 65-75', '100 R', '46 R', '50 R'],
    ['memory', 'cycles', '230 R', '330 R', '250 R', '390 R'],
    ['remote.same socket.latency', 'times', '', '1.19 X 1.11-1.29', '', '1.09 X'],
    ['remote.other socket.latency', 'times', '1.6 X', '1.81 X 1.81-1.97', '', '1.87 X'],
    ['remote.CXL.latency', 'times', '', '2.44 X 2.44-5.43', '', '2.6 X'],
    ['remote.CXL.stream', 'times', '', '', '', '2.65 X'],
    ['remote.CXL of the other socket.latency', 'times', '', '', '', '3.41 X'],
    ['tlb.nested', 'times', '2.9 X 1.4-2.9'],
    ['tlb.secondHit', 'cycles', '7 R'],
    ['tlb.walk', 'cycles', '30 E 20-35'],
    // rep stosb: 30 to 40 cycles, then 32, 24 to 32, 10 to 16 bytes a cycle; from memory what clearing pages was measured at.
    ['zero.startup', 'cycles', '35 E 30-40'],
    ['zero.rates.0', 'bytes/cycle', '32 E'],
    ['zero.rates.1', 'bytes/cycle', '28 E 24-32', '30 E 24-32', '28 E 24-32', '28 E 24-32'],
    ['zero.rates.2', 'bytes/cycle', '13 E 10-16'],
    ['zero.rates.3', 'bytes/cycle', '3.4 M 3.4-4.6', '4 E', '5.6 M 5.6-6.2', '6 E'],
    ['fillString.startup', 'cycles', '35 E 30-40'],
    ['fillString.rates.0', 'bytes/cycle', '32 E'],
    ['fillString.rates.1', 'bytes/cycle', '28 E 24-32'],
    ['fillString.rates.2', 'bytes/cycle', '13 E 10-16'],
    ['fillString.rates.3', 'bytes/cycle', '3.4 E 3.4-4.6', '4 E', '5.6 E', '6 E'],
    // Stores of 8 bytes: 14 to 16, 10 to 14, 6 to 9 bytes a cycle.
    ['fillLoop.rates.0', 'bytes/cycle', '15 E 14-16'],
    ['fillLoop.rates.1', 'bytes/cycle', '12 E 10-14', '14 E 10-14', '14 E 10-14', '14 E 10-14'],
    ['fillLoop.rates.2', 'bytes/cycle', '7.5 E 6-9'],
    ['fillLoop.rates.3', 'bytes/cycle', '3.4 E 3-5', '4 E 3-5', '5 E 3-5', '5 E 3-5'],
    // Loads of 8 bytes with two branches a turn: at most 8 bytes a cycle.
    ['scan.rates.0', 'bytes/cycle', '8 E'],
    ['scan.rates.1', 'bytes/cycle', '8 E 7-8'],
    ['scan.rates.2', 'bytes/cycle', '6 E 5-7'],
    ['scan.rates.3', 'bytes/cycle', '4 E 3.5-5', '4.5 E 3.5-5', '7 E 6-8', '7 E 6-8'],
    // A plain store, and an interrupt to each other CPU.
    ['barrier.leaf', 'cycles', '0 D'],
    ['barrier.table', 'cycles', '0 D'],
    ['flush.all.base', 'µs', '1.2 E'],
    ['flush.all.perCpu', 'µs', '0.16 X 0.16-0.19'],
    ['lockPair', 'cycles', '33 M', '33 M', '30 E', '25 E'],
  ],
};

const ARM64: Table = {
  cpus: ['altra-q80', 'graviton3'],
  rows: [
    ['clock', 'GHz', '3 R', '2.6 R'],
    ['cpus', 'CPUs', '64 E'],
    ['issueWidth', 'instructions/cycle', '3 M', '4 E'],
    ['caches.0', 'cycles', '4 D', '4 R'],
    ['caches.1', 'cycles', '11 R', '13 R'],
    ['caches.2', 'cycles', '95 E 90-105', '75 R'],
    ['memory', 'cycles', '310 R', '305 R'],
    ['tlb.secondHit', 'cycles', '5 R 5-6'],
    ['tlb.walk', 'cycles', '30 E 20-35'],
    ['zero.rates.0', 'bytes/cycle', '32 E'],
    ['zero.rates.1', 'bytes/cycle', '18 E', '20 E'],
    ['zero.rates.2', 'bytes/cycle', '9 E', '10 E'],
    ['zero.rates.3', 'bytes/cycle', '6 E', '8 E'],
    ['fillLoop.rates.0', 'bytes/cycle', '16 E', '20 E'],
    ['fillLoop.rates.1', 'bytes/cycle', '14 E', '20 E'],
    ['fillLoop.rates.2', 'bytes/cycle', '8 E', '10 E'],
    ['fillLoop.rates.3', 'bytes/cycle', '5 E', '6 E'],
    // One branch pipe on Neoverse N1.
    ['scan.rates.0', 'bytes/cycle', '4 E', '7.5 E'],
    ['scan.rates.1', 'bytes/cycle', '4 E', '7.5 E'],
    ['scan.rates.2', 'bytes/cycle', '4 E', '6 E'],
    ['scan.rates.3', 'bytes/cycle', '4 E', '5 E'],
    // DSB ISHST and ISB: 16.3 ns at 3.0 GHz on Altra. TLBI, DSB and ISB: 1.74, 1.74 and 1.56 µs there, the mean of them.
    ['barrier.leaf', 'cycles', '48.9 X', '45 E 38-58'],
    ['barrier.table', 'cycles', '48.9 X', '45 E 38-58'],
    ['flush.all.base', 'µs', '1.7 E 1-3', '1.7 E 1-3'],
    ['flush.range.base', 'µs', '1.68 X 1.56-1.74', '1 E 0.6-1.5'],
    ['flush.table.base', 'µs', '1.68 X 1.56-1.74', '1 E 0.6-1.5'],
    ['lockPair', 'cycles', '32 E 25-40', '30 E 25-40'],
  ],
};

const PPC64: Table = {
  cpus: ['power9', 'power10'],
  rows: [
    ['clock', 'GHz', '4 R 3.8-4.257', '3.9 R 3.55-4'],
    ['cpus', 'CPUs', '64 E'],
    ['issueWidth', 'instructions/cycle', '4 E', '8 D'],
    ['caches.0', 'cycles', '4 R'],
    ['caches.1', 'cycles', '15 R', '14 R'],
    ['caches.2', 'cycles', '36 R', '28 R'],
    ['memory', 'cycles', '380 E'],
    ['tlb.secondHit', 'cycles', '15 R', '9 R'],
    ['tlb.walk', 'cycles', '35 E 25-45', '30 E 20-40'],
    ['zero.rates.0', 'bytes/cycle', '14 E', '16 E'],
    ['zero.rates.1', 'bytes/cycle', '14 E', '16 E'],
    ['zero.rates.2', 'bytes/cycle', '8 E'],
    ['zero.rates.3', 'bytes/cycle', '4 E', '5 E'],
    ['fillLoop.rates.0', 'bytes/cycle', '12 E', '14 E'],
    ['fillLoop.rates.1', 'bytes/cycle', '12 E', '14 E'],
    ['fillLoop.rates.2', 'bytes/cycle', '6 E', '7 E'],
    ['fillLoop.rates.3', 'bytes/cycle', '3.5 E', '4 E'],
    ['scan.rates.0', 'bytes/cycle', '4 E', '6 E'],
    ['scan.rates.1', 'bytes/cycle', '4 E', '6 E'],
    ['scan.rates.2', 'bytes/cycle', '4 E', '5 E'],
    ['scan.rates.3', 'bytes/cycle', '3.5 E', '4 E'],
    // ptesync with stores pending, behind leaves alone.
    ['barrier.leaf', 'cycles', '120 E 80-160', '100 E 80-160'],
    ['barrier.table', 'cycles', '0 D'],
    ['flush.range.base', 'µs', '1 E 0.5-1.5', '0.8 E 0.5-1.5'],
    ['lockPair', 'cycles', '80 E 60-100', '60 E 45-80'],
    ['hash.insert', 'cycles', '275 E 150-400'],
    ['hash.tlbie', 'µs', '1 E 0.5-1.5', '0.8 E 0.5-1.5'],
    ['hash.hypercall.powervm', 'µs', '0.81 E 0.6-1.2', '0.73 E 0.5-1.1'],
    ['hash.hypercall.kvm', 'µs', '2 X 1.2-2.3', '1.7 E 1-2.3'],
  ],
};

const S390: Table = {
  cpus: ['z15', 'z16'],
  rows: [
    ['clock', 'GHz', '5.2 W', '5.2 R'],
    ['cpus', 'CPUs', '16 E'],
    ['issueWidth', 'instructions/cycle', '6 D'],
    ['caches.0', 'cycles', '4 D', '4 R'],
    ['caches.1', 'cycles', '12 E 10-13', '19 R'],
    ['caches.2', 'cycles', '50 E 45-60', '62 R'],
    ['caches.3', 'cycles', '250 E 200-300'],
    ['memory', 'cycles', '650 E', '620 E'],
    ['tlb.secondHit', 'cycles', '10 E'],
    ['tlb.walk', 'cycles', '40 E'],
    ['zero.rates.0', 'bytes/cycle', '32 E'],
    ['zero.rates.1', 'bytes/cycle', '18 E', '20 E'],
    ['zero.rates.2', 'bytes/cycle', '8 E'],
    ['zero.rates.3', 'bytes/cycle', '6 E'],
    ['zero.rates.4', 'bytes/cycle', '4 E'],
    ['fillLoop.rates.0', 'bytes/cycle', '12 E'],
    ['fillLoop.rates.1', 'bytes/cycle', '12 E'],
    ['fillLoop.rates.2', 'bytes/cycle', '8 E'],
    ['fillLoop.rates.3', 'bytes/cycle', '6 E'],
    ['fillLoop.rates.4', 'bytes/cycle', '4 E'],
    ['scan.rates.0', 'bytes/cycle', '6.5 E'],
    ['scan.rates.1', 'bytes/cycle', '6.5 E'],
    ['scan.rates.2', 'bytes/cycle', '6 E'],
    ['scan.rates.3', 'bytes/cycle', '5 E'],
    ['scan.rates.4', 'bytes/cycle', '4 E'],
    ['barrier.leaf', 'cycles', '0 D'],
    ['barrier.table', 'cycles', '0 D'],
    ['flush.range.base', 'µs', '1.5 E 0.5-3'],
    ['lockPair', 'cycles', '35 E 25-45'],
  ],
};

const RISCV64: Table = {
  cpus: ['eic7700x-p550', 'sg2042-c920'],
  rows: [
    ['clock', 'GHz', '1.4 R', '2 R'],
    ['cpus', 'CPUs', '4 D', '64 D'],
    ['issueWidth', 'instructions/cycle', '3 R'],
    ['caches.0', 'cycles', '3 R'],
    ['caches.1', 'cycles', '13 R', '45 E 30-60'],
    ['caches.2', 'cycles', '38 R', '110 E 80-150'],
    ['memory', 'cycles', '270 R', '300 E 260-340'],
    ['tlb.secondHit', 'cycles', '9 R', '8 E 6-12'],
    ['tlb.walk', 'cycles', '40 E 25-60', '45 E 30-70'],
    // Stores of 8 bytes, one a cycle.
    ['zero.rates.0', 'bytes/cycle', '8 E'],
    ['zero.rates.1', 'bytes/cycle', '8 E'],
    ['zero.rates.2', 'bytes/cycle', '5 E'],
    ['zero.rates.3', 'bytes/cycle', '3 E'],
    ['fillLoop.rates.0', 'bytes/cycle', '8 E'],
    ['fillLoop.rates.1', 'bytes/cycle', '8 E'],
    ['fillLoop.rates.2', 'bytes/cycle', '5 E'],
    ['fillLoop.rates.3', 'bytes/cycle', '3 E'],
    ['scan.rates.0', 'bytes/cycle', '6 E'],
    ['scan.rates.1', 'bytes/cycle', '5 E'],
    ['scan.rates.2', 'bytes/cycle', '4 E'],
    ['scan.rates.3', 'bytes/cycle', '2.5 E'],
    // A plain store; a CPU that faults on a new mapping fences for itself.
    ['barrier.leaf', 'cycles', '0 D'],
    ['barrier.table', 'cycles', '0 D'],
    // No cost of a remote fence was found.
    ['flush.all.base', 'µs', '1.5 E 0.8-4'],
    ['flush.all.perCpu', 'µs', '0.12 E 0.05-0.3'],
    ['lockPair', 'cycles', '40 E 30-60'],
  ],
};

const LOONGARCH64: Table = {
  cpus: ['3a5000', '3a6000'],
  rows: [
    ['clock', 'GHz', '2.5 W'],
    ['cpus', 'CPUs', '4 W'],
    ['issueWidth', 'instructions/cycle', '4 W', '6 R'],
    ['caches.0', 'cycles', '4 R'],
    ['caches.1', 'cycles', '14 R', '13 R'],
    ['caches.2', 'cycles', '45 R', '40 R'],
    ['memory', 'cycles', '360 R', '260 R'],
    ['tlb.secondHit', 'cycles', '9 E 6-14', '8 E 6-12'],
    ['tlb.walk', 'cycles', '60 E 40-100', '45 E 30-70'],
    ['zero.rates.0', 'bytes/cycle', '16 E'],
    ['zero.rates.1', 'bytes/cycle', '14 E', '16 E'],
    ['zero.rates.2', 'bytes/cycle', '8 E', '10 E'],
    ['zero.rates.3', 'bytes/cycle', '4 E', '6 E'],
    ['fillLoop.rates.0', 'bytes/cycle', '16 E'],
    ['fillLoop.rates.1', 'bytes/cycle', '14 E', '16 E'],
    ['fillLoop.rates.2', 'bytes/cycle', '8 E', '10 E'],
    ['fillLoop.rates.3', 'bytes/cycle', '4 E', '6 E'],
    ['scan.rates.0', 'bytes/cycle', '8 E', '12 E'],
    ['scan.rates.1', 'bytes/cycle', '7 E', '10 E'],
    ['scan.rates.2', 'bytes/cycle', '5 E', '7 E'],
    ['scan.rates.3', 'bytes/cycle', '4 E', '5 E'],
    // dbar behind a global entry.
    ['barrier.leaf', 'cycles', '20 E 5-60'],
    ['barrier.table', 'cycles', '0 D'],
    // No cost of a flush was found.
    ['flush.all.base', 'µs', '1.5 E 0.8-4'],
    ['flush.all.perCpu', 'µs', '0.12 E 0.05-0.3'],
    ['lockPair', 'cycles', '40 E 30-60'],
  ],
};

/** Figures by their place, caches by their number; those of the page allocator by themselves. */
function placesOf(profile: CpuProfile): Record<string, [string, string]> {
  const names = profile.caches.map(({ name }, index) => [`caches.${name}.latency`, `caches.${index}`] as const);
  const places = new Map<string, string>(names);
  return Object.fromEntries(
    figuresOf(profile)
      .filter(({ name }) => !/^(allocate|free)\./.test(name))
      .map((figure) => [places.get(figure.name) ?? figure.name, [figure.unit, cellOf(figure)]]),
  );
}

const COLUMNS = [X86_64, ARM64, PPC64, S390, RISCV64, LOONGARCH64].flatMap(({ cpus, rows }) =>
  cpus.map((cpu, column) => ({
    cpu,
    expected: Object.fromEntries(
      rows.flatMap(([name, unit, ...cells]) => {
        const cell = cells[column] ?? cells[0];
        return cell === '' ? [] : [[name, [unit, cell]]];
      }),
    ),
  })),
);

test('every CPU has its column', () => {
  expect([...CPUS.keys()]).toEqual(COLUMNS.map(({ cpu }) => cpu));
});

test.each(COLUMNS)('the figures of $cpu', ({ cpu, expected }) => {
  expect(placesOf(CPUS.get(cpu)!)).toEqual(expected);
});

describe('a range', () => {
  test.each([...CPUS.values()])('of $name has two ends, the lower first, and the value between them', (profile) => {
    for (const { name, value, range } of figuresOf(profile)) {
      if (range === undefined) continue;
      const [low, high] = range;
      expect(range, name).toHaveLength(2);
      expect(low, name).toBeLessThan(high);
      expect(low <= value && value <= high, name).toBe(true);
    }
  });
});

/** Bytes, ways and how they are known, from the innermost cache on; and the bytes of a line. */
const CACHES: Readonly<Record<string, readonly [line: number, ...(readonly [string, number, number, string])[]]>> = {
  'icelake-8358': [64, ['L1D', 48 * KIB, 12, 'M'], ['L2', 1.25 * MIB, 20, 'R'], ['L3 slice', 1.5 * MIB, 12, 'R']],
  'sapphire-rapids-8480': [
    64,
    ['L1D', 48 * KIB, 12, 'R'],
    ['L2', 2 * MIB, 16, 'R'],
    ['L3 slice', 1.875 * MIB, 15, 'R'],
  ],
  'milan-7763': [64, ['L1D', 32 * KIB, 8, 'R'], ['L2', 512 * KIB, 8, 'R'], ['L3', 32 * MIB, 16, 'R']],
  'genoa-9654': [64, ['L1D', 32 * KIB, 8, 'R'], ['L2', MIB, 8, 'R'], ['L3', 32 * MIB, 16, 'R']],
  'altra-q80': [64, ['L1D', 64 * KIB, 4, 'R'], ['L2', MIB, 8, 'R'], ['SLC', 32 * MIB, 16, 'R']],
  graviton3: [64, ['L1D', 64 * KIB, 4, 'R'], ['L2', MIB, 8, 'R'], ['SLC', 32 * MIB, 16, 'R']],
  power9: [128, ['L1D', 32 * KIB, 8, 'R'], ['L2', 512 * KIB, 8, 'W'], ['L3', 10 * MIB, 20, 'R']],
  power10: [128, ['L1D', 32 * KIB, 8, 'R'], ['L2', 2 * MIB, 8, 'R'], ['L3', 8 * MIB, 16, 'E']],
  z15: [
    256,
    ['L1D', 128 * KIB, 8, 'W'],
    ['L2', 4 * MIB, 8, 'W'],
    ['L3', 256 * MIB, 32, 'W'],
    ['L4', 960 * MIB, 60, 'W'],
  ],
  z16: [
    256,
    ['L1D', 128 * KIB, 8, 'R'],
    ['L2', 32 * MIB, 8, 'E'],
    ['virtual L3', 256 * MIB, 32, 'E'],
    ['virtual L4', 2 * GIB, 64, 'E'],
  ],
  // Sizes and sets as the device trees of the kernel have them.
  'eic7700x-p550': [64, ['L1D', 32 * KIB, 4, 'D'], ['L2', 256 * KIB, 8, 'D'], ['L3', 4 * MIB, 16, 'D']],
  'sg2042-c920': [64, ['L1D', 64 * KIB, 2, 'D'], ['L2', MIB, 16, 'D'], ['L3', 64 * MIB, 16, 'E']],
  '3a5000': [64, ['L1D', 64 * KIB, 4, 'W'], ['L2', 256 * KIB, 16, 'W'], ['L3', 16 * MIB, 16, 'R']],
  '3a6000': [64, ['L1D', 64 * KIB, 4, 'R'], ['L2', 256 * KIB, 16, 'R'], ['L3', 16 * MIB, 16, 'R']],
};

test.each([...CPUS.values()])('the caches of $name', ({ name, lineSize, caches }) => {
  const rows = caches.map((cache) => [cache.name, cache.size, cache.ways, LETTERS[cache.confidence]]);
  expect([lineSize, ...rows]).toEqual(CACHES[name]);
  for (const { source } of caches) expect(source.length).toBeGreaterThan(3);
});

/** Entries, ways, sizes of a page that they hold, and how that is known. */
type TlbRow = readonly [entries: number, ways: number, pageSizes: readonly number[], known: string];
interface Tlbs {
  readonly first: readonly TlbRow[];
  readonly second: readonly TlbRow[];
  /** Leaf of the linear map. */
  readonly linearMap: readonly [number, string];
}

const ALL_OF_X86 = [4 * KIB, 2 * MIB, GIB];
const SECOND_OF_X86 = [4 * KIB, 2 * MIB];
/** Page and block of each page size of the kernel. */
const ALL_OF_ARM64 = [4 * KIB, 16 * KIB, 64 * KIB, 2 * MIB, 32 * MIB, 512 * MIB];
const ALL_OF_PPC64 = [4 * KIB, 64 * KIB, 2 * MIB, 16 * MIB, GIB];
const LOONGSON: Tlbs = {
  first: [[64, 64, ALL_OF_ARM64, 'R']],
  second: [[2048, 8, ALL_OF_ARM64, 'R']],
  // RAM is seen through a direct-mapped window, which takes no TLB.
  linearMap: [512 * MIB, 'D'],
};
const Z: Tlbs = {
  first: [[512, 4, [4 * KIB, MIB], 'E']],
  second: [
    [4096, 4, [4 * KIB], 'E'],
    [1024, 4, [MIB], 'E'],
  ],
  linearMap: [MIB, 'E'],
};

const TLBS: Readonly<Record<string, Tlbs>> = {
  'icelake-8358': {
    first: [
      [64, 64, [4 * KIB], 'R'],
      [32, 32, [2 * MIB], 'R'],
      [8, 8, [GIB], 'R'],
    ],
    second: [[2048, 16, SECOND_OF_X86, 'R']],
    linearMap: [GIB, 'E'],
  },
  'sapphire-rapids-8480': {
    first: [
      [96, 96, [4 * KIB], 'R'],
      [32, 32, [2 * MIB], 'R'],
      [8, 8, [GIB], 'R'],
    ],
    second: [[2048, 16, SECOND_OF_X86, 'R']],
    linearMap: [GIB, 'E'],
  },
  'milan-7763': {
    first: [[64, 64, ALL_OF_X86, 'R']],
    second: [[2048, 8, SECOND_OF_X86, 'R']],
    linearMap: [GIB, 'E'],
  },
  'genoa-9654': {
    first: [[72, 72, ALL_OF_X86, 'R']],
    second: [[3072, 12, SECOND_OF_X86, 'E']],
    linearMap: [GIB, 'E'],
  },
  // "Speed up boot with faster linear map creation": RAM is mapped with base pages.
  'altra-q80': {
    first: [[48, 48, ALL_OF_ARM64, 'R']],
    second: [[1280, 5, ALL_OF_ARM64, 'R']],
    linearMap: [4 * KIB, 'D'],
  },
  graviton3: {
    first: [[40, 40, ALL_OF_ARM64, 'R']],
    second: [[2048, 4, ALL_OF_ARM64, 'R']],
    linearMap: [4 * KIB, 'D'],
  },
  power9: {
    first: [[64, 64, ALL_OF_PPC64, 'D']],
    second: [[1024, 4, ALL_OF_PPC64, 'D']],
    linearMap: [GIB, 'E'],
  },
  power10: {
    first: [[256, 8, ALL_OF_PPC64, 'E']],
    second: [[4096, 4, ALL_OF_PPC64, 'E']],
    linearMap: [GIB, 'E'],
  },
  z15: Z,
  z16: Z,
  'eic7700x-p550': {
    first: [[32, 32, ALL_OF_X86, 'D']],
    second: [[512, 1, ALL_OF_X86, 'R']],
    linearMap: [GIB, 'D'],
  },
  'sg2042-c920': {
    first: [[17, 17, ALL_OF_X86, 'R']],
    second: [[1024, 4, ALL_OF_X86, 'R']],
    linearMap: [GIB, 'D'],
  },
  '3a5000': LOONGSON,
  '3a6000': LOONGSON,
};

test.each([...CPUS.values()])('the TLBs of $name', ({ name, tlb }) => {
  const rows = (profiles: readonly TlbProfile[]) =>
    profiles.map(({ entries, ways, pageSizes, confidence }) => [entries, ways, pageSizes, LETTERS[confidence]]);
  const { first, second, linearMap } = tlb;
  expect({
    first: rows(first),
    second: rows(second),
    linearMap: [linearMap.leafSize, LETTERS[linearMap.confidence]],
  }).toEqual(TLBS[name]);
  for (const { source } of [...first, ...second, linearMap]) expect(source.length).toBeGreaterThan(3);
});

describe('what a CPU does to free the vmemmap', () => {
  const flushes = (arch: string): unknown[] =>
    ARCHITECTURES.find(({ name }) => name === arch)!
      .cpus.filter(isPublished)
      .map(({ flush }) =>
        Object.fromEntries(Object.entries(flush).map(([kind, { empties }]: [string, FlushProfile]) => [kind, empties])),
      );

  const everyCpu = (arch: string, each: object): object[] => flushes(arch).map(() => each);

  test('on x86_64 takes all translations of all CPUs away (flush_tlb_all)', () => {
    expect(flushes('x86_64')).toEqual(everyCpu('x86_64', { all: true }));
  });

  test('on riscv64 and loongarch64 takes all translations of all CPUs away (flush_tlb_all)', () => {
    expect(flushes('riscv64')).toEqual(everyCpu('riscv64', { all: true }));
    expect(flushes('loongarch64')).toEqual(everyCpu('loongarch64', { all: true }));
  });

  test('on arm64 takes those of the leaf or table alone (TLBI by address), and all where memmap is folded', () => {
    expect(flushes('arm64')).toEqual(everyCpu('arm64', { all: true, range: false, table: false }));
  });

  test('on ppc64 takes all of the kernel, whatever the range (RIC_FLUSH_ALL), and on s390 too (IDTE of its ASCE)', () => {
    expect(flushes('ppc64')).toEqual(everyCpu('ppc64', { range: true }));
    expect(flushes('s390')).toEqual(everyCpu('s390', { range: true }));
  });
});

describe('what a CPU says of itself', () => {
  test('rep stosb is fast on all of x86_64, and for short fills on Sapphire Rapids alone', () => {
    const flags = [...CPUS.values()].flatMap(({ name, flags }) => (flags.length === 0 ? [] : [[name, ...flags]]));
    expect(flags).toEqual([
      ['icelake-8358', 'erms'],
      ['sapphire-rapids-8480', 'erms', 'fsrs'],
      ['milan-7763', 'erms'],
      ['genoa-9654', 'erms'],
    ]);
  });
});

describe('the page allocator', () => {
  /** Against x86_64: the same C code on other CPUs. */
  const FACTORS = {
    'icelake-8358': 1,
    'altra-q80': 1.1,
    graviton3: 1.1,
    power9: 1.3,
    power10: 1.2,
    z15: 1.2,
    z16: 1.2,
    'eic7700x-p550': 1.4,
    'sg2042-c920': 1.4,
    '3a5000': 1.2,
    '3a6000': 1.2,
  };

  test.each(Object.entries(FACTORS))('of %s costs %d times what was measured on x86_64', (cpu, factor) => {
    const { allocate, free } = CPUS.get(cpu)!;
    const costs = (figures: readonly Figure[]) => [0, 1, 2, 3, 4, 9].map((order) => figures[order]!.value);
    const times = (values: readonly number[]) => values.map((value) => Math.round(value * factor));
    // Order 0 in batches, orders 1 to 4 by themselves, order 9 extrapolated.
    expect(costs(allocate)).toEqual(times([160, 449, 469, 511, 585, 950]));
    expect(costs(free)).toEqual(times([80, 290, 311, 360, 447, 850]));
    expect(allocate[0]!.range).toEqual(times([160, 220]));
    expect(free[0]!.range).toEqual(times([80, 190]));
  });
});
