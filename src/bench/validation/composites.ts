// SPDX-License-Identifier: GPL-2.0-only

import { CAUSE } from '../../cycles/causes.js';
import type { Processor } from '../../cycles/processor.js';
import type { StreamProfile } from '../../cycles/profile.js';
import { ENTRY_BYTES } from '../../hardware/page-table.js';
import { GIB, KIB, MIB } from '../../hardware/units.js';

/**
 * Composites that a measuring program times, as operations of a processor: tables filled and searched, walks, base pages
 * populated and removed, memory marked and searched, struct pages initialised. The id of a row says all of it.
 */

const PAGE = 4096;
const LARGE_LEAF = 2 * MIB;
const ENTRIES = 512;
/** Levels of the table that a base page is found by. */
const LEVELS = 4;
/** Memory that nobody has touched, and memory that is used again and again, lie from here on. */
const FRESH = 2 ** 44;
const USED = 2 ** 40;
/** Virtual address of both. */
const VIRTUAL = 2 ** 40;
/** Memmap that is initialised for one figure, where the measured one lies in memory: its cost a page is the same all along. */
const COLD_SAMPLE = 4 * MIB;

/** What a row measured, done at a physical address. Returns the units that were done. */
type Program = (processor: Processor, at: number) => number;

/**
 * Executes a program once before and once for the figure: at the same place where its memory is hot, else at one that
 * nobody has touched, by the same virtual addresses. @returns cycles a unit
 */
function cyclesAUnit(processor: Processor, program: Program, hot: boolean, tablesStay = true): number {
  if (tablesStay) program(processor, USED);
  const start = processor.clock.cycles;
  const units = program(processor, hot ? USED : FRESH);
  return (processor.clock.cycles - start) / units;
}

/** A row that the model can express. */
export interface Composite {
  /** Words of the summary. */
  readonly group: string;
  /** Cycles of a unit of the row. */
  readonly predict: (processor: Processor) => number;
}

const TEMPERATURES: Readonly<Record<string, boolean>> = { hot: true, cold: false };
const SIZES: Readonly<Record<string, number>> = { '256K': 256 * KIB, '1792K': 1792 * KIB, '2M': 2 * MIB };
const LEAVES: Readonly<Record<string, number>> = { '2M': LARGE_LEAF, '4K': PAGE };
/** Memmaps by the name of their row: bytes, and whether it was in the caches. */
const MEMMAPS: Readonly<Record<string, { bytes: number; hot: boolean; tablesStay: boolean }>> = {
  hot1M: { bytes: MIB, hot: true, tablesStay: true },
  hot8M: { bytes: 8 * MIB, hot: true, tablesStay: true },
  // Lines that were flushed leave their places in the caches free, and page tables of 32 KiB stay there.
  '16M': { bytes: 16 * MIB, hot: false, tablesStay: true },
  '128M': { bytes: 128 * MIB, hot: false, tablesStay: false },
  '1G': { bytes: GIB, hot: false, tablesStay: false },
};
/** What each kind of initialisation does to a struct page beyond that of hot-added memory, read off the measuring loop. */
const KINDS: Readonly<Record<string, { stores: number; calls: number }>> = {
  init: { stores: 0, calls: 0 },
  initcall: { stores: 0, calls: 1 },
  // The reserved bit, the device map and a word of zero, less the page type of an offline page.
  device: { stores: 2, calls: 1 },
  // Besides: mapping, head, private, count.
  devicecompound: { stores: 6, calls: 1 },
};
const FLAVOURS: ReadonlySet<string> = new Set(['sse']);

const fillOf = (processor: Processor, method: string): StreamProfile | undefined => {
  const { fillString, fillLoop } = processor.profile;
  return { stosb: fillString, stosq: fillString, loop64: fillLoop }[method];
};

/** A range is streamed leaf by leaf. */
function overLeaves(bytes: number, leafSize: number, visit: (offset: number, part: number) => void): void {
  for (let offset = 0; offset < bytes; offset += leafSize) visit(offset, Math.min(leafSize, bytes - offset));
}

const stream =
  (bytes: number, leafSize: number, cause: 'mark' | 'scan', loop: (p: Processor) => StreamProfile): Program =>
  (processor, at) => {
    overLeaves(bytes, leafSize, (offset, part) => {
      processor.stream(CAUSE[cause], loop(processor), at + offset, part, VIRTUAL + offset, leafSize, cause, offset > 0);
    });
    return 1;
  };

const zeroTable = (processor: Processor, pa: number): void =>
  processor.streamLinear(CAUSE.zero, processor.profile.zero, pa, PAGE, 'clear_page');

