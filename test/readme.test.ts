// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runScenario } from '../src/scenario/runner.js';
import { resolveScenario } from '../src/scenario/scenario.js';
import { scenarioSchema } from '../src/scenario/schema.js';
import { vmemmap } from './cli/cli.js';
import type { Score } from './mutation/score.js';

const README = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!);

describe('the README', () => {
  test.each(blocks('console'))('shows what a command really prints: %#', (block) => {
    const [command = '', ...output] = block.split('\n');
    const args = command.replace('$ npx vmemmap ', '').split(' ');
    expect(vmemmap(...args).stdout).toBe(output.join('\n'));
  });

  test.each(blocks('json'))('has a scenario that runs: %#', (block) => {
    const results = runScenario(resolveScenario(scenarioSchema.parse(JSON.parse(block))));
    expect(results.length).toBeGreaterThan(0);
  });

  test('states the mutation score that was measured', () => {
    const { total } = JSON.parse(readFileSync(join(import.meta.dirname, 'mutation', 'score.json'), 'utf8')) as Score;
    const dead = total.killed + total.timeout;
    const [, of, percent, killed] =
      /there are ([\d,]+) places, and the tests see the change in ([\d.]+) % of them, ([\d,]+)\./.exec(README)!;
    const plain = (text: string | undefined): number => Number(text?.replaceAll(',', ''));
    expect([plain(of), plain(percent), plain(killed)]).toEqual([total.mutants, total.score, dead]);
  });
});
