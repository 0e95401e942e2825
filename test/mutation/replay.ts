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

/** Of how many recorded vectors of a folder one is replayed. Primes, since the recordings go through their parameters in turn. */
const SAMPLING = { vectors: 29, 'vectors/trees': 211, 'vectors/hotplug-trees': 17 };
/** The same where recordings are few, or soon replayed. */
const CLOSER_SAMPLING: Readonly<Record<string, number>> = {
  'memmap-on-memory.json.gz': 7,
  'memory-blocks.json.gz': 1,
  'resource-tree.json.gz': 1,
  'zone-span.json.gz': 1,
};
/** Of how many booted kernels of a folder one is replayed. */
const KERNEL_SAMPLING = { 'real-kernels': 9, 'real-kernels-by-release': 5 };
/** Kernels to which was done what few recordings have. */
const TELLING = /hugetlb|virtio-mem|nvdimm-dax|offline/;
/** Tests that share the sample of a file: a mutant that reaches few of its vectors need not wait for all. */
const PARTS = 4;

const read = new Map<string, unknown>();
function recording(...path: string[]): unknown {
  const file = join(TEST, ...path);
  if (!read.has(file)) read.set(file, readJson(file));
  return read.get(file);
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(TEST, folder)).filter((name) => name.endsWith('.gz') && isAsked(name));

describe.each(Object.entries(SAMPLING))("a sample of the kernel's own functions, recorded: %s", (folder, usual) => {
  for (const file of filesIn(folder)) {
    test.each(Array.from({ length: PARTS }, (_, part) => part))(`${file}, part %i`, (part) => {
      const sampling = CLOSER_SAMPLING[file] ?? usual;
      const sample = (recording(folder, file) as unknown[]).filter((_, i) => i % sampling === 0);
      for (const vector of sample.filter((_, i) => i % PARTS === part)) {
        expect((hotplugSuiteOf(vector) ?? verifyVector)(vector)).toBeUndefined();
      }
    });
  }
});

describe.each(Object.entries(KERNEL_SAMPLING))(
  'a sample of booted kernels, read from outside: %s',
  (folder, sampling) => {
    test.each(filesIn(folder).filter((name, i) => i % sampling === 0 || TELLING.test(name)))('%s', (file) => {
      const recorded = recordedKernelSchema.parse(recording(folder, file));
      expect(verifyRecordedKernel(recorded, file)).toBeUndefined();
    });
  },
);