/** An entry is tested and written. */
function writeEntry(processor: Processor, pa: number): void {
  processor.load(CAUSE.walk, pa, ENTRY_BYTES);
  processor.storeEntry(pa, ENTRY_BYTES);
}

const forEachEntry = (pa: number, visit: (pa: number) => void): void => {
  for (let i = 0; i < ENTRIES; i++) visit(pa + i * ENTRY_BYTES);
};

const scanEntries = (processor: Processor, pa: number): void =>
  processor.streamLinear(CAUSE.scan, processor.profile.scan, pa, PAGE, 'pXd_none');

/** Steps of one table, those in front of the one that is timed done with the clock stopped. */
const TABLE_STEPS: Readonly<
  Record<string, { before: (p: Processor, pa: number) => void; timed: (p: Processor, pa: number) => void }>
> = {
  zero: { before: () => undefined, timed: zeroTable },
  fill: { before: zeroTable, timed: (p, pa) => forEachEntry(pa, (at) => writeEntry(p, at)) },
  scan: { before: () => undefined, timed: scanEntries },
  all: {
    before: () => undefined,
    timed: (p, pa) => {
      zeroTable(p, pa);
      forEachEntry(pa, (at) => writeEntry(p, at));
      forEachEntry(pa, (at) => p.store(CAUSE.entry, at, ENTRY_BYTES));
      scanEntries(p, pa);
    },
  },
};

function table([step, temperature]: readonly string[]): Program | undefined {
  const steps = TABLE_STEPS[step ?? ''];
  const hot = TEMPERATURES[temperature ?? ''];
  if (steps === undefined || hot === undefined) return undefined;
  return (processor, pa) => {
    processor.clock.running = false;
    steps.before(processor, pa);
    processor.clock.running = true;
    steps.timed(processor, pa);
    return 1;
  };
}

/** Tables for a range of base pages: the root, one of each upper level, then a table of PTEs for each 512. */
const pteTable = (tables: number, page: number): number => tables + (3 + Math.floor(page / ENTRIES)) * PAGE;

/** Entries on the way to a base page, from the root down. */
const wayTo = (tables: number, page: number): number[] => [
  tables,
  tables + PAGE,
  tables + 2 * PAGE + Math.floor(page / ENTRIES) * ENTRY_BYTES,
  pteTable(tables, page) + (page % ENTRIES) * ENTRY_BYTES,
];

/** A helper is called for each level, and reads its entry. */
function walk(processor: Processor, tables: number, page: number): void {
  for (const pa of wayTo(tables, page)) processor.walkStep(pa, ENTRY_BYTES);
}

/** An odd number near the golden section: its multiples visit every page of a power of two once, out of order. */
const STRIDE = 0x9e37_79b1;

function walks([count, ...rest]: readonly string[]): Program | undefined {
  const random = rest[0] === 'random';
  const hot = TEMPERATURES[rest.at(-1) ?? ''];
  const pages = Number(count);
  if (hot === undefined || rest.length !== (random ? 2 : 1) || !(pages > 0)) return undefined;
  return (processor, tables) => {
    for (let i = 0; i < pages; i++) walk(processor, tables, random ? (i * STRIDE) % pages : i);
    return pages;
  };
}

function populateBase([count, temperature]: readonly string[]): Program | undefined {
  const hot = TEMPERATURES[temperature ?? ''];
  const pages = Number(count);
  if (hot === undefined || !(pages > 0)) return undefined;
  return (processor, tables) => {
    for (let level = 1; level < LEVELS - 1; level++) zeroTable(processor, tables + level * PAGE);
    for (let page = 0; page < pages; page++) {
      if (page % ENTRIES === 0) zeroTable(processor, pteTable(tables, page));
      walk(processor, tables, page);
      processor.storeEntry(wayTo(tables, page).at(-1)!, ENTRY_BYTES);
    }
    return pages;
  };
}

function removeBase([count, temperature]: readonly string[]): Program | undefined {
  const hot = TEMPERATURES[temperature ?? ''];
  const pages = Number(count);
  if (hot === undefined || !(pages > 0)) return undefined;
  return (processor, tables) => {
    for (let page = 0; page < pages; page++) {
      const pa = pteTable(tables, page) + (page % ENTRIES) * ENTRY_BYTES;
      processor.load(CAUSE.walk, pa, ENTRY_BYTES);
      processor.lock();
      processor.storeEntry(pa, ENTRY_BYTES);
      if (page % ENTRIES === ENTRIES - 1) scanEntries(processor, pteTable(tables, page));
    }
    return pages;
  };
}

