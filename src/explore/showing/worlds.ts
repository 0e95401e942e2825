// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../hardware/hex.js';
import { BASE } from '../../audit/shapes.js';
import { MIB } from '../../hardware/units.js';
import type { AlphabetOptions } from '../alphabet.js';
import type { Altmaps, StepInput } from '../words.js';

/** Worlds in which two kernels that differ in one trait are run in lockstep, the plainest first. */

/** Where a world lies, bytes. */
export interface Site {
  /** First byte of its memory. */
  readonly base: number;
  readonly sectionBytes: number;
  /** Where the linear map ends, and where physical addresses do. */
  readonly ends: readonly number[];
}

/** What is tried, on whatever machine. */
export interface World extends Omit<AlphabetOptions, 'machine' | 'besides' | 'altmapsBesides' | 'fail' | 'start'> {
  readonly name: string;
  /** What the machine has besides. */
  readonly machine?: (site: Site) => Partial<AlphabetOptions['machine']>;
  readonly besides?: (site: Site) => StepInput[];
  /** Altmaps that these steps name. */
  readonly altmapsBesides?: (site: Site) => Altmaps;
  readonly start?: number;
  /**
   * Steps of the longest sequence, of a world whose sequences are played from the boot, every one of them: its memory lies
   * far apart, or what its firmware tells of at boot depends on the steps.
   */
  readonly replayed?: number;
}

/** First byte of the worlds, on machines with such pages. */
export const baseOf = (pageSize: number): number => BASE * pageSize;

const SUBSECTION = 2 * MIB;
const HUGE_PAGE = 2 * MIB;
/** A memory block of ppc64, where sections are smaller. */
const LARGE_BLOCK = 2 ** 28;
/** Memory that one leaf of 2 MiB describes, with pages of 64 KiB and struct pages of 64 bytes. */
const DESCRIBED_BY_LEAF = 2 ** 31;
const PAGE_64K = 2 ** 16;
/** Beyond what dax/refuses-large-orders allows. */
const HUGE_COMPOUND = 2 ** 35;

const added = (start: number, size: number): StepInput[] => [
  { op: 'add-pages', start: hex(start), size },
  { op: 'add-memory', start: hex(start), size },
  { op: 'memremap-pages', device: `at${hex(start)}`, start: hex(start), size },
];

const hugePages = ({ base }: Site): StepInput[] =>
  (['hugetlb-optimize', 'hugetlb-restore'] as const).flatMap((op) =>
    [HUGE_PAGE, 2 * HUGE_PAGE].map((size): StepInput => ({ op, start: hex(base), size })),
  );

/** Sections of a namespace: enough for memory blocks behind its info block. */
const NAMESPACE_SECTIONS = 3;

const namespaces = ({ base, sectionBytes }: Site, shift: number): StepInput[] => [
  {
    op: 'create-namespace',
    device: 'a',
    start: hex(base + shift),
    size: NAMESPACE_SECTIONS * sectionBytes,
    mode: 'devdax',
    align: MIB,
  },
  {
    op: 'create-namespace',
    device: 'b',
    start: hex(base + shift + NAMESPACE_SECTIONS * sectionBytes),
    size: sectionBytes,
    mode: 'fsdax',
    map: 'mem',
    align: MIB,
  },
  { op: 'destroy-namespace', device: 'a' },
  { op: 'kmem', device: 'a' },
  { op: 'kmem-release', device: 'a' },
];

/** Blocks of which the first stay, one goes offline before the last does. */
const blocksInARow = ({ base, sectionBytes }: Site): StepInput[] => {
  const all = { start: hex(base), size: 3 * sectionBytes };
  const [middle, last] = [1, 2].map((block) => ({ start: hex(base + block * sectionBytes), size: sectionBytes }));
  return [
    { op: 'add-memory', ...all },
    { op: 'online', ...all },
    { op: 'offline', ...middle! },
    { op: 'offline', ...last! },
    { op: 'remove-memory', ...last! },
  ];
};

/** An altmap at the end of three leaves' worth of memory, with room for two leaves. */
const shortAltmap = ({ base }: Site): Altmaps => {
  const first = base / PAGE_64K;
  const nrPages = (3 * DESCRIBED_BY_LEAF) / PAGE_64K;
  const free = (2 * HUGE_PAGE) / PAGE_64K;
  return { short: { basePfn: first, endPfn: first + nrPages - 1, reserve: nrPages - free, free } };
};

