// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/scenario/load.js';
import { verifyRecordedKernel } from '../../src/recordings/replay.js';
import { recordedKernelSchema, type RecordedKernel } from '../../src/recordings/recorded-kernel.js';

/**
 * Booted kernels that printed their own kernel_page_tables. Compared is every line from the marker of the vmemmap on, byte for
 * byte; the frames that ppc64 prints only where a device owns them, since a booted kernel has used its memory before, and
 * without the blanks at the end of its lines, which the recordings have lost.
 */

const FOLDER = join(import.meta.dirname, '..', 'real-kernels');

const recordings = readdirSync(FOLDER)
  .map((file): [string, RecordedKernel] => [file, recordedKernelSchema.parse(readJson(join(FOLDER, file)))])
  .filter(([, recorded]) => recorded.steps.some((step) => step.ptdump != null));

const dumpsOf = ({ steps }: RecordedKernel): number[] =>
  steps.flatMap((step, index) => (step.ptdump == null ? [] : [index]));

test('none of the recorded dumps is missing', () => {
  const counts: Record<string, number> = {};
  for (const [, recorded] of recordings)
    counts[recorded.arch] = (counts[recorded.arch] ?? 0) + dumpsOf(recorded).length;
  expect(counts).toEqual({ arm64: 18, ppc64le: 14, x86_64: 47 });
});

describe('kernel_page_tables of booted kernels', () => {
  test.each(recordings)('%s: what the kernel printed', (_file, recorded) => {
    expect(verifyRecordedKernel(recorded, 'recording')).toBeUndefined();
  });

  test.each(recordings)('%s: one character more, and it is told', (_file, recorded) => {
    const last = dumpsOf(recorded).at(-1)!;
    const steps = recorded.steps.map((step, index) =>
      index === last ? { ...step, ptdump: step.ptdump!.with(1, `${step.ptdump![1]!}!`) } : step,
    );
    expect(verifyRecordedKernel({ ...recorded, steps }, 'recording')).toMatchObject({ step: last, field: 'ptdump' });
  });
});
