// SPDX-License-Identifier: GPL-2.0-only

import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BASE } from '../../src/audit/shapes.js';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { checkBug } from '../../src/catalogue/repro.js';
import type { MemoryChoice } from '../../src/explore/alphabet.js';
import { searchDifferences } from '../../src/explore/differences.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { openTree } from '../../src/tree/open.js';
import { EDITS, editedTree, TAKEN_BACK } from './edits.js';
import { skipped, treeOf } from './trees.js';

/** Struct pages of 80 bytes: a section takes a whole leaf and a part of another, so all paths of the memmap’s code are walked. */
const STRUCT_PAGE = 80;
/** The first and the third share no leaf: what the code remembers of one is asked for when the other comes. */
const SECTIONS = 3;
const PAGES_PER_SECTION = 2 ** 15;

const tree = treeOf('6.12.117');

/** A sequence as {@link EDITS} write it. */
const sequenceOf = ({ steps }: ScenarioInput): string =>
  steps
    .map((step) => {
      if (!('pfn' in step)) throw new Error('a step of a search names its first frame');
      const section = (Number(step.pfn) - BASE) / PAGES_PER_SECTION;
      return `${step.op.replace('-pages', '')} ${section}${'altmap' in step ? ' own' : ''}`;
    })
    .join(', ');

describe.skipIf(tree === undefined)(`a fault that is put into one line of a tree is found${skipped}`, () => {
  test.for(EDITS.map((edit) => [edit.what, edit] as const))('%s', { timeout: 240_000 }, async ([, edit]) => {
    const copy = editedTree(tree!, edit);
    try {
      const from = await openTree(`tree:${tree!}`);
      const to = await openTree(`tree:${copy}`);
      const search = (depth: number, memory?: MemoryChoice) =>
        searchDifferences({
          from,
          to,
          arch: 'x86_64',
          structPageSize: STRUCT_PAGE,
          sections: SECTIONS,
          units: ['section'],
          altmaps: ['none', 'own'],
          ...(memory !== undefined && { memory: [memory] }),
          depth,
          fail: false,
        }).found;
      const found = search(3, edit.memory);
      if (edit.memory !== undefined) expect(search(2)).toEqual([]);
      // Of each machine the shortest stands first.
      const shortest = found.toSorted((a, b) => a.steps.length - b.steps.length)[0];
      expect(shortest && sequenceOf(shortest.scenario)).toBe(edit.shortest);
      // Where they part in an event, the tree's function and its place are told; books that are wrong are none.
      const parted = found.filter(({ first }) => first !== undefined);
      for (const { functions } of parted)
        expect(functions.join(' ')).toMatch(/\w+ \((?:arch|mm)\/[\w/.-]+\.[ch]:\d+\)/);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});

describe.skipIf(tree === undefined)(
  `a fix that is taken back in a tree is the entry of the catalogue${skipped}`,
  () => {
    test.for(TAKEN_BACK.map((fault) => [fault.bug, fault] as const))(
      '%s',
      { timeout: 120_000 },
      async ([name, fault]) => {
        const bug = BUGS.find((each) => each.name === name)!;
        const copy = editedTree(tree!, fault);
        try {
          const sound = await openTree(`tree:${tree!}`);
          const broken = await openTree(`tree:${copy}`);
          expect(checkBug(bug, [sound]).map(({ actual }) => actual)).not.toContain(true);
          for (const verdict of checkBug(bug, [broken]))
            expect(verdict).toMatchObject({ actual: true, expected: false });
        } finally {
          rmSync(copy, { recursive: true, force: true });
        }
      },
    );
  },
);
