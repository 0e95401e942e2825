// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scenarioOfCommandLine } from '../../src/guest/from-command-line.js';
import { ScenarioError } from '../../src/kernel/scenario-error.js';
import { importIomem } from '../../src/plan/iomem.js';
import { importLsmem } from '../../src/plan/lsmem.js';
import { importDaxctl, importNdctl } from '../../src/plan/ndctl.js';
import { importVmcoreinfo } from '../../src/plan/vmcoreinfo.js';
import { InputError, parseJson, parseWith } from '../../src/scenario/input.js';
import { scenarioSchema } from '../../src/scenario/schema.js';

/** Whatever a file holds, its reader answers with what it has read, or with one sentence about it. */

const given = (name: string): string => readFileSync(join(import.meta.dirname, '..', 'reports', 'cases', name), 'utf8');

type Reader = readonly [name: string, read: (text: string) => unknown, good: readonly string[]];

const READERS: readonly Reader[] = [
  ['lsmem --json', (text) => importLsmem(text, 'f'), [given('F19-lsmem.json'), given('F21-lsmem.json')]],
  ['/proc/iomem', (text) => importIomem(text, 'f'), [given('F17-kmem-of-5.4-iomem.txt')]],
  ['ndctl list', (text) => importNdctl(text, 'f'), [given('F27-ndctl-old-words.json')]],
  ['daxctl list', (text) => importDaxctl(text, 'f'), [given('F25-daxctl-two-mappings.json')]],
  ['VMCOREINFO', (text) => importVmcoreinfo(text, 'f'), [given('F21-vmcoreinfo.txt'), given('F29-vmcoreinfo.txt')]],
  ['a scenario', (text) => parseWith(scenarioSchema, parseJson(text, 'f'), 'f'), [given('F05-two-regions.json')]],
  [
    'a QEMU command line',
    (text) => scenarioOfCommandLine(text, 'f', undefined),
    ['qemu-system-x86_64 -m 4G,slots=4,maxmem=32G -object memory-backend-ram,id=m0,size=1G -device pc-dimm,memdev=m0'],
  ],
];

/** Words of the schema checker or of JavaScript, which say nothing to a reader. */
const FOREIGN = /Invalid input|undefined|\[object|is not a function|Cannot read|expected .* received/i;

function readsOrSays(read: Reader[1], text: string): void {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof InputError || error instanceof ScenarioError)) throw error;
    const unquoted = error.message.replaceAll(/"[^"]*"/g, '""');
    expect(unquoted).not.toMatch(FOREIGN);
    expect(unquoted).not.toMatch(/[\r\n]/);
  }
}

/** A good text with some of it cut out and something else in its place. */
const changed = (good: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      text: fc.constantFrom(...good),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat({ max: 12 }),
      put: fc.oneof(
        fc.constantFrom('', '0', '-1', '1e400', '9007199254740993', '"', '[]', '{}', 'null', '0x', '\0'),
        fc.string({ maxLength: 8 }),
      ),
    })
    .map(({ text, at, cut, put }) => {
      const from = Math.floor(at * text.length);
      return text.slice(0, from) + put + text.slice(from + cut);
    });

test('a field whose name has several lines is quoted', () => {
  const text = JSON.stringify({ machine: { arch: 'x86_64' }, steps: [{ op: 'use', 'pf\n': 1 }] });
  expect(() => parseWith(scenarioSchema, parseJson(text, 'f'), 'f')).toThrow('steps[0]."pf\\n" is not a field');
});

describe.each(READERS)('%s', (_, read, good) => {
  test('as it is, is read', () => {
    for (const text of good) expect(() => read(text)).not.toThrow();
  });

  test('changed somewhere, is read or answered with a sentence', () => {
    fc.assert(
      fc.property(changed(good), (text) => readsOrSays(read, text)),
      { numRuns: 300 },
    );
  });

  test('of any JSON, is read or answered with a sentence', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => readsOrSays(read, text)),
      { numRuns: 100 },
    );
  });
});
