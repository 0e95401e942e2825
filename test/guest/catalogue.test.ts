// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { bugOn, bugScenario, tellingReleases } from '../../src/catalogue/repro.js';
import { recipeFor, type Recipe } from '../../src/guest/recipe.js';
import { recipeText } from '../../src/guest/text.js';
import { ScenarioError } from '../../src/kernel/scenario-error.js';

/** Recipes of the catalogue: which entries a guest can show, and that a shell takes what is typed. */

/** Every entry of the catalogue that a guest can show, on a release that has it. */
const confirmable = BUGS.flatMap((bug): [string, Recipe][] => {
  const { bad } = tellingReleases(bug);
  const scenario = bugOn(bug, bad);
  if (typeof scenario === 'string') return [];
  try {
    return [[bug.id, recipeFor(bugScenario(bug, scenario.machine.config.structPageSize), scenario)]];
  } catch (error) {
    if (error instanceof ScenarioError) return [];
    throw error;
  }
});

describe('recipes of the catalogue', () => {
  test('exist for these entries', () => {
    expect(confirmable.map(([id]) => id)).toEqual(
      'B01 B02 B03 B03f B04 B05 B07 B07a B09 B10 B12 B13 B28 B39 X02 X05 X05a X06 X09 R1 R2 R3 R4 R6 R7 L1 X10 X16 X17 X14 B27 B38 B40 X15'.split(
        ' ',
      ),
    );
  });

  test.each(confirmable)('%s: a shell takes every line', (_id, made) => {
    const lines = [
      ...made.host,
      made.qemu,
      ...[...made.setup, ...made.steps.flatMap(({ commands, looks }) => [...commands, ...looks])]
        .filter(({ where }: { where?: string } & object) => where === 'guest')
        .map(({ line }) => line),
    ];
    const { status, stderr } = spawnSync('sh', ['-n'], { input: lines.join('\n'), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test.each(confirmable)('%s: the text has every command', (_id, made) => {
    const text = recipeText(made);
    for (const { commands } of made.steps) for (const { line } of commands) expect(text).toContain(line);
  });
});

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

test.skipIf(!hasShellcheck)('shellcheck has nothing to say about the guests’ lines', () => {
  const lines = confirmable.flatMap(([, made]) =>
    [...made.setup, ...made.steps.flatMap(({ commands }) => commands)]
      .filter(({ where }) => where === 'guest')
      .map(({ line }) => line),
  );
  const input = ['#!/bin/sh', ...new Set(lines)].join('\n');
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-'], { input, encoding: 'utf8' });
  expect(stdout).toBe('');
});