/** Half a section that is there since boot, and devices in the other half. */
const halfBooted = ({ base, sectionBytes }: Site): Partial<AlphabetOptions['machine']> => ({
  boot: [{ start: hex(base), size: sectionBytes / 2 }],
});

export const WORLDS: readonly World[] = [
  { name: 'sections', sections: 2, units: ['section'], altmaps: ['none', 'own'] },
  { name: 'pieces of a section', sections: 1, units: ['section', 'subsection', 'half'], altmaps: ['none', 'own'] },
  { name: 'altmaps without room', sections: 2, units: ['section'], altmaps: ['shared', 'reserve', 'tight'] },
  {
    name: 'memory that is not clean',
    sections: 2,
    units: ['section'],
    altmaps: ['none', 'own'],
    memory: ['0xfd', 'entries'],
  },
  { name: 'memory blocks', sections: 2, units: ['block'], altmaps: ['none', 'own', 'shared'] },
  { name: 'a memory block that holds its memmap', sections: 1, units: ['block'], altmaps: ['own'] },
  {
    name: 'a memory block of many sections',
    machine: () => ({ blockSize: LARGE_BLOCK, memmapOnMemory: 'force' }),
    sections: 1,
    units: ['block'],
    altmaps: ['own'],
  },
  {
    name: 'memory blocks, memmap_on_memory forced',
    machine: () => ({ memmapOnMemory: 'force' }),
    sections: 2,
    units: ['block'],
    altmaps: ['none', 'own', 'shared'],
  },
  {
    name: 'devices',
    sections: 2,
    units: ['section', 'subsection'],
    altmaps: ['none', 'own'],
    compoundSize: SUBSECTION,
  },
  {
    name: 'devices of base pages',
    sections: 2,
    units: ['section'],
    altmaps: ['none', 'own', 'tight'],
    compoundSize: 2 ** 16,
  },
  {
    name: 'devices of huge compound pages',
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
    compoundSize: SUBSECTION,
    besides: ({ base, sectionBytes }) => [
      { op: 'memremap-pages', device: 'huge', start: hex(base), size: sectionBytes, compoundSize: HUGE_COMPOUND },
    ],
  },
  {
    name: 'a section of the boot and devices',
    machine: halfBooted,
    sections: 1,
    units: ['half'],
    altmaps: ['none'],
    compoundSize: SUBSECTION,
  },
  {
    name: 'a section of the boot and pages',
    machine: halfBooted,
    sections: 1,
    units: ['half'],
    altmaps: ['none', 'own'],
  },
  {
    name: 'half a section of the boot and a memory block',
    machine: halfBooted,
    sections: 1,
    units: ['section'],
    altmaps: [],
    besides: ({ base, sectionBytes }) => {
      const next = { start: hex(base + sectionBytes), size: sectionBytes };
      return [
        { op: 'add-memory', ...next },
        { op: 'online', ...next, type: 'kernel' },
        { op: 'offline', ...next },
      ];
    },
  },
  {
    name: 'memory blocks in a row',
    sections: 1,
    units: ['section'],
    altmaps: [],
    besides: blocksInARow,
  },
  {
    name: 'memory of the boot that goes',
    machine: ({ base, sectionBytes }) => ({ boot: [{ start: hex(base), size: 2 * sectionBytes }] }),
    sections: 2,
    units: ['block'],
    altmaps: ['none'],
  },
  {
    name: 'ranges that are refused',
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
    replayed: 1,
    besides: ({ base, sectionBytes, ends }) => [
      { op: 'remove-pages', start: hex(base), size: sectionBytes },
      { op: 'add-pages', start: hex(base), size: MIB },
      { op: 'add-pages', start: hex(base + MIB), size: SUBSECTION },
      { op: 'remove-pages', start: hex(base + MIB), size: SUBSECTION },
      ...ends.flatMap((end) => [...added(end, sectionBytes), ...added(end - sectionBytes, 2 * sectionBytes)]),
    ],
  },
  {
    name: 'HugeTLB pages',
    machine: () => ({ hugetlbOptimized: true }),
    sections: 1,
    units: ['block'],
    altmaps: ['none', 'own'],
    besides: hugePages,
  },
  {
    name: 'HugeTLB pages on a node of movable memory',
    machine: () => ({ hugetlbOptimized: true, movableNodes: [0] }),
    sections: 1,
    units: ['block'],
    altmaps: ['none'],
    besides: hugePages,
  },
  {
    name: 'HugeTLB pages of the boot',
    machine: ({ base, sectionBytes }) => ({ hugetlbOptimized: true, boot: [{ start: hex(base), size: sectionBytes }] }),
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
    besides: hugePages,
  },
  {
    name: 'namespaces',
    replayed: 3,
    sections: 1,
    units: ['section'],
    altmaps: [],
    besides: (site) => namespaces(site, 0),
  },
  {
    name: 'namespaces that hold their memmap as system memory',
    machine: () => ({ memmapOnMemory: 'y' }),
    replayed: 2,
    sections: 1,
    units: ['section'],
    altmaps: [],
    besides: (site) => namespaces(site, 0),
  },
  {
    name: 'namespaces that begin inside a section',
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
    besides: (site) => namespaces(site, site.sectionBytes / 2),
    replayed: 2,
  },
  {
    name: 'namespaces that begin inside a subsection',
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
    besides: (site) => namespaces(site, MIB),
    replayed: 2,
  },
  {
    name: 'blocks that go offline and away in one',
    sections: 2,
    units: ['block'],
    altmaps: ['none', 'own'],
    besides: ({ base, sectionBytes }) =>
      ([{}, { resourceAlloc: 1 }, { unmovable: 2 }] as const).map((fail) => ({
        op: 'offline-and-remove-memory',
        start: hex(base),
        size: 2 * sectionBytes,
        fail,
      })),
  },
  {
    name: 'resources in memory of the boot',
    machine: ({ base, sectionBytes }) => ({
      boot: [{ start: hex(base), size: 4 * sectionBytes }],
      resources: [1, 2].map((block) => ({
        start: hex(base + block * sectionBytes + SUBSECTION),
        size: SUBSECTION,
        name: 'Kernel data',
      })),
    }),
    sections: 1,
    units: ['section'],
    altmaps: [],
    besides: ({ base, sectionBytes }) =>
      (['offline', 'remove-memory'] as const).map((op) => ({
        op,
        start: hex(base + sectionBytes),
        size: sectionBytes,
      })),
  },
  {
    name: 'nodes without memory',
    sections: 1,
    units: ['block'],
    altmaps: ['none'],
    besides: ({ base, sectionBytes }) => [
      { op: 'add-memory', start: hex(base), size: sectionBytes, node: 1 },
      { op: 'add-memory', start: hex(base), size: sectionBytes, node: 1, fail: { blockRegister: 1 } },
      { op: 'memremap-pages', device: 'd', start: hex(base + sectionBytes), size: sectionBytes, node: 1 },
      { op: 'memunmap-pages', device: 'd' },
    ],
  },
  {
    name: 'ranges as large as a leaf describes',
    sections: 2,
    units: ['section'],
    altmaps: ['none', 'own', 'shared', 'reserve'],
    sectionBytes: 2 ** 31,
  },
  {
    name: 'a device whose altmap is too small, and memory behind it',
    machine: ({ base }) => ({ ramBasePfn: (base + 3 * DESCRIBED_BY_LEAF) / PAGE_64K }),
    sections: 1,
    units: ['section'],
    altmaps: [],
    altmapsBesides: shortAltmap,
    besides: ({ base }) => [
      { op: 'add-pages', start: hex(base), size: 3 * DESCRIBED_BY_LEAF, altmap: 'short' },
      { op: 'remove-pages', start: hex(base + 2 * DESCRIBED_BY_LEAF), size: DESCRIBED_BY_LEAF, altmap: 'short' },
    ],
  },
  {
    name: 'RAM that begins inside a section',
    machine: () => ({ ramStart: '0x82000000' }),
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
    replayed: 1,
  },
  {
    name: 'page tables of processes',
    machine: () => ({ otherPageTables: 1, currentPageTable: 1 }),
    start: 40 * 2 ** 40,
    sections: 1,
    units: ['section'],
    altmaps: ['none'],
  },
  { name: 'memory behind 32 TiB', start: 2 ** 45, sections: 1, units: ['section'], altmaps: ['none'] },
];
