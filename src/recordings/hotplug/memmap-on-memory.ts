// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { roomFields } from '../../scenario/schema.js';
import { memmapOnMemory, type MemmapOnMemoryMode } from '../../mm/memmap-on-memory.js';
import type { Failure } from '../vectors.js';
import { firstDifference } from './compare.js';
import * as fields from './fields.js';
import { bootRecorded } from './stand-in.js';

/** One row, one question: can a memory block hold its own memmap, and at what cost. */

export const MODES: Readonly<Record<string, MemmapOnMemoryMode>> = { disable: 'n', enable: 'y', force: 'force' };

export const memmapOnMemoryRow = z.strictObject({
  kernel: fields.release,
  arch: fields.arch,
  mmu: roomFields.mmu,
  pageSize: fields.pageSize,
  structPageSize: fields.structPageSize,
  sectionSize: fields.sectionSize,
  pmdSize: fields.powerOfTwo(4096, 2 ** 40),
  blockSize: fields.blockSize,
  size: z.int().min(0).optional(),
  pageblockOrder: fields.pageblockOrder,
  pageblockFrom: z.array(z.string()),
  blockBelowSection: z.boolean().optional(),
  mode: z.enum(['disable', 'enable', 'force']),
  expect: z.record(z.string(), z.unknown()),
});

type Row = z.output<typeof memmapOnMemoryRow>;

const PERCENT_DECIMALS = 4;

/** Compares one row. */
export function verifyMemmapOnMemoryRow(row: Row): Failure | undefined {
  const { kernel: release, arch, mmu, pageSize, structPageSize, blockSize, mode, pageblockOrder } = row;
  const name = [release, arch, mmu, pageSize, `struct-page-${structPageSize}`, `block-${blockSize}`, mode]
    .filter((part) => part !== undefined)
    .join(' ');
  const kernel = bootRecorded(row, []);
  const answer = memmapOnMemory(kernel.traits, {
    mode: MODES[mode]!,
    pageSize,
    structPageSize,
    blockSize,
    size: row.size ?? blockSize,
    pmdSize: row.pmdSize,
    pageblockPages: 2 ** pageblockOrder,
    archSelects: kernel.kconfig.selectsMemmapOnMemory,
    archSupports: (memmapBytes) => kernel.kconfig.supportsMemmapOnMemory(memmapBytes),
  });
  const wasted = (answer.wastedPages * pageSize * 100) / blockSize;
  const difference = firstDifference(row.expect, {
    supported: answer.refusal === null,
    firstFail: answer.refusal,
    memmapBytes: answer.memmapBytes,
    memmapPages: answer.memmapPages,
    wastedPages: answer.wastedPages,
    wastedPercent: Number(wasted.toFixed(PERCENT_DECIMALS)),
  });
  return difference && { name, step: -1, ...difference };
}
