// SPDX-License-Identifier: GPL-2.0-only

import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { convert } from 'xmlbuilder2';
import { watchFiles } from '../../src/cli/watch.js';
import { file } from './cli.js';
import { vmemmapHere } from './here.js';

/** Runs for test systems, of several files, and again and again. */

const STORY = 'src/story/partial-pmd.json';
const leaky = file(
  'leaky.json',
  `{
  "name": "leaky",
  "machine": { "arch": "x86_64", "kernel": "5.12", "structPageSize": 56 },
  "steps": [
    { "op": "add-pages", "start": "0x100000000", "size": "128M" },
    { "op": "remove-pages", "start": "0x100000000", "size": "128M" }
  ]
}`,
);

describe('several files in one run', () => {
  test('are told one after another, and end with 1 where one has a finding', async () => {
    const { status, stdout } = await vmemmapHere('run', STORY, leaky);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Two neighbouring sections[^]*\nno findings\n\nleaky: [^]*\nfinding {2}step 2: no-leak:/);
  });

  test('have their results by file in --json', async () => {
    const { stdout } = await vmemmapHere('run', STORY, leaky, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'vmemmap/runs/v1',
      runs: [
        { file: STORY, schema: 'vmemmap/run/v1', findings: [] },
        { file: leaky, findings: [{ step: 1, invariant: 'no-leak' }] },
      ],
    });
  });

  test('are not run where one cannot be read', async () => {
    const { status, stdout } = await vmemmapHere('run', STORY, 'no-such.json');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('what test systems read', () => {
  test('KTAP has a suite for each scenario and a test for each step', async () => {
    const { status, stdout } = await vmemmapHere('run', leaky, '--ktap');
    expect(status).toBe(1);
    expect(stdout.split('\n').map((line) => line.replace(/(no-leak): .*/, '$1'))).toEqual([
      'KTAP version 1',
      '1..1',
      '  KTAP version 1',
      '  1..2',
      '  ok 1 step 1 add-pages 0x100000000-0x107ffffff (128 MiB)',
      '  # no-leak',
      '  not ok 2 step 2 remove-pages 0x100000000-0x107ffffff (128 MiB)',
      'not ok 1 leaky',
      '',
    ]);
  });

  test('an annotation of GitHub names the line of the step', async () => {
    const [first = '', last] = (await vmemmapHere('run', leaky, '--github')).stdout.split('\n');
    expect(first).toMatch(/^::error file=.*leaky\.json,line=6,title=leaky%3A step 2 remove-pages .*::no-leak: /);
    expect(last).toBe('1 passed, 1 failed');
  });

  test.each([
    ['run', [leaky], 'leaky', 1],
    ['repro', ['tail-keeps-leaf'], 'tail-keeps-leaf', 0],
    ['verify', ['test/real-kernels/s390x-6.1.0-50-s390x-boot.json.gz'], 'recordings', 0],
    ['validate', ['--arch', 's390', '--struct-page', '56', '--kernel', '6.12.117'], 's390 4K', 1],
    [
      'explore',
      ['--arch', 'x86_64', '--kernel', '5.12', '--struct-page', '56', '--depth', '2'],
      'explore x86_64 5.12',
      1,
    ],
  ])('%s prints all three', async (command, args, suite, failures) => {
    const ktap = await vmemmapHere(command, ...args, '--ktap');
    expect(ktap.stdout).toContain(`ok 1 ${suite}\n`);
    expect(ktap.stdout.match(/^ {2}not ok/gm) ?? []).toHaveLength(failures);
    const { testsuites } = convert((await vmemmapHere(command, ...args, '--junit')).stdout, { format: 'object' }) as {
      testsuites: Record<string, unknown>;
    };
    expect(testsuites).toMatchObject({ '@failures': String(failures), testsuite: { '@name': suite } });
    const github = await vmemmapHere(command, ...args, '--github');
    expect(github.stdout.match(/^::error /gm) ?? []).toHaveLength(failures);
    expect(github.stdout).toMatch(new RegExp(`passed, ${failures} failed`));
  });
});

test('a run is repeated when a file changes, also one that is replaced', async () => {
  const path = file('watched.json', '1');
  const ended = new AbortController();
  let runs = 0;
  await watchFiles(
    [path],
    () => {
      runs += 1;
      if (runs === 3) ended.abort();
      else setImmediate(() => writeFileSync(path, String(runs)));
    },
    ended.signal,
  );
  expect(runs).toBe(3);
});
