// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';
import { issueSentence } from '../../scenario/load.js';
import type { Failure } from '../vectors.js';
import { memmapOnMemoryRow, verifyMemmapOnMemoryRow } from './memmap-on-memory.js';
import { memoryBlocksVector, verifyMemoryBlocks } from './memory-blocks.js';
import { resourceTreeVector, verifyResourceTree } from './resource-tree.js';
import { verifyZoneSpan, zoneSpanVector } from './zone-span.js';

/** Recordings of memory hot-plug above the page tables; each kind is known by a field that only it has. */

type Verify = (vector: unknown) => Failure | undefined;

const nameOf = (vector: unknown): string => (vector as { name?: string } | null)?.name ?? 'unnamed';

const suite =
  <S extends z.ZodType>(schema: S, verify: (vector: z.output<S>) => Failure | undefined): Verify =>
  (vector) => {
    const parsed = schema.safeParse(vector);
    const name = nameOf(vector);
    if (!parsed.success) {
      const sentence = issueSentence(parsed.error.issues[0]!, vector);
      return { name, step: -1, field: 'format', expected: 'a vector', actual: sentence };
    }
    try {
      return verify(parsed.data);
    } catch (error) {
      const actual = error instanceof Error ? error.message : String(error);
      return { name, step: -1, field: 'run', expected: 'the steps run', actual };
    }
  };

const SUITES: readonly { is: (vector: Record<string, unknown>) => boolean; verify: Verify }[] = [
  { is: (v) => 'pageblockFrom' in v, verify: suite(memmapOnMemoryRow, verifyMemmapOnMemoryRow) },
  { is: (v) => 'addressLimit' in v, verify: suite(resourceTreeVector, verifyResourceTree) },
  { is: (v) => 'initial' in v, verify: suite(zoneSpanVector, verifyZoneSpan) },
  {
    is: (v) => 'keepMemblock' in ((v['machine'] as object | undefined) ?? {}),
    verify: suite(memoryBlocksVector, verifyMemoryBlocks),
  },
];

/** What compares a vector of one of the suites; undefined for any other. */
export function hotplugSuiteOf(vector: unknown): Verify | undefined {
  if (typeof vector !== 'object' || vector === null) return undefined;
  return SUITES.find((s) => s.is(vector as Record<string, unknown>))?.verify;
}
