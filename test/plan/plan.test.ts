// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findRelease } from '../../src/history/releases.js';
import { factsOf } from '../../src/plan/facts.js';
import { importIomem } from '../../src/plan/iomem.js';
import { blockRanges } from '../../src/plan/live.js';
import { planOf } from '../../src/plan/plan.js';
import { recordedBlocks, type RecordedKernel, recordedKernelSchema } from '../../src/recordings/recorded-kernel.js';
import { findMachine } from '../../src/scenario/names.js';

const FOLDER = join(import.meta.dirname, '..', 'real-kernels');
const recordings = readdirSync(FOLDER);
const load = (file: string): RecordedKernel =>
  recordedKernelSchema.parse(JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString()));

/** What the lists of a booted kernel say, as somebody would hand them over. */
function factsOfRecording(recorded: RecordedKernel, step: number) {
  const { iomem, memoryBlocks } = recorded.steps[step]!;
  const blocks = [...recordedBlocks(memoryBlocks ?? [])].map(([id, state]) => ({ id, state: state.split(' ')[0]! }));
  return factsOf({
    asked: {
      mmu: recorded.mmu,
      pageSize: recorded.pageSize,
      structPageSize: recorded.structPage.bytes,
      blockSize: recorded.blockSizeBytes,
    },
    architecture: findMachine(recorded.arch, 'arch'),
    iomem: importIomem(iomem!.join('\n'), '/proc/iomem'),
    lsmem: blockRanges(blocks, recorded.blockSizeBytes),
  });
}

describe('the plan of a booted machine, from its iomem and its list of blocks', () => {
  test.each(recordings)('%s', (file) => {
    const recorded = load(file);
    const facts = factsOfRecording(recorded, 0);
    const plan = planOf(facts, { release: findRelease(recorded.kernelRelease)! });
    const blocks = recordedBlocks(recorded.steps[0]!.memoryBlocks ?? []);
    expect(plan.blocks.reduce((sum, { first, last }) => sum + last + 1 - first, 0)).toBe(blocks.size);
    expect(plan.machine).toMatchObject({ blockSize: recorded.blockSizeBytes, assumed: ['memmapOnMemory'] });
    expect(plan.overheadBytes).toBeGreaterThanOrEqual(plan.memmapBytes * 0.99);
    // Elsewhere the window of the vmemmap holds other leaves too.
    if (recorded.arch === 'x86_64' || recorded.mmu === 'radix') {
      expect(plan.leaves).toEqual(recorded.steps[0]!.leafCounts);
    }
  });
});

test('riscv64 before 6.11 has the memmap of its boot, and a sentence in place of what is added', () => {
  const facts = factsOfRecording(load('riscv64-7.2.13+deb14-riscv64-boot-sv48.json.gz'), 0);
  const device = {
    name: 'pmem',
    size: 2 ** 29,
    mode: 'devdax',
    map: 'mem',
    align: 2 ** 21,
    isNamespace: true,
  } as const;
  const { leaves, hotAdd, devices, modes } = planOf(
    { ...facts, devices: [{ ...device, ranges: [{ start: 2 ** 32, size: 2 ** 29 }] }] },
    { release: findRelease('6.10')! },
  );
  const sentence = 'riscv64 has memory hot-plug from 6.11 on; in 6.10 the memmap is populated at boot, and never after';
  expect(leaves).toEqual({ pmd: 8 });
  expect([...hotAdd, ...devices].map(({ error }) => error)).toEqual([sentence, sentence, sentence, sentence]);
  expect(modes.y.reason).toBe('no-arch-support');
});
