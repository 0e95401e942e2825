// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { diffScenario, isAlike } from '../../src/check/releases/diff.js';
import { findRelease } from '../../src/history/releases.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { captureRun, runStep, startRun, type Run } from '../../src/scenario/runner.js';
import { restoreRun, saveRun } from '../../src/scenario/saved-run.js';
import { openTree } from '../../src/tree/open.js';
import { skipped, treeOf } from './trees.js';

const tree = treeOf('6.12.117');

/** Pages of 64K from one section to the next: each has a root of mem_section[] to itself. */
const FAR = 613_566_720;

/** Sections of two roots of mem_section[], more than the slab has room for at first. */
const STEPS: ScenarioInput['steps'] = [
  { op: 'add-pages', start: '0x100000000', size: '512G' },
  { op: 'add-pages', start: '0x40000000000', size: '128M' },
  { op: 'remove-pages', start: '0x100000000', size: '128M' },
];

describe.skipIf(tree === undefined)(`a kernel that runs a tree's code${skipped}`, () => {
  test('goes on in another instance of the code from where it was saved, though that never ran', async () => {
    const release = await openTree(`tree:${tree!}`);
    const file = scenarioSchema.parse({ machine: { arch: 'x86_64', structPageSize: 80 }, steps: STEPS });
    const scenario = resolveScenario(file, { release });
    const start = (): Run => startRun(scenario);
    const here = start();
    const last = scenario.steps.at(-1)!;
    for (const step of scenario.steps.slice(0, -1)) expect(runStep(here, step)).toBe(0);
    const there = start();
    restoreRun(there, saveRun(here));
    // Saved there before anything ran, and taken back after something did, as an exploration does.
    const saved = saveRun(there);
    runStep(there, last);
    restoreRun(there, saved);
    expect(captureRun(there, runStep(there, last))).toEqual(captureRun(here, runStep(here, last)));
  });
});

describe.skipIf(tree === undefined)(`memory in many places of a tree's kernel${skipped}`, () => {
  test('is found where it was added alone, though the slab grew into what was used for something else', async () => {
    const from = await openTree(`tree:${tree!}`);
    const machine = { arch: 'ppc64', mmu: 'hash', pageSize: '64K', structPageSize: 56 };
    const steps = Array.from({ length: 8 }, (_, i) => ({
      op: 'add-pages',
      start: `0x${((2 ** 24 + i * FAR) * 2 ** 16).toString(16)}`,
      size: '16M',
    }));
    const file = scenarioSchema.parse({ machine, steps });
    const [here, there] = [from, findRelease('6.12.117')!].map((release) => resolveScenario(file, { release }));
    expect(isAlike(diffScenario(here!, there!))).toBe(true);
  });
});
