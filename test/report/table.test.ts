// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import stringWidth from 'string-width';
import { afterEach, describe, expect, test } from 'vitest';
import { fitTables, tableLines, tableText } from '../../src/report/table.js';

/** Tables on a terminal that is narrower than they are. */

afterEach(() => fitTables(undefined));

describe('a table that is too wide', () => {
  test('breaks its widest cells, each within its column', () => {
    fitTables(34);
    expect(
      tableText(['name', 'says', 'since'], [['no-leak', 'no leaf stays that describes nothing', '5.13 on']]),
    ).toEqual([
      'name     says            since',
      'no-leak  no leaf stays   5.13 on',
      '         that describes',
      '         nothing',
    ]);
  });

  test('breaks the words above numbers, and no number', () => {
    fitTables(24);
    const shape = [
      { title: 'case', text: ([name]: [string, string]) => name },
      { title: 'cycles a section', text: ([, cycles]: [string, string]) => cycles, right: true as const },
    ];
    expect(tableLines(shape, [['radix 64K', '4 531 123']])).toEqual([
      'case        cycles a',
      '             section',
      'radix 64K  4 531 123',
    ]);
  });

  test('has its last column below the others where no words fit beside each other', () => {
    fitTables(24);
    expect(tableText(['name', 'says'], [['shared-leaf-ripped-out', 'the leaf of a neighbour']])).toEqual([
      'name',
      '      says',
      'shared-leaf-ripped-out',
      '      the leaf of a',
      '      neighbour',
    ]);
  });

  test('keeps every word, and fits if one column of the longest words does', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const cell = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
    const row = fc.tuple(cell, cell, cell);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 40, max: 120 }), (rows, width) => {
        fitTables(width);
        const lines = tableText(['a', 'b', 'c'], rows);
        expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
        const sorted = (text: string): string[] => text.split(/\s+/).filter(Boolean).sort();
        expect(sorted(lines.join(' '))).toEqual(sorted(['a b c', ...rows.flat()].join(' ')));
      }),
    );
  });
});