/** PMD leaves in a row, each found through the entry above; a table is made for each 512. */
function pmdLeaves([count, temperature]: readonly string[]): Program | undefined {
  const hot = TEMPERATURES[temperature ?? ''];
  const leaves = Number(count);
  if (hot === undefined || !(leaves > 0)) return undefined;
  return (processor, tables) => {
    for (let leaf = 0; leaf < leaves; leaf++) {
      if (leaf % ENTRIES === 0) zeroTable(processor, pteTable(tables, leaf));
      const [, , upper, pa] = wayTo(tables, leaf);
      processor.load(CAUSE.walk, upper!, ENTRY_BYTES);
      writeEntry(processor, pa!);
    }
    return leaves;
  };
}

function memmap(kind: string, words: readonly string[]): Composite | undefined {
  const [size, ...rest] = words;
  if (FLAVOURS.has(rest[0] ?? '')) rest.shift();
  const leafSize = LEAVES[rest[0] ?? ''];
  const set = MEMMAPS[rest[1] ?? ''];
  const extra = KINDS[kind];
  const structPage = Number(size);
  if (leafSize === undefined || set === undefined || extra === undefined || rest.length !== 2) return undefined;
  const { hot, tablesStay } = set;
  const bytes = hot ? set.bytes : COLD_SAMPLE;
  const program: Program = (processor, at) => {
    overLeaves(bytes, leafSize, (offset, part) => {
      processor.initialise(at + offset, part, VIRTUAL + offset, leafSize, structPage, extra);
    });
    return bytes / structPage;
  };
  const where = hot ? 'hot' : 'memory';
  return {
    group: kind.startsWith('device') ? `ZONE_DEVICE: ${where}` : `initialise: ${where}`,
    predict: (processor) => cyclesAUnit(processor, program, hot, tablesStay),
  };
}

function mark([method, size, leaf, temperature]: readonly string[]): Composite | undefined {
  const bytes = SIZES[size ?? ''];
  const leafSize = LEAVES[leaf ?? ''];
  const hot = TEMPERATURES[temperature ?? ''];
  if (method === undefined || bytes === undefined || leafSize === undefined || hot === undefined) return undefined;
  return {
    group: hot ? 'mark: hot' : 'mark: flushed',
    predict: (processor) => {
      const loop = fillOf(processor, method) ?? processor.profile.fillLoop;
      return cyclesAUnit(
        processor,
        stream(bytes, leafSize, 'mark', () => loop),
        hot,
      );
    },
  };
}

function search([size, leaf, state, method]: readonly string[]): Composite | undefined {
  const bytes = SIZES[size ?? ''];
  const leafSize = LEAVES[leaf ?? ''];
  if (bytes === undefined || leafSize === undefined || (state !== 'cold' && state !== 'marked')) return undefined;
  const scan = stream(bytes, leafSize, 'scan', ({ profile }) => profile.scan);
  return {
    group: state === 'cold' ? 'search: flushed' : 'search: just marked',
    predict: (processor) => {
      const loop = fillOf(processor, method ?? '') ?? processor.profile.fillLoop;
      if (state === 'cold') return cyclesAUnit(processor, scan, false);
      // What was marked a moment ago is in the caches as far as they reach: the mark is the first round.
      stream(bytes, leafSize, 'mark', () => loop)(processor, USED);
      return cyclesAUnit(processor, scan, true, false);
    },
  };
}

const plain =
  (group: string, make: (words: readonly string[]) => Program | undefined) =>
  (words: readonly string[]): Composite | undefined => {
    const program = make(words);
    const temperature = words.at(-1) ?? '';
    if (program === undefined) return undefined;
    return {
      group: `${group}: ${temperature}`,
      predict: (processor) => cyclesAUnit(processor, program, TEMPERATURES[temperature] ?? false),
    };
  };

/** Composites by the first word of their id. */
const COMPOSITES: Readonly<Record<string, (words: readonly string[]) => Composite | undefined>> = {
  table: plain('a table', table),
  pmd: plain('PMD leaves', pmdLeaves),
  walk: plain('walk', walks),
  populatebase: plain('base pages populated', populateBase),
  removebase: plain('base pages removed', removeBase),
  mark,
  search,
  ...Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, (words: readonly string[]) => memmap(kind, words)])),
};

/**
 * The composite that an id names, such as `init.64.2M.16M` or `walk.8192.random.hot`.
 * @returns undefined where the grammar does not have it
 */
export function compositeOf(id: string): Composite | undefined {
  const [kind = '', ...words] = id.split('.');
  return Object.hasOwn(COMPOSITES, kind) ? COMPOSITES[kind]!(words) : undefined;
}
