// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { PHYSICAL_ADDRESS_LIMIT } from '../hardware/ram.js';
import { InputError, parseWith } from '../scenario/input.js';
import { parseJson } from './printed.js';

/** `lsmem --json` of util-linux: ranges of memory blocks. Unknown keys are left alone, missing ones tolerated. */

/** A run of memory blocks. */
export interface BlockRange {
  /** First byte. */
  start: number;
  /** Last byte, inclusive. */
  end: number;
  state: string;
  /** First and last block, where the list names them. */
  blocks?: { first: number; last: number };
  node?: number;
  /** The blocks hold their own memmap, where the list says so. */
  memmapOnMemory?: boolean;
  /** Memory that s390 could have and has not taken in (column CONFIGURED): it has no memmap. */
  isUnconfigured?: boolean;
}

const flag = z
  .union([z.boolean(), z.literal(0), z.literal(1), z.enum(['yes', 'no', '0', '1'])], {
    error: 'must be true, false, "yes" or "no"',
  })
  .transform((value) => value === true || value === 'yes' || value === '1' || value === 1);

const RANGE = /^0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})$/i;
const BLOCK = /^(\d{1,15})(?:-(\d{1,15}))?$/;
const MAX_NODE = 1023;

const NODE = 'must be a node, 0 to 1023';
const STATE = 'must be "online" or "offline"';

const entry = z.looseObject({
  range: z
    .string({ error: 'must be a range such as "0x0000000000000000-0x000000007fffffff"' })
    .regex(RANGE, 'must be a range such as "0x0000000000000000-0x000000007fffffff"')
    .optional(),
  size: z.union([z.number(), z.string()], { error: 'must be bytes, or text such as "2G"' }).optional(),
  state: z.string({ error: STATE }).max(20, STATE).nullish(),
  block: z
    .union([z.string(), z.int()], { error: 'must be blocks such as "0-15"' })
    .transform(String)
    .refine((text) => BLOCK.test(text), 'must be blocks such as "0-15"')
    .optional(),
  node: z
    .union([z.int(), z.string().regex(/^\d+$/, NODE).transform(Number)], { error: NODE })
    .refine((node) => node >= 0 && node <= MAX_NODE, NODE)
    .nullish(),
  'memmap-on-memory': flag.nullish(),
  memmap_on_memory: flag.nullish(),
  configured: flag.nullish(),
});

const lsmem = z.looseObject({ memory: z.array(entry, { error: 'must be a list of memory ranges' }) });

type Entry = z.output<typeof entry>;

/** The bytes of a row. @param where the row, for complaints. @throws InputError */
function rangeOf({ range }: Entry, where: string): { start: number; end: number } {
  const match = RANGE.exec(range ?? '');
  if (!match) {
    throw new InputError(`${where}.range is missing; run \`lsmem --json\` with the column RANGE, as it is without -o`);
  }
  const start = parseInt(match[1]!, 16);
  const end = parseInt(match[2]!, 16);
  if (end < start) throw new InputError(`${where}.range is "${range!}"; it ends before it starts`);
  if (end >= PHYSICAL_ADDRESS_LIMIT) {
    throw new InputError(`${where}.range is "${range!}"; physical addresses end at 2^52`);
  }
  return { start, end };
}

/** The blocks of a row, which must be as many as fit its range. @throws InputError */
function blocksOf(row: Entry, { start, end }: { start: number; end: number }, where: string): BlockRange['blocks'] {
  const match = BLOCK.exec(row.block ?? '');
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last < first) throw new InputError(`${where}.block is "${row.block!}"; its last block is before its first`);
  const count = last + 1 - first;
  const size = (end + 1 - start) / count;
  if (isBlockSize(size) && start === first * size) return { first, last };
  throw new InputError(
    `${where}.range is "${row.range!}"; it must be ${count} whole ${count === 1 ? 'block' : 'blocks'} from block ${first} on, each a power of two of bytes`,
  );
}

/** Bytes of the smallest and of the largest memory block of any architecture (memory_block_size_bytes). */
const MIN_BLOCK = 2 ** 20;
const MAX_BLOCK = 2 ** 40;

const isBlockSize = (size: number): boolean =>
  size >= MIN_BLOCK && size <= MAX_BLOCK && Number.isInteger(Math.log2(size));

/**
 * The runs of blocks.
 * @param text what `lsmem --json` printed
 * @param file what to call it in complaints
 * @throws InputError
 */
export function importLsmem(text: string, file: string): BlockRange[] {
  const { memory } = parseWith(lsmem, parseJson(text, file, 'lsmem --json'), file);
  if (memory.length === 0) throw new InputError(`${file}: it lists no memory`);
  const rows = memory.map((row, i): BlockRange => {
    const where = `${file}: memory[${i}]`;
    const range = rangeOf(row, where);
    const blocks = blocksOf(row, range, where);
    const own = row['memmap-on-memory'] ?? row.memmap_on_memory;
    return {
      ...range,
      state: row.configured === false ? 'not configured' : (row.state ?? 'unknown'),
      ...(blocks && { blocks }),
      ...(row.node != null && { node: row.node }),
      ...(own != null && { memmapOnMemory: own }),
      ...(row.configured === false && { isUnconfigured: true }),
    };
  });
  const size = blockSizeOf(rows);
  const other = rows.findIndex((row) => row.blocks !== undefined && sizeOfBlocks(row) !== size);
  if (other >= 0) {
    throw new InputError(
      `${file}: memory[${other}] has blocks of ${sizeOfBlocks(rows[other]!)!} bytes, others have ${size!}; all blocks of a machine are alike`,
    );
  }
  return rows;
}

const sizeOfBlocks = ({ start, end, blocks }: BlockRange): number | undefined =>
  blocks && (end + 1 - start) / (blocks.last + 1 - blocks.first);

/** memory_block_size_bytes() as the list shows it: a range divided by its blocks. Undefined where no row names blocks. */
export function blockSizeOf(ranges: readonly BlockRange[]): number | undefined {
  const row = ranges.find(({ blocks }) => blocks !== undefined);
  return row && sizeOfBlocks(row);
}
