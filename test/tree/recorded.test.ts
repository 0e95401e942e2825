// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { verifyVector } from '../../src/recordings/vectors.js';
import { openTree } from '../../src/tree/open.js';
import { skipped, TREES } from './trees.js';

/** Every so many vectors of a file: all of them are what `vmemmap verify --kernel tree:PATH` replays. */
const EVERY = 12;

const FILES = ['x86_64'];

interface Vector {
  name: string;
  machine: { kernel: string };
}

const vectorsOf = (file: string): Vector[] =>
  JSON.parse(gunzipSync(readFileSync(new URL(`../vectors/${file}.json.gz`, import.meta.url))).toString()) as Vector[];

describe(`what was recorded of a release its tree does in the emulator${skipped}`, () => {
  test.for(TREES.flatMap((tree) => FILES.map((file) => ({ ...tree, file }))))(
    '$version: $file',
    async ({ version, path, file }) => {
      const release = await openTree(`tree:${path}`);
      const vectors = vectorsOf(file).filter(({ machine }) => machine.kernel === version);
      const played = vectors.filter((_, i) => i % EVERY === 0);
      expect(played.flatMap((vector) => verifyVector(vector, release) ?? [])).toEqual([]);
    },
  );
});
