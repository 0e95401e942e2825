// SPDX-License-Identifier: GPL-2.0-only

import * as z from 'zod';
import { PROFILE_SCHEMA, type ProfileFile } from './profile-file.js';

/** From the lines that the measuring program prints to the figures of a profile. */

const machineSchema = z.object({
  vendor: z.string(),
  brand: z.string(),
  cpuid: z.string(),
  erms: z.int(),
  fsrs: z.int(),
  l1: z.int().positive(),
  l2: z.int().positive(),
  l3: z.int(),
});
/** Cycles of a unit. */
const rowSchema = z.object({ id: z.string(), min: z.number(), p10: z.number(), median: z.number(), ghz: z.number() });
type Row = z.output<typeof rowSchema>;

/** What the measuring program printed. */
export interface Primitives {
  readonly machine: z.output<typeof machineSchema>;
  readonly rows: ReadonlyMap<string, Row>;
}

/** @throws when the program printed something else */
export function parsePrimitives(output: string): Primitives {
  const [first, ...rest] = output.trim().split('\n');
  const rows = rest.map((line) => rowSchema.parse(JSON.parse(line)));
  return {
    machine: machineSchema.parse(JSON.parse(first ?? '')),
    rows: new Map(rows.map((row) => [row.id, row])),
  };
}

/** The profile whose figures stand where none can be measured, by the vendor that CPUID names. */
const BASES: Readonly<Record<string, string>> = { AuthenticAMD: 'genoa-guest' };
const DEFAULT_BASE = 'emerald-rapids-guest';

const PAGE = 4096;
const WORD_BYTES = 8;
const ENTRIES_A_LINE = 8;
/** Misses of a scan before the prefetcher runs ahead, as in the registered profiles. */
const TRAINING_MISSES = 4;
const LEVELS = ['L1', 'L2', 'L3', 'mem'] as const;
/** What one core is taken to get of a third level that others share, bytes. */
const CORE_L3 = 10 * 2 ** 20;

type Entry = ProfileFile['figures'][string];
const round = (value: number): number => Number(value.toPrecision(4));

/** The profile of a machine from its primitives. @param date of the measurement, for the sources */
export function profileOf({ machine, rows }: Primitives, date: string): ProfileFile {
  const row = (id: string): Row => {
    const found = rows.get(id);
    if (found === undefined) throw new RangeError(`the measuring program printed no row ${id}`);
    return found;
  };
  const source = (...ids: string[]): string => `measured on this machine, ${date}; ${ids.join(', ')}`;
  const cycles = (id: string): Entry => {
    const { min, p10, median } = row(id);
    return { value: round(p10), confidence: 'measured', source: source(id), range: [round(min), round(median)] };
  };
  /** Bytes a cycle of a row that handles pages. */
  const rate = (id: string): Entry => {
    const { min, p10, median } = row(id);
    const range: [number, number] = [round(PAGE / median), round(PAGE / min)];
    return { value: round(PAGE / p10), confidence: 'measured', source: source(id), range };
  };
  /** What a calculation with the p10 of some rows gives; below zero is noise. */
  const from = (ids: readonly string[], of: (...p10: number[]) => number): Entry => ({
    value: round(Math.max(0, of(...ids.map((id) => row(id).p10)))),
    confidence: 'arithmetic',
    source: source(...ids),
  });
  const rates = (name: string, id: string): [string, Entry][] =>
    LEVELS.map((level, i) => [`${name}.rates.${i}`, rate(`${id}.${level}`)]);
  const third = 'L3 that one core gets';

  return {
    schema: PROFILE_SCHEMA,
    name: `measured-${machine.cpuid}`,
    title: machine.brand.trim() || machine.vendor,
    base: BASES[machine.vendor] ?? DEFAULT_BASE,
    cpuid: machine.cpuid,
    flags: [...(machine.erms ? (['erms'] as const) : []), ...(machine.fsrs ? (['fsrs'] as const) : [])],
    caches: cachesOf(machine, third),
    figures: Object.fromEntries<Entry>([
      ['clock', { value: row('call').ghz, confidence: 'measured', source: source('additions beside call') }],
      ['caches.L1D.latency', cycles('latency.L1')],
      ['caches.L2.latency', cycles('latency.L2')],
      [`caches.${third}.latency`, cycles('latency.L3')],
      ['memory', cycles('latency.mem')],
      ['tlb.secondHit', from(['tlb.second', 'latency.L2'], (both, l2) => both - l2)],
      ['tlb.walk', from(['tlb.walk', 'tlb.second'], (walk, second) => walk - second)],
      ...rates('zero', 'fill.string'),
      ...rates('fillString', 'fill.string'),
      ...rates('fillLoop', 'fill.loop64'),
      ...rates('scan', 'scan'),
      ['scan.coldStart', from(['latency.mem'], (memory) => TRAINING_MISSES * memory)],
      ['lockPair', cycles('lock')],
      ['throughput.call', cycles('call')],
      ['throughput.pairedStore', from(['fill.loop64.L1'], (page) => (page * WORD_BYTES) / PAGE)],
      ['throughput.singleStore', from(['fill.loop8.L1'], (page) => (page * WORD_BYTES) / PAGE)],
      ...LEVELS.map((level, i): [string, Entry] => [
        `throughput.storeMiss.${i}`,
        from([`store.${level}`, `store.address.${level}`], (store, address) => store - address),
      ]),
      [
        'throughput.coldTableLine',
        from(
          ['fill.loop64.base', 'fill.loop64.mem', 'tlb.walk', 'tlb.second'],
          (base, large, walk, second) => ENTRIES_A_LINE * (base - large - (walk - second)),
        ),
      ],
      ...rates('throughput.copy', 'copy'),
    ]),
  };
}

/** Sizes and ways for the model, whose sets are a power of two. */
function cachesOf({ l1, l2, l3 }: Primitives['machine'], third: string): ProfileFile['caches'] {
  const geometry = (size: number): { size: number; ways: number } => {
    const LINE = 64;
    const FEWEST_WAYS = 8;
    const sets = 2 ** Math.floor(Math.log2(size / LINE / FEWEST_WAYS));
    const ways = Math.floor(size / LINE / sets);
    return { size: sets * ways * LINE, ways };
  };
  const shared = l3 > 0 ? Math.min(l3, Math.max(CORE_L3, 2 * l2)) : 2 * l2;
  return { L1D: geometry(l1), L2: geometry(l2), [third]: geometry(shared) };
}
