// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runScenario } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { patternOf, runPage, shownIn } from './console.js';
import { PAGES, ROOT } from './pages.js';
import { CHANGES_TREE, programName, removeWalkThroughTree, walkThroughTree } from './walk-through.js';

afterAll(removeWalkThroughTree);

const has = (page: (typeof PAGES)[number], language: string): boolean =>
  page.blocks.some((block) => block.language === language);

describe.concurrent.each(PAGES.filter((page) => has(page, 'console')))('$path', (page) => {
  const tree = page.blocks.some(({ language, file }) => CHANGES_TREE.has(language) && file !== undefined);
  let running: Promise<string[]> | undefined;
  const ran = (): Promise<string[]> =>
    (running ??= tree ? walkThroughTree().then((root) => runPage(page, root)) : runPage(page));
  const shown = page.blocks
    .filter(({ language }) => language === 'console')
    .flatMap((block) => shownIn(block).map((each) => ({ ...each, line: block.line })));

  test.each(shown.map((each, i) => ({ ...each, i })))('line $line: $command', async ({ output, i }) => {
    const printed = (await ran())[i] ?? '';
    // Equality where nothing is left out: its message says more.
    if (output.includes('…')) expect(`${printed}\n`).toMatch(patternOf(output));
    else expect(printed).toBe(output.join('\n'));
  });
});

const scenarios = PAGES.flatMap(({ path, blocks }) =>
  blocks
    .filter(
      ({ language, file, text }) =>
        language === 'json' && file === undefined && 'steps' in (JSON.parse(text) as object),
    )
    .map(({ line, text }) => ({ at: `${path}:${line}`, text })),
);

test.each(scenarios)('$at is a scenario that runs', ({ text }) => {
  const results = runScenario(resolveScenario(scenarioSchema.parse(JSON.parse(text))));
  expect(results.length).toBeGreaterThan(0);
});

const programs = PAGES.flatMap((page) =>
  page.blocks.flatMap((block, i) => {
    if (block.language !== 'ts' || block.file !== undefined) return [];
    const next = page.blocks[i + 1];
    return {
      page,
      block,
      at: `${page.path}:${block.line}`,
      output: next?.language === 'output' ? next.text : undefined,
    };
  }),
);

describe('programs of the pages compile and run', () => {
  test.each(programs)('$at', async ({ page, block, output }) => {
    const root = await walkThroughTree();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'dist', `${programName(page, block)}.js`)],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    if (output !== undefined) expect(stdout).toBe(output);
  });
});

test('what `sh` blocks show is what the checks before a change run, too', () => {
  const checks = readFileSync(join(ROOT, '.ci', 'run'), 'utf8').split('\n');
  const lines = PAGES.flatMap((page) => page.blocks)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trimEnd().split('\n'));
  for (const line of lines) {
    for (const command of line.split(' && ')) expect(checks.some((check) => check.startsWith(command))).toBe(true);
  }
});

test('a block in a language that nothing runs would be text that nobody checks', () => {
  // `text` shows commands on a user's own kernel tree, which not every machine has; test/tree runs them where one can be had.
  const known = ['console', 'json', 'ts', 'diff', 'sh', 'output', 'text', ''];
  const unknown = PAGES.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language }) => !known.includes(language))
      .map(({ line, language }) => `${path}:${line} ${language}`),
  );
  expect(unknown).toEqual([]);
  const plain = PAGES.flatMap(({ blocks }) => blocks.filter(({ language }) => language === ''));
  expect(plain.filter(({ text }) => /^ *(\$ |npx |vmemmap )/m.test(text))).toEqual([]);
});
