// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { verifyVector } from '../../src/recordings/vectors.js';
import { openTree } from '../../src/tree/open.js';
import { TARGETS } from '../../src/tree/targets.js';
import { skipped, TREES } from './trees.js';

/** Vectors of an architecture and a release that are replayed: all of them are what `vmemmap verify --kernel tree:PATH` does. */
const SAMPLE = 12;

const FOLDER = new URL('../vectors/', import.meta.url);

interface Vector {
  name: string;
  machine: { kernel: string; structPageSize: number; pageSize: number };
}

/** What was recorded of an architecture and a release on machines of one kind: they share a module. */
function recorded(arch: string, version: string): Vector[] {
  const files = [...readdirSync(FOLDER).filter((name) => name.startsWith(arch)), `trees/${arch}-${version}.json.gz`];
  const all = files.flatMap((file) => {
    try {
      return JSON.parse(gunzipSync(readFileSync(new URL(file, FOLDER))).toString()) as Vector[];
    } catch {
      return [];
    }
  });
  const own = all.filter(({ machine }) => machine.kernel === version);
  const { structPageSize, pageSize } = own[0]?.machine ?? {};
  return own.filter(({ machine }) => machine.structPageSize === structPageSize && machine.pageSize === pageSize);
}

/**
 * Architectures that are replayed on each tree: all on one, on the others those whose code has changed most on the way. Each
 * is extracted and compiled where the cache does not have it.
 */
const PLAYED: Readonly<Record<string, readonly string[]>> = {
  '5.10.262': ['s390', 'x86_64'],
  '6.1.192': ['ppc64'],
  '6.12.117': TARGETS.map(({ arch }) => arch),
  '7.2.13': ['arm64'],
  '7.3.4': ['ppc64', 's390'],
};

const CASES = TREES.flatMap((tree) =>
  (PLAYED[tree.version] ?? []).map((arch) => ({ ...tree, arch, vectors: recorded(arch, tree.version) })),
);

describe(`what was recorded of a release its tree does in the emulator${skipped}`, () => {
  test.for(CASES)('$version: $arch', { timeout: 60_000 }, async ({ path, vectors }) => {
    const release = await openTree(`tree:${path}`);
    const every = Math.ceil(vectors.length / SAMPLE);
    const played = vectors.filter((_, i) => i % every === 0);
    expect(played.length).toBeGreaterThan(0);
    expect(played.flatMap((vector) => verifyVector(vector, release) ?? [])).toEqual([]);
  });
});
