// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifyContent } from '../../src/recordings/verify.js';
import { readJson } from '../../src/scenario/load.js';

/**
 * What the functions of five source trees left behind. Of each file every twentieth case is replayed, and with
 * RECORDINGS=all (`npm run test:all`) every one.
 */

const TREES = join(import.meta.dirname, '../vectors/trees');
const STRIDE = process.env['RECORDINGS'] === 'all' ? 1 : 20;

/** How many cases each file has, so that none can go missing. */
const CASES: Readonly<Record<string, number>> = {
  'arm64-5.10.262.json.gz': 3203,
  'arm64-7.2.13.json.gz': 2521,
  'arm64-7.3.4.json.gz': 2530,
  'arm64-b.json.gz': 1928,
  'compound-ppc64-6.12.117.json.gz': 167,
  'compound-ppc64-7.2.13.json.gz': 167,
  'compound-ppc64-7.3.4.json.gz': 167,
  'devmap-x86_64-5.10.262.json.gz': 259,
  'devmap-x86_64-6.1.192.json.gz': 735,
  'devmap-x86_64-6.12.117.json.gz': 712,
  'devmap-x86_64-7.2.13.json.gz': 698,
  'devmap-x86_64-7.3.4.json.gz': 736,
  'extra-arm64-5.10.262.json.gz': 270,
  'extra-arm64-7.2.13.json.gz': 558,
  'extra-arm64-7.3.4.json.gz': 558,
  'more-ppc64-6.1.192.json.gz': 531,
  'more-ppc64-6.12.117.json.gz': 531,
  'offline-arm64-5.10.262.json.gz': 120,
  'offline-arm64-6.1.192.json.gz': 120,
  'offline-arm64-6.12.117.json.gz': 120,
  'offline-arm64-7.2.13.json.gz': 120,
  'offline-arm64-7.3.4.json.gz': 120,
  'ppc64-5.10.262.json.gz': 1221,
  'ppc64-7.2.13.json.gz': 1217,
  'ppc64-7.3.4.json.gz': 1217,
  'ppc64-hash4k-5.10.262.json.gz': 308,
  'ppc64-hash4k-6.1.192.json.gz': 308,
  'ppc64-hash4k-6.12.117.json.gz': 308,
  'ppc64-hash4k-7.2.13.json.gz': 308,
  'ppc64-hash4k-7.3.4.json.gz': 308,
  's390-5.10.262.json.gz': 769,
  's390-7.2.13.json.gz': 949,
  's390-7.3.4.json.gz': 912,
  'va-arm64-6.1.192.json.gz': 380,
  'va-arm64-6.12.117.json.gz': 671,
  'x86_64-5.10.262.json.gz': 2814,
  'x86_64-7.2.13.json.gz': 2733,
  'x86_64-7.3.4.json.gz': 2843,
  'x86_64-b.json.gz': 1480,
};

test('every file is known', () => {
  expect(readdirSync(TREES).sort()).toEqual(Object.keys(CASES).sort());
});

describe('the functions of a source tree, recorded', () => {
  test.each(Object.entries(CASES))('%s: every field of a case', (file, cases) => {
    const content = readJson(join(TREES, file)) as unknown[];
    expect(content).toHaveLength(cases);
    const chosen = content.filter((_, i) => i % STRIDE === 0);
    const { passed, failures, malformed, defects } = verifyContent(chosen, file);
    expect({ failures, malformed, defects }).toEqual({ failures: [], malformed: [], defects: [] });
    expect(passed).toBe(chosen.length);
  });
});
