// SPDX-License-Identifier: GPL-2.0-only

import { Processor, type ProcessorOptions } from '../../cycles/processor.js';
import { SOURCES } from '../../cycles/sources.js';
import { GIB, TIB } from '../../hardware/units.js';
import { fillTable, foldHugepage, hypercalls, initialiseStructPage, zero, type TableFill } from './programs.js';

/** Published measurements that the model can express, as data, beside the program that predicts each. */

export const GROUPS = {
  tables: 'page-table writes and flushes',
  structPages: 'struct page initialisation',
  folding: 'HugeTLB vmemmap optimisation',
} as const;
export type Group = keyof typeof GROUPS;

export type MeasuredUnit = 'ms' | 's' | 'µs a hugepage' | 'ns a page';

/** One number that somebody has published. */
export interface Point {
  readonly step: string;
  readonly measured: number;
  /** The model's number for it. */
  readonly predict: (processor: Processor) => number;
}

export interface Measurement {
  /** Number by which the table counts it. */
  readonly id: string;
  readonly group: Group;
  readonly what: string;
  readonly machine: string;
  readonly source: string;
  readonly unit: MeasuredUnit;
  /** The profile that stands for the machine, by name, and its CPUs where they matter. */
  readonly cpu: string;
  readonly options: Omit<ProcessorOptions, 'profile'>;
  /** A calibration point has set a figure of the model; everything else tests it. */
  readonly role: 'calibration' | 'test';
  readonly points: readonly Point[];
  /** What the machine had and the model has not, or why it is off. */
  readonly notModelled: string;
  /** The profile is of this CPU, and the model has what decides on the machine. Other rows are shown and not counted. */
  readonly isCovered: boolean;
}

const TABLE_SPAN = 2 ** 21;
const US_PER_MS = 1000;

/** The steps of the linear-map series, by what is left of a table's cost after each. */
const LINEAR_MAP_STEPS: readonly (TableFill & { step: string })[] = [
  { step: 'before', flushes: 31 + 1 + 15 / 16, barriers: true },
  { step: 'one mapping a table', flushes: 1 + 15 / 16, barriers: true },
  { step: 'barriers batched', flushes: 1 + 15 / 16, barriers: false },
  { step: 'no mapping for allocation', flushes: 15 / 16, barriers: false },
  { step: 'no mapping at all', flushes: 0, barriers: false },
];

const linearMapPoints = (bytes: number, milliseconds: readonly number[]): Point[] =>
  LINEAR_MAP_STEPS.map((fill, i) => ({
    step: fill.step,
    measured: milliseconds[i]!,
    predict: (processor) => (fillTable(processor, fill) * (bytes / TABLE_SPAN)) / US_PER_MS,
  }));

const linearMap = (
  id: string,
  machine: string,
  bytes: number,
  milliseconds: readonly number[],
  role: Measurement['role'],
  notModelled: string,
): Measurement => ({
  id,
  group: 'tables',
  what: 'map_mem() with base pages',
  machine,
  source: SOURCES.linearMap,
  unit: 'ms',
  cpu: 'altra-q80',
  options: {},
  role,
  points: linearMapPoints(bytes, milliseconds),
  notModelled,
  isCovered: true,
});

const FOLDS = [
  { step: 'fold, a flush each', restores: false, flushes: true },
  { step: 'fold, flushes batched', restores: false, flushes: false },
  { step: 'restore, a flush each', restores: true, flushes: true },
  { step: 'restore, flushes batched', restores: true, flushes: false },
];

const folding = (
  id: string,
  machine: string,
  cpu: string,
  cpus: number,
  microseconds: readonly number[],
  role: Measurement['role'],
  notModelled: string,
): Measurement => ({
  id,
  group: 'folding',
  what: 'vmemmap of 2 MiB hugepages folded and restored, beyond the time without',
  machine,
  source: SOURCES.hugetlbBatch,
  unit: 'µs a hugepage',
  cpu,
  options: { cpus },
  role,
  points: FOLDS.map(({ step, ...fold }, i) => ({
    step,
    measured: microseconds[i]!,
    predict: (processor) => foldHugepage(processor, fold),
  })),
  notModelled,
  // Neither the CPU of eight sockets nor the way out of a guest for each interrupt has a figure.
  isCovered: false,
});

