// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';
import { checkWith } from '../../scenario/input.js';
import { malformed, nameOf, thrownIn, type Failure } from '../vectors.js';
import { memmapOnMemoryRow, verifyMemmapOnMemoryRow } from './memmap-on-memory.js';
import { memoryBlocksVector, verifyMemoryBlocks } from './memory-blocks.js';
import { resourceTreeVector, verifyResourceTree } from './resource-tree.js';
import { verifyZoneSpan, zoneSpanVector } from './zone-span.js';

/** Recordings of memory hot-plug above the page tables; each kind is known by a field that only it has. */

type Verify = (vector: unknown) => Failure | undefined;

const suite =
  <S extends z.ZodType>(schema: S, verify: (vector: z.output<S>) => Failure | undefined): Verify =>
  (vector) => {
    const checked = checkWith(schema, vector);
    const name = nameOf(vector);
    if ('mistakes' in checked) return malformed(name, checked.mistakes[0]!.sentence);
    try {
      return verify(checked.data);
    } catch (error) {
      return thrownIn(name, error);
    }
  };

const SUITES: readonly { is: (vector: Record<string, unknown>) => boolean; verify: Verify }[] = [
  { is: (v) => 'pageblockFrom' in v, verify: suite(memmapOnMemoryRow, verifyMemmapOnMemoryRow) },
  { is: (v) => 'addressLimit' in v, verify: suite(resourceTreeVector, verifyResourceTree) },
  { is: (v) => 'initial' in v, verify: suite(zoneSpanVector, verifyZoneSpan) },
  {
    is: ({ machine }) => typeof machine === 'object' && machine !== null && 'keepMemblock' in machine,
    verify: suite(memoryBlocksVector, verifyMemoryBlocks),
  },
];

/** What compares a vector of one of the suites; undefined for any other. */
export function hotplugSuiteOf(vector: unknown): Verify | undefined {
  if (typeof vector !== 'object' || vector === null) return undefined;
  return SUITES.find((s) => s.is(vector as Record<string, unknown>))?.verify;
}
