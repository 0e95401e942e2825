// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { CallTree } from '../../src/cycles/call-tree.js';
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

test('the trace has a complete event for each call, in µs, nested as the calls were', () => {
  const { traceEvents, displayTimeUnit } = JSON.parse(chromeTrace([machine])) as {
    displayTimeUnit: string;
    traceEvents: { ph: string; name: string; ts: number; dur: number }[];
  };
  expect(displayTimeUnit).toBe('ns');
  expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ name, ts, dur }) => [name, ts, dur])).toEqual([
    ['vmemmap_populate', 0, 16],
    ['alloc_pages', 0, 1],
    ['alloc_pages', 1.5, 14.5],
  ]);
});

test('funcgraph prints what the kernel’s tracer prints, with its marks of long calls', () => {
  expect(funcgraphText([machine]).split('\n').slice(4)).toEqual([
    '# example; modelled time at the nominal clock',
    ' 0)                |  vmemmap_populate() {',
    ' 0)       1.000 us |    alloc_pages();',
    ' 0) +    14.500 us |    alloc_pages();',
    ' 0) +    16.000 us |  }',
  ]);
});
