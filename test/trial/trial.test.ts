// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { findRelease } from '../../src/history/releases.js';
import { ktap } from '../../src/report/ktap.js';
import { hasNews, trialJson, trialKtap, trialText } from '../../src/report/trial.js';
import { runChecked } from '../../src/check/checked-run.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import type { Part, Trial } from '../../src/trial/test-result.js';
import { tryKernel } from '../../src/trial/trial.js';

/** What brought B05 to 6.19, in a kernel that has none of it. */
const ORDER_FORGOTTEN = '6.12.117 with x86/free-ignores-order';

const trialOf = (kernel: string, against: string | undefined, ...parts: Part[]): Trial => ({
  kernel: findRelease(kernel)!,
  against: against === undefined ? undefined : findRelease(against),
  filter: { arch: 'x86_64', structPageSize: 80 },
  parts,
  depth: 2,
  sections: 1,
});

const outcomes = (trial: Trial) => tryKernel(trial)[0]!.results.map(({ name, outcome }) => ({ name, outcome }));

describe('a kernel on trial', () => {
  const released = {
    ...trialOf('6.12.117', undefined, 'catalogue', 'audit', 'exploration', 'difference'),
    sections: 2,
  };
  const parts = tryKernel(released);

  test('that is a release has nothing that no entry explains', () => {
    expect(parts.flatMap(({ results }) => results.filter(({ outcome }) => outcome === 'failed'))).toEqual([]);
    expect(hasNews(parts)).toBe(false);
    expect(trialText(parts, released)).toMatch(/0 failed.*\n6\.12\.117 has nothing that nobody knew of$/);
  });

  test('has what its release is known for', () => {
    const known = parts.map(({ part, results }) => ({
      part,
      entries: [...new Set(results.filter(({ outcome }) => outcome === 'known').flatMap(({ entries }) => entries))]
        .map(({ id }) => id)
        .sort(),
    }));
    expect(known.find(({ part }) => part === 'catalogue')!.entries).toContain('X05');
    expect(known.find(({ part }) => part === 'audit')!.entries).toContain('X05');
    expect(known.find(({ part }) => part === 'exploration')!.entries).toContain('X06');
  });

  test('gives a scenario for what it shows', () => {
    const shown = parts
      .filter(({ part }) => part !== 'difference')
      .flatMap(({ results }) => results.filter(({ outcome }) => outcome === 'known'));
    for (const { scenario } of shown) {
      expect(runChecked(resolveScenario(scenarioSchema.parse(scenario))).findings).not.toEqual([]);
    }
  });

  test('that no other is compared with is not compared with itself', () => {
    expect(parts.find(({ part }) => part === 'difference')!.results).toMatchObject([{ outcome: 'skipped' }]);
  });

  test('fails of a bug that its release does not have, and names the entry', () => {
    const trial = trialOf(ORDER_FORGOTTEN, '6.12.117', 'catalogue');
    const [catalogue] = tryKernel(trial);
    const failed = catalogue!.results.filter(({ outcome }) => outcome === 'failed');
    expect(failed.map(({ entries }) => entries[0]!.id)).toEqual(['B05']);
    expect(hasNews([catalogue!])).toBe(true);
  });

  test('fails of no bug that what it is compared with has as well', () => {
    const both = trialOf(ORDER_FORGOTTEN, '6.19', 'catalogue');
    expect(outcomes(both)).toContainEqual({ name: 'B05 order-forgotten, struct page 80', outcome: 'known' });
  });

  test('parts from the other where it does something else, and from none where it does the same', () => {
    const parted = outcomes(trialOf(ORDER_FORGOTTEN, '6.12.117', 'difference'));
    expect(parted).toContainEqual({ name: 'x86_64 4K, struct page 80', outcome: 'failed' });
    const alike = outcomes(trialOf('6.12.116', '6.12.117', 'difference'));
    expect(alike.map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
  });
});

describe('a report', () => {
  const trial = trialOf(ORDER_FORGOTTEN, '6.12.117', 'catalogue');
  const parts = tryKernel(trial);
  const lines = ktap(trialKtap(parts, trial)).split('\n');

  test('in KTAP expects what is known to fail, with its entry', () => {
    expect(lines.find((line) => line.includes(' X05 '))).toMatch(
      /^ {2}not ok \d+ X05 leaf-of-two-owners, struct page 80 # TODO X05 leaf-of-two-owners: \d+ pages/,
    );
  });

  test('in KTAP lets a new failure fail its suite, and says what was seen before it', () => {
    const at = lines.findIndex((line) => /^ {2}not ok \d+ B05 order-forgotten, struct page 80$/.test(line));
    expect(lines.slice(at - 2, at)).toEqual([
      expect.stringMatching(/^ {2}# \d+ pages of system memory/),
      '  # see B05 order-forgotten',
    ]);
    expect(lines.at(-1)).toBe('not ok 1 catalogue');
  });

  test('in KTAP passes a suite that fails of known things alone', () => {
    const released = trialOf('6.12.117', undefined, 'catalogue');
    const text = ktap(trialKtap(tryKernel(released), released));
    expect(text).toContain('# TODO X05');
    expect(text.split('\n').at(-1)).toBe('ok 1 catalogue');
  });

  test('in JSON counts each outcome', () => {
    const json = trialJson(parts, trial);
    const all = Object.values(json.counts).reduce((sum, count) => sum + count, 0);
    expect(json.counts['failed']).toBe(1);
    expect(all).toBe(json.parts[0]!.results.length);
  });
});

describe('the workflow for a kernel tree', () => {
  const ROOT = join(import.meta.dirname, '..', '..');
  const WORKFLOW = z.object({
    on: z.object({ pull_request: z.object({ paths: z.array(z.string()) }) }),
    permissions: z.strictObject({ contents: z.literal('read') }),
    jobs: z.strictObject({
      test: z.object({
        strategy: z.object({ matrix: z.object({ arch: z.array(z.string()) }) }),
        steps: z.array(z.object({ run: z.string().optional(), shell: z.string().optional() }).loose()),
      }),
    }),
  });
  const { on, jobs } = WORKFLOW.parse(parse(readFileSync(join(ROOT, 'src/trial/kernel-ci.yml'), 'utf8')));
  const commands = jobs.test.steps.filter(({ run }) => run?.includes('npx vmemmap') === true);

  test('runs vmemmap test with options that it has, and fails when it does', () => {
    const program = readFileSync(join(ROOT, 'src/cli/program.ts'), 'utf8');
    const own = /program\.command\('test'\)[^]*?\.action\(/.exec(program)![0];
    expect(commands).toHaveLength(1);
    const [{ run = '', shell }] = commands as [{ run?: string; shell?: string }];
    for (const option of run.match(/ --[a-z-]+/g) ?? []) {
      expect(own.includes(`'${option.trim()} `) || own.includes(`'${option.trim()}'`), option).toBe(true);
    }
    // Named, the shell gets pipefail: the code of the first command is the step's.
    expect(shell).toBe('bash');
  });

  test('begins when a file of the tree changes that is taken into account', () => {
    expect(on.pull_request.paths).toEqual(
      expect.arrayContaining(['mm/sparse*', 'mm/memory_hotplug.c', 'mm/memremap.c']),
    );
  });
});
