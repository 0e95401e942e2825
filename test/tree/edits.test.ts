// SPDX-License-Identifier: GPL-2.0-only

import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { searchDifferences } from '../../src/explore/differences.js';
import { openTree } from '../../src/tree/open.js';
import { EDITS, editedTree } from './edits.js';
import { skipped, treeOf } from './trees.js';

/** Struct pages of 80 bytes: a section takes a whole leaf and a part of another, so all paths of the memmap’s code are walked. */
const STRUCT_PAGE = 80;

const tree = treeOf('6.12.117');

describe.skipIf(tree === undefined)(`a fault that is put into one line of a tree is found${skipped}`, () => {
  test.for(EDITS.map((edit) => [edit.what, edit] as const))('%s', { timeout: 240_000 }, async ([, edit]) => {
    const copy = editedTree(tree!, edit);
    try {
      const from = await openTree(`tree:${tree!}`);
      const to = await openTree(`tree:${copy}`);
      const { found } = searchDifferences({
        from,
        to,
        arch: 'x86_64',
        structPageSize: STRUCT_PAGE,
        sections: 2,
        units: ['section'],
        altmaps: ['none', 'own'],
        depth: 3,
        fail: false,
      });
      const shortest = Math.min(...found.map(({ scenario }) => scenario.steps.length));
      expect({ what: edit.what, isFound: found.length > 0, isShort: shortest <= 3 }).toEqual({
        what: edit.what,
        isFound: true,
        isShort: true,
      });
      // Where they part in an event, the tree's function and its place are told; books that are wrong are none.
      const parted = found.filter(({ first }) => first !== undefined);
      for (const { functions } of parted)
        expect(functions.join(' ')).toMatch(/\w+ \((?:arch|mm)\/[\w/.-]+\.[ch]:\d+\)/);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