const structPages = (
  id: string,
  machine: string,
  cpu: string,
  nanoseconds: number,
  source: string,
  notModelled: string,
  passes = 1,
): Measurement => ({
  id,
  group: 'structPages',
  what: passes === 1 ? 'struct pages initialised' : `struct pages initialised ${passes} times`,
  machine,
  source,
  unit: 'ns a page',
  cpu,
  options: {},
  role: 'test',
  points: [{ step: 'one thread', measured: nanoseconds, predict: (p) => initialiseStructPage(p, passes) }],
  notModelled,
  isCovered: false,
});

const BUDDY = 'pages are handed to the page allocator in the same loop';
const OLD_CODE = 'an older kernel that frees page by page: an upper bound';
const REMOTE = 'most of the memory is on other nodes, 3 to 6 times slower';

/** Struct pages of 1 TiB, 64 bytes each. */
const MEMMAP_OF_TIB = (TIB / 4096) * 64;
/** A partition of 32 GiB has a hashed page table of a 64th to a 128th of it: the middle. */
const HASHED_ENTRIES = (32 * GIB) / 96 / 16;
const CALLS_PER_ENTRY = 3;

export const MEASUREMENTS: readonly Measurement[] = [
  linearMap(
    'V1',
    'Ampere Altra, metal, 512 GB',
    512 * GIB,
    [17_442, 3796, 1656, 1257, 838],
    'test',
    'without barriers and flushes an entry took 6.2 ns on metal and 3.6 in the VM that is calibrated on; why is not said',
  ),
  linearMap('V2', 'Ampere Altra, VM of 256 GB', 256 * GIB, [8798, 1727, 655, 449, 257], 'test', ''),
  linearMap('V3', 'Ampere Altra, VM of 64 GB', 64 * GIB, [2227, 431, 162, 109, 61], 'calibration', ''),
  folding(
    'V5',
    'E7-8895, 8 sockets, 240 to 288 CPUs, 500 000 hugepages',
    'icelake-8358',
    264,
    [49.7, 5.1, 64.5, 17.9],
    'calibration',
    'no profile of that CPU',
  ),
  folding(
    'V6',
    'VM of 252 CPUs on EPYC 7J13, 524 288 hugepages',
    'milan-7763',
    252,
    [277, 4.0, 280, 4.0],
    'test',
    'in a VM each interrupt leaves the guest, some 1.1 µs a CPU against 0.16; and restoring is calibrated on 8 sockets, whose memory is mostly remote',
  ),
  structPages(
    'V8',
    '128 GB of NVDIMM, x86_64',
    'icelake-8358',
    9.35,
    SOURCES.daxCompound,
    'measured 8.0 to 10.7; compound pages are initialised in the same pass',
  ),
  structPages(
    'V9',
    '3 TB of persistent memory',
    'icelake-8358',
    39.7,
    SOURCES.setReserved,
    'an older CPU, not named',
    2,
  ),
  structPages('V10', '4 sockets, 3 TB of persistent memory each', 'icelake-8358', 23.7, SOURCES.linksReserved, REMOTE),
  structPages('V12', 'Xeon 8167M, metal, 384 GB a node', 'icelake-8358', 17.7, SOURCES.deferredInit, BUDDY),
  structPages('V13', 'E5-2699C v4, VM of 192 GB', 'icelake-8358', 21.8, SOURCES.deferredInit, BUDDY),
  structPages('V14', 'E5-2699 v3, metal, 128 GB a node', 'icelake-8358', 18.7, SOURCES.deferredInit, BUDDY),
  structPages('V15', 'EPYC 7551, VM of 64 GB', 'milan-7763', 14.3, SOURCES.deferredInit, `${BUDDY}; Zen 1, not Zen 3`),
  structPages('V16', 'EPYC 7551, VM of 16 GB', 'milan-7763', 11.8, SOURCES.deferredInit, `${BUDDY}; Zen 1, not Zen 3`),
  structPages('V17', 'E5-2699 v3, VM of 14 GB', 'icelake-8358', 33.3, SOURCES.deferredInit, BUDDY),
  structPages('V18', '96 CPUs, 192 GB', 'icelake-8358', 12.5, SOURCES.deferredInit, BUDDY),
  structPages('V19', 'E5-2699 v4, 503 GB, 4.15-rc2', 'icelake-8358', 89, SOURCES.deferredInitOld, OLD_CODE),
  structPages('V20a', '64 GB, 4 nodes, 2015', 'icelake-8358', 51, SOURCES.parallelInit, OLD_CODE),
  structPages('V20b', '1 TB, 4 nodes, 2015', 'icelake-8358', 17, SOURCES.parallelInit, BUDDY),
  {
    id: 'V21',
    group: 'structPages',
    what: 'memmap of 1 TB zeroed',
    machine: '8 nodes, one boot CPU',
    source: SOURCES.zeroing,
    unit: 's',
    cpu: 'icelake-8358',
    options: {},
    role: 'test',
    points: [{ step: 'one thread', measured: 11.25, predict: (p) => zero(p, MEMMAP_OF_TIB) }],
    notModelled: REMOTE,
    isCovered: false,
  },
  {
    id: 'V23',
    group: 'structPages',
    what: 'memmap of 1 TB zeroed in a pass of its own',
    machine: 'E7-8895 v3, 8 nodes',
    source: SOURCES.completeInit,
    unit: 's',
    cpu: 'icelake-8358',
    options: {},
    role: 'test',
    points: [{ step: 'one thread', measured: 7.6, predict: (p) => zero(p, MEMMAP_OF_TIB) }],
    notModelled: REMOTE,
    isCovered: false,
  },
  {
    id: 'V29',
    group: 'tables',
    what: 'every hashed entry removed by calls of the hypervisor',
    machine: 'PowerVM, 32 GB',
    source: SOURCES.kexecHpte,
    unit: 's',
    cpu: 'power9',
    options: { hypervisor: 'powervm' },
    role: 'test',
    points: [
      { step: 'three calls an entry', measured: 60, predict: (p) => hypercalls(p, HASHED_ENTRIES * CALLS_PER_ENTRY) },
    ],
    notModelled: 'size of the table not stated: a 64th to a 128th of memory; POWER7, not POWER9',
    isCovered: false,
  },
  structPages(
    'V30',
    '512 GB, 500 pages of 1 GiB, x86_64',
    'icelake-8358',
    19.7,
    SOURCES.gigantic,
    'difference of two boots; the tail pages are also prepared as such',
  ),
  structPages('V31', 'Intel, 12 TB, pages of 1 GiB', 'icelake-8358', 23, SOURCES.hugetlbInit, `21 to 25; ${REMOTE}`),
];

/** Measurements of the same kind that the model cannot express, or must not be held against. */
export const NOT_EXPRESSED: readonly { what: string; why: string }[] = [
  { what: 'map_mem() on Apple M2', why: 'no profile: its barrier and its flush are known from this measurement alone' },
  { what: 'the first series on folding hugepages', why: 'the number of CPUs, which decides, is not named' },
  { what: 'whole boots and parallel initialisation', why: 'several threads, or sizes that are not stated' },
  { what: 'onlining of sections', why: 'pages are handed to the page allocator: outside populating' },
  { what: 'memory_dev_init() and walk_memory_blocks()', why: 'lists of memory blocks, not of the vmemmap' },
  { what: 'clearing of huge pages on Ice Lake and Milan', why: 'the source of the zeroing rates cannot test them' },
];

/** Machine of V27, which was measured by hot-adding memory whole. */
export const HOT_ADD_MACHINE = { arch: 'ppc64', mmu: 'radix', pageSize: '64K', kernel: '5.10' } as const;
