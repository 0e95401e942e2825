// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { InputError, parseWith } from '../scenario/input.js';
import { bytes, parseJson } from './printed.js';

/** `ndctl list` and `daxctl list`: one object or a list of them, however they are nested. Unknown keys are left alone. */

/** A namespace of persistent memory. Sizes in bytes. */
export interface NdctlNamespace {
  dev: string;
  /** In the words of today; a word that is not known is left as it is. */
  mode: string;
  /** Where the memmap lies: on the device, in system memory, nowhere; undefined where the list does not say. */
  map: 'dev' | 'mem' | 'none' | undefined;
  /** Bytes of data, without what the memmap takes on the device; of the whole namespace where {@link isRaw}. */
  size: number;
  /** ndctl before v60 tells the size of the namespace, and not of its data. */
  isRaw: boolean;
  align?: number | undefined;
}

/** A device-dax instance. */
export interface DaxDevice {
  chardev: string;
  mode: string;
  size: number;
  align?: number | undefined;
  mappings: { start: number; end: number }[];
}

/** What ndctl before v60 called the modes (util_nsmode_name). */
const OLD_WORDS: Readonly<Record<string, string>> = { memory: 'fsdax', dax: 'devdax', safe: 'sector' };

const MIN_ALIGN = 4096;
const ALIGN = 'must be a power of two from 4096 on';
const align = (tool: string) =>
  bytes(tool).refine((value) => value >= MIN_ALIGN && Number.isInteger(Math.log2(value)), { error: ALIGN });

const name = (what: string) => z.string({ error: `must name a ${what}` }).min(1, `must name a ${what}`);
const mode = z.string({ error: 'must be a mode such as "fsdax"' });

const namespace = z.looseObject({
  dev: name('namespace'),
  mode: mode.default('unknown'),
  map: z.enum(['dev', 'mem', 'none'], { error: 'must be "dev", "mem" or "none"' }).optional(),
  size: bytes('ndctl list').default(0),
  align: align('ndctl list').optional(),
});

const mapping = z
  .looseObject({ start: bytes('daxctl list'), end: bytes('daxctl list') }, { error: 'must be a mapping' })
  .refine(({ start, end }) => end > start, { error: 'must end behind its start' });

const daxDevice = z.looseObject({
  chardev: name('device'),
  mode: mode.default('devdax'),
  size: bytes('daxctl list'),
  align: align('daxctl list').optional(),
  mappings: z.array(mapping, { error: 'must be a list of mappings' }).default([]),
});

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]);

/** Lists nest as deep as buses, regions and devices do. */
const MAX_DEPTH = 8;

/**
 * The objects that are wanted, which stand below buses and regions where -B and -R ask for those.
 * @param keys of objects that hold others
 * @param isWanted tells what is looked for from what is in the way
 */
function below(value: unknown, keys: readonly string[], isWanted: (item: Json) => boolean, depth = 0): unknown[] {
  if (depth > MAX_DEPTH) return [];
  return asList(value).flatMap((item): unknown[] => {
    if (!isObject(item)) return [item];
    const inside = keys.flatMap((key) => (key in item ? below(item[key], keys, isWanted, depth + 1) : []));
    return isWanted(item) ? [item, ...inside] : inside;
  });
}

/** A region or a bus is none, nor is a DIMM. */
const isNamespace = (item: Json): boolean =>
  'mode' in item ||
  (typeof item['dev'] === 'string'
    ? item['dev'].startsWith('namespace')
    : !('regions' in item || 'namespaces' in item));

/** @throws InputError */
export function importNdctl(text: string, file: string): NdctlNamespace[] {
  const list = parseJson(text, file, 'ndctl list');
  const found = below(list, ['buses', 'regions', 'namespaces'], isNamespace);
  if (found.length === 0) throw new InputError(`${file}: it lists no namespace`);
  return found.map((item) => {
    const { dev, mode: word, map, size, align: aligned } = parseWith(namespace, item, file);
    const isRaw = word in OLD_WORDS;
    return { dev, mode: OLD_WORDS[word] ?? word, map, size, isRaw, align: aligned };
  });
}

const isDaxDevice = (item: Json): boolean => 'chardev' in item || !('devices' in item);

/** @throws InputError */
export function importDaxctl(text: string, file: string): DaxDevice[] {
  const found = below(parseJson(text, file, 'daxctl list'), ['devices'], isDaxDevice);
  if (found.length === 0) throw new InputError(`${file}: it lists no device`);
  return found.map((item) => parseWith(daxDevice, item, file));
}
