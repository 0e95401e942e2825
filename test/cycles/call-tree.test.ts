// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { CallTree, functionTotals } from '../../src/cycles/call-tree.js';
import { chromeTrace } from '../../src/report/chrome-trace.js';
import { foldedLines } from '../../src/report/folded.js';
import { funcgraphText } from '../../src/report/funcgraph.js';

/** vmemmap_populate() calls alloc_pages() twice and does something itself. */
function example(): CallTree {
  const tree = new CallTree(true);
  tree.enter('vmemmap_populate', 0);
  tree.addLeaf('alloc_pages', 0, 1000);
  tree.add(500);
  tree.addLeaf('alloc_pages', 1500, 14_500);
  tree.leave(16_000);
  return tree;
}

const machine = { name: 'example', calls: example().calls, microseconds: (cycles: number) => cycles / 1000 };

test('a tree sums by stack: folded lines bear what each function took itself', () => {
  expect(foldedLines(example().root, ['bench'])).toEqual([
    'bench;vmemmap_populate 500',
    'bench;vmemmap_populate;alloc_pages 15500',
  ]);
});

test('a kernel that stops leaves no function, and the next step starts outside', () => {
  const tree = new CallTree(false);
  tree.enter('a', 0);
  tree.enter('b', 0);
  tree.unwind(5);
  tree.enter('c', 5);
  tree.add(7);
  expect(foldedLines(tree.root, [])).toEqual(['c 7']);
});

test('the trace has the beginning and the end of each call, in µs, nested; an end is a ns short of what follows', () => {
  const { traceEvents, displayTimeUnit } = JSON.parse(chromeTrace([machine])) as {
    displayTimeUnit: string;
    traceEvents: { ph: string; name: string; ts: number }[];
  };
  expect(displayTimeUnit).toBe('ns');
  expect(traceEvents.filter(({ ph }) => ph !== 'M').map(({ ph, name, ts }) => [ph, name, ts])).toEqual([
    ['B', 'vmemmap_populate', 0],
    ['B', 'alloc_pages', 0],
    ['E', 'alloc_pages', 0.999],
    ['B', 'alloc_pages', 1.5],
    ['E', 'alloc_pages', 15.999],
    ['E', 'vmemmap_populate', 15.999],
  ]);
});

test('funcgraph prints what the kernel’s tracer prints, with its marks of long calls', () => {
  expect(funcgraphText([machine]).split('\n').slice(4)).toEqual([
    '# example; modelled time at the nominal clock',
    ' 0)               |  vmemmap_populate() {',
    ' 0)   1.000 us    |    alloc_pages();',
    ' 0) + 14.500 us   |    alloc_pages();',
    ' 0) + 16.000 us   |  }',
  ]);
});

test.each([
  [10_000, '  10.000 us   '],
  [10_001, '+ 10.001 us   '],
  [1_837_709, '# 1837.709 us '],
  [33_998_590, '* 33998.59 us '],
  [119_760_200, '@ 119760.2 us '],
  [3_594_274_000, '$ 3594274 us  '],
])('%i ns fill the DURATION column as the kernel’s tracer does', (ns, column) => {
  const calls = [{ name: 'memset', depth: 0, start: 0, end: ns }];
  const text = funcgraphText([{ name: 'one call', calls, microseconds: (cycles) => cycles / 1000 }]);
  expect(text.split('\n').at(-1)).toBe(` 0) ${column}|  memset();`);
});

test('names stay on their line and within their frame', () => {
  const name = 'two;\nlines';
  expect(foldedLines(example().root, [name])[0]).toBe('two, lines;vmemmap_populate 500');
  expect(funcgraphText([{ ...machine, name }]).split('\n')[4]).toMatch(/^# two; lines; /);
});

test('functions are summed over their stacks; a function within itself counts its cycles once', () => {
  const tree = new CallTree(false);
  tree.enter('outer', 0);
  tree.add(1);
  tree.enter('inner', 1);
  tree.add(2);
  tree.enter('outer', 3);
  tree.add(4);
  tree.unwind(7);
  expect(functionTotals(tree.root)).toEqual([
    { name: 'outer', calls: 2, self: 5, total: 7 },
    { name: 'inner', calls: 1, self: 2, total: 6 },
  ]);
});
