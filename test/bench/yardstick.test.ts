// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fitsOneCall, PATHS, prepare, type Calls } from '../../bench/paths.js';
import { ratios, spreadOf } from '../../bench/turns.js';
import { countersRecord } from '../../src/kernel/counters.js';
import { compile } from '../../src/measure/run.js';
import { InputError } from '../../src/scenario/input.js';

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-yardstick-'));
const program = join(folder, 'yardstick');
afterAll(() => rmSync(folder, { recursive: true }));

/** Why there is no yardstick here. */
function missing(): string | undefined {
  try {
    compile(join(import.meta.dirname, '..', '..', 'bench', 'yardstick.c'), program);
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

test('the yardstick gives back all that it takes on every path: else it ends at the second round', ({ skip }) => {
  const none = missing();
  if (none !== undefined) skip(none);
  for (const { name, yardstick } of PATHS) {
    if (yardstick === undefined) continue;
    const { status, stdout } = spawnSync(program, [...yardstick, 'sections=4'], { input: '1\n3\n', encoding: 'utf8' });
    expect(status, name).toBe(0);
    expect(stdout, name).toMatch(/^\d+\n\d+\n$/);
  }
});

test.each(PATHS.filter(fitsOneCall))('$name: one call does what a call for each section does', (path) => {
  const [each, one] = (['each', 'one'] satisfies Calls[]).map((calls) => {
    const { run, round } = prepare({ ...path, sections: 4 }, calls);
    round();
    return { counters: countersRecord(run.kernel.counters), present: run.kernel.sections.present };
  });
  expect(one).toEqual(each);
  expect(one?.present).toBe(0);
});

test('an interval of a median goes by ranks, so one turn that was held up moves nothing', () => {
  const times = Array.from({ length: 50 }, (_, i) => 100 + i);
  const { median, low, high } = spreadOf(times);
  expect([low, median, high]).toEqual([118, 125, 131]);
  expect(spreadOf([...times.slice(0, -1), 1e9])).toEqual({ median, low, high });
  expect(ratios(times, times)).toEqual({ median: 1, low: 1, high: 1 });
});
