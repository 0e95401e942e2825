// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { captureRun, runStep, startRun, type Run } from '../../src/scenario/runner.js';
import { restoreRun, saveRun } from '../../src/scenario/saved-run.js';
import { openTree } from '../../src/tree/open.js';
import { skipped, treeOf } from './trees.js';

const tree = treeOf('6.12.117');

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
