// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { verifyFile } from '../../src/recordings/verify.js';

const TEST = join(import.meta.dirname, '..');

/** How many cases a vectors file has, so that none can go missing. */
const CASES: Readonly<Record<string, number>> = {
  'x86_64.json.gz': 1448,
  'arm64.json.gz': 2244,
  's390.json.gz': 790,
  'ppc64-radix.json.gz': 960,
  'ppc64-hash.json.gz': 583,
  'memmap-on-memory.json.gz': 922,
  'zone-span.json.gz': 60,
  'resource-tree.json.gz': 60,
  'memory-blocks.json.gz': 45,
  'riscv64-6.12.117.json.gz': 910,
  'riscv64-7.2.13.json.gz': 870,
  'riscv64-7.3.4.json.gz': 813,
  'riscv64-dax-6.12.117.json.gz': 156,
  'riscv64-dax-7.2.13.json.gz': 149,
  'riscv64-dax-7.3.4.json.gz': 165,
  'loongarch64-6.12.117.json.gz': 619,
  'loongarch64-7.2.13.json.gz': 548,
  'loongarch64-7.3.4.json.gz': 548,
};

const built = new Set(ARCHITECTURES.map((a) => a.name));
const archOf = (file: string): string =>
  file
    .replace(/^ppc64le/, 'ppc64')
    .replace(/^s390x/, 's390')
    .split(/[-.]/)[0]!;
const recordedKernels = ['real-kernels', 'real-kernels-by-release'].flatMap((folder) =>
  readdirSync(join(TEST, folder))
    .filter((file) => file.endsWith('.gz') && built.has(archOf(file)))
    .map((file) => join(folder, file)),
);

test('every file of vectors is replayed', () => {
  const files = readdirSync(join(TEST, 'vectors')).filter((file) => file.endsWith('.gz'));
  expect(files.sort()).toEqual(Object.keys(CASES).sort());
});

describe("the kernel's own functions, recorded", () => {
  test.each(Object.keys(CASES))('%s: every field of every case', (file) => {
    const { passed, failures } = verifyFile(join(TEST, 'vectors', file));
    expect(failures).toEqual([]);
    expect(passed).toBe(CASES[file]);
  });
});

describe('booted kernels, read from outside', () => {
  /** Situations in which the guest had no memory for large leaves. */
  const SCARCE = /-mixed-(leaf-then-)?base-pages\./;
  const REFUSED = 'large leaves that were not to be had: ';

  test.each(recordedKernels)('%s', (file) => {
    const { failures, malformed, inputs } = verifyFile(join(TEST, file));
    expect({ failures, malformed }).toEqual({ failures: [], malformed: [] });
    // Memory for a large leaf was not to be had only where the guest was made short of it.
    expect(inputs.some((input) => input.startsWith(REFUSED))).toBe(SCARCE.test(file));
  });
});
