// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
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
}

const flag = z
  .union([z.boolean(), z.enum(['yes', 'no', '0', '1'])], { error: 'must be true, false, "yes" or "no"' })
  .transform((value) => value === true || value === 'yes' || value === '1');

const RANGE = /^0x([0-9a-f]+)-0x([0-9a-f]+)$/i;
const BLOCK = /^(\d+)(?:-(\d+))?$/;

const entry = z.looseObject({
  range: z
    .string({ error: 'must be a range such as "0x0000000000000000-0x000000007fffffff"' })
    .regex(RANGE, 'must be a range such as "0x0000000000000000-0x000000007fffffff"')
    .optional(),
  size: z.union([z.number(), z.string()], { error: 'must be bytes, or text such as "2G"' }).optional(),
  state: z.string({ error: 'must be "online" or "offline"' }).nullish(),
  block: z
    .union([z.string(), z.int()], { error: 'must be blocks such as "0-15"' })
    .transform(String)
    .refine((text) => BLOCK.test(text), 'must be blocks such as "0-15"')
    .optional(),
  node: z.union([z.int(), z.string().transform(Number)], { error: 'must be a node' }).nullish(),
  'memmap-on-memory': flag.nullish(),
  memmap_on_memory: flag.nullish(),
});

const lsmem = z.looseObject({ memory: z.array(entry, { error: 'must be a list of memory ranges' }) });

/**
 * The runs of blocks.
 * @param text what `lsmem --json` printed
 * @param file what to call it in complaints
 * @throws InputError
 */
export function importLsmem(text: string, file: string): BlockRange[] {
  const { memory } = parseWith(lsmem, parseJson(text, file, 'lsmem --json'), file);
  if (memory.length === 0) throw new InputError(`${file}: it lists no memory`);
  return memory.map((row, i): BlockRange => {
    const range = RANGE.exec(row.range ?? '');
    if (!range) {
      throw new InputError(
        `${file}: memory[${i}].range is missing; run \`lsmem --json\` with the column RANGE, as it is without -o`,
      );
    }
    const start = parseInt(range[1]!, 16);
    const end = parseInt(range[2]!, 16);
    if (end < start) throw new InputError(`${file}: memory[${i}].range ends before it starts`);
    const blocks = BLOCK.exec(row.block ?? '');
    const own = row['memmap-on-memory'] ?? row.memmap_on_memory;
    return {
      start,
      end,
      state: row.state ?? 'unknown',
      ...(blocks && { blocks: { first: Number(blocks[1]), last: Number(blocks[2] ?? blocks[1]) } }),
      ...(row.node != null && { node: row.node }),
      ...(own != null && { memmapOnMemory: own }),
    };
  });
}

/** memory_block_size_bytes() as the list shows it: a range divided by its blocks. Undefined where no row names blocks. */
export function blockSizeOf(ranges: readonly BlockRange[]): number | undefined {
  for (const { start, end, blocks } of ranges) {
    if (blocks !== undefined) return (end + 1 - start) / (blocks.last + 1 - blocks.first);
  }
  return undefined;
}
