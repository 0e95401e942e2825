// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hotplugSuiteOf } from '../../src/recordings/hotplug/index.js';
import { readJson } from '../../src/scenario/load.js';
import { verifyRecordedKernel } from '../../src/recordings/replay.js';
import { recordedKernelSchema } from '../../src/recordings/recorded-kernel.js';
import { verifyVector } from '../../src/recordings/vectors.js';
import { isAsked } from './rooms.js';

/**
 * A sample of the recordings. Files are read by the tests that want them and not before: most mutants ask for few.
 */

const TEST = join(import.meta.dirname, '..');

/** Of how many recorded vectors one is replayed. A prime, since the recordings go through their parameters in turn. */
const SAMPLING = 29;
/** The same where recordings are few, or soon replayed. */
const CLOSER_SAMPLING: Readonly<Record<string, number>> = {
  'memmap-on-memory.json.gz': 7,
  'memory-blocks.json.gz': 1,
  'resource-tree.json.gz': 1,
  'zone-span.json.gz': 1,
};
/** Of how many booted kernels one is replayed. */
const KERNEL_SAMPLING = 9;
/** Tests that share the sample of a file: a mutant that reaches few of its vectors need not wait for all. */
const PARTS = 4;

const read = new Map<string, unknown>();
function recording(...path: string[]): unknown {
  const file = join(TEST, ...path);
  if (!read.has(file)) read.set(file, readJson(file));
  return read.get(file);
}

describe("a sample of the kernel's own functions, recorded", () => {
  for (const file of readdirSync(join(TEST, 'vectors')).filter((name) => name.endsWith('.gz') && isAsked(name))) {
    test.each(Array.from({ length: PARTS }, (_, part) => part))(`${file}, part %i`, (part) => {
      const sampling = CLOSER_SAMPLING[file] ?? SAMPLING;
      const sample = (recording('vectors', file) as unknown[]).filter((_, i) => i % sampling === 0);
      for (const vector of sample.filter((_, i) => i % PARTS === part)) {
        expect((hotplugSuiteOf(vector) ?? verifyVector)(vector)).toBeUndefined();
      }
    });
  }
});

describe('a sample of booted kernels, read from outside', () => {
  const files = readdirSync(join(TEST, 'real-kernels')).filter((file) => file.endsWith('.gz') && isAsked(file));
  test.each(files.filter((_, i) => i % KERNEL_SAMPLING === 0))('%s', (file) => {
    const recorded = recordedKernelSchema.parse(recording('real-kernels', file));
    expect(verifyRecordedKernel(recorded, file)).toBeUndefined();
  });
});
