// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { verifyContent } from '../../src/recordings/verify.js';
import { readJson } from '../../src/scenario/load.js';

/**
 * What memory hot-plug of three source trees did above the page tables. Of each file every eighth case is replayed, and with
 * RECORDINGS=all (`npm run test:all`) every one.
 */

const TREES = join(import.meta.dirname, '../vectors/hotplug-trees');
const STRIDE = process.env['RECORDINGS'] === 'all' ? 1 : 8;

/** How many cases each file has, so that none can go missing. */
const CASES: Readonly<Record<string, number>> = {
  'memmap-on-memory-7.2.13.json.gz': 899,
  'memmap-on-memory-7.3.4.json.gz': 899,
  'memory-blocks-5.10.262.json.gz': 117,
  'memory-blocks-7.2.13.json.gz': 208,
  'memory-blocks-7.3.4.json.gz': 208,
  'node-memory-blocks-5.10.262.json.gz': 146,
  'resource-tree-5.10.262.json.gz': 180,
  'resource-tree-7.2.13.json.gz': 180,
  'resource-tree-7.3.4.json.gz': 180,
  'zone-span-5.10.262.json.gz': 153,
  'zone-span-7.2.13.json.gz': 184,
  'zone-span-7.3.4.json.gz': 184,
};

interface Case {
  arch?: string;
  machine?: { arch: string };
}

const built = new Set(ARCHITECTURES.map((a) => a.name));
/** Rows of architectures that there is no room for wait for it; a tree of resources is of none. */
const hasRoom = ({ arch, machine }: Case): boolean => {
  const name = machine?.arch ?? arch;
  return name === undefined || built.has(name);
};

test('every file is known', () => {
  expect(readdirSync(TREES).sort()).toEqual(Object.keys(CASES).sort());
});

describe('memory hot-plug of a source tree, recorded', () => {
  test.each(Object.entries(CASES))('%s: every field of a case', (file, cases) => {
    const content = readJson(join(TREES, file)) as Case[];
    expect(content).toHaveLength(cases);
    const chosen = content.filter((row, i) => i % STRIDE === 0 && hasRoom(row));
    const { passed, failures, malformed } = verifyContent(chosen, file);
    expect({ failures, malformed }).toEqual({ failures: [], malformed: [] });
    expect(passed).toBe(chosen.length);
  });
});

test('memory beyond the limit of addresses is refused before it is claimed from 5.12 on; until then, the claim did not ask', () => {
  const recorded = readJson(join(TREES, '../resource-tree.json.gz')) as { name: string }[];
  const beyond = recorded.find(({ name }) => name === 'add-beyond-address-limit')!;
  const on = (kernel: string) => verifyContent([{ ...beyond, kernel }], 'resource-tree').failures;
  expect(on('5.12')).toEqual([]);
  expect(on('5.10.262')).toMatchObject([{ step: 0, field: 'ret', expected: -7, actual: 0 }]);
});
