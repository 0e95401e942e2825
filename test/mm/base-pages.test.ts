// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { verifyVector } from '../../src/recordings/vectors.js';

/**
 * vmemmap_populate_basepages() of 5.10 on arm64 with 16K pages: the memmap of a part of a section may begin inside a page, and
 * the loop steps by pages from there, so that it comes out behind the end of the table.
 */

const FILE = join(import.meta.dirname, '..', 'vectors', 'trees', 'arm64-5.10.262.json.gz');
const vectors = JSON.parse(gunzipSync(readFileSync(FILE)).toString('utf8')) as { name: string }[];

describe('base pages from an address inside a page are what the kernel maps', () => {
  test.each([
    'arm64-16K-5.10-56B-n-mix-011',
    'arm64-16K-5.10-56B-n-mix-019',
    'arm64-16K-5.10-64B-b-random-09',
    'arm64-16K-5.10-64B-va47-n-mix-028',
  ])('%s', (name) => {
    expect(verifyVector(vectors.find((vector) => vector.name === name))).toBeUndefined();
  });
});
