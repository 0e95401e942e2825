// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { file, MAIN } from './cli.js';
import { vmemmapHere } from './here.js';

/** What a person learns who has misspelt something: all of it at once, where it is, and what was perhaps meant. */

const scenario = (text: string): string => file('mistakes.json', text);

/** The sentences about a scenario, without what stands before line and column. */
async function complaints(text: string): Promise<string[]> {
  const { status, stdout, stderr } = await vmemmapHere('run', scenario(text));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^vmemmap: .*mistakes\.json:/, ''));
}

test('every field that is wrong is told, in the order of the file', async () => {
  const found = await complaints(`{
  "machine": { "arch": "x86_46", "pagesize": "4K" },
  "steps": [
    { "op": "add-page", "pfn": 0, "nrPages": 32768 },
    { "op": "online", "start": "0x0", "size": "128X", "typ": "movable" },
    { "op": "use", "pfn": -1, "nrPages": 1 }
  ]
}`);
  expect(found.map((line) => line.replace(/(must be one of|allowed are) [^;]*/, '$1 …'))).toEqual([
    '2:24: machine.arch is "x86_46"; allowed are …; did you mean "x86_64"?',
    '2:34: machine.pagesize is not a field; did you mean "pageSize"?',
    '4:13: steps[0].op is "add-page"; it must be one of …; did you mean "add-pages"?',
    '5:47: steps[1].size is "128X"; it must be bytes as a positive whole number, or text such as "128M" or "2G"',
    '5:55: steps[1].typ is not a field; did you mean "type"?',
    '6:27: steps[2].pfn is -1; it must not be negative',
  ]);
});

test.each(['null', '[]', '7', '"x86_64"'])('a machine that is %s is told with the other mistakes', async (machine) => {
  const found = await complaints(`{ "machine": ${machine}, "steps": [{ "op": "use", "pfn": -1, "nrPages": 1 }] }`);
  expect(found).toEqual([
    expect.stringMatching(/^1:14: machine is .*; it must be an object$/),
    expect.stringMatching(/: steps\[0\]\.pfn is -1; it must not be negative$/),
  ]);
});

test('names and steps that contradict their machine are told together, too', async () => {
  expect(
    await complaints(`{
  "machine": { "arch": "amr64",
    "kernel": "proposal/free-any-leav" },
  "steps": [{ "op": "use", "pfn": 0, "nrPages": 1 }]
}`),
  ).toEqual([
    '2:24: machine.arch is "amr64"; allowed are x86_64, arm64, ppc64, s390, riscv64, loongarch64; did you mean "arm64"?',
    expect.stringMatching(/^3:15: machine\.kernel is .*; did you mean "proposal\/free-any-leaf"\?$/),
  ]);
  expect(
    await complaints(`{
  "machine": { "arch": "x86_64" },
  "altmaps": { "dev0": { "basePfn": 1048576, "endPfn": 1081343, "free": 512 } },
  "steps": [
    { "op": "add-pages", "start": "0x100000000", "size": "128M", "altmap": "dev" },
    { "op": "remove-pages", "start": "0x100000000", "size": "128M", "altmap": "dve0" }
  ]
}`),
  ).toEqual([
    '5:76: steps[0].altmap is "dev"; the scenario has dev0; did you mean "dev0"?',
    '6:79: steps[1].altmap is "dve0"; the scenario has dev0; did you mean "dev0"?',
  ]);
});

test('what keeps a file from being JSON is told by line and column', async () => {
  expect(await complaints('{\n  "machine": { "arch": "x86_64" }\n  "steps": [],\n}')).toEqual([
    '3:3: it is not JSON: a comma is missing',
    '4:1: it is not JSON: a name in double quotes is missing',
  ]);
});

test('standard input is read where - stands, and named in sentences', () => {
  const input = '{ "machine": { "arch": "s390" }, "steps": [{ "op": "use", "pfn": 0, "nrPages": 1.5 }] }';
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'run', '-'], { input, encoding: 'utf8' });
  expect(stderr).toBe('vmemmap: standard input:1:80: steps[0].nrPages is 1.5; it must be a whole number of pages\n');
  expect(status).toBe(2);
});

/** What `explore --save` writes, of a small world. */
async function savedExploration(): Promise<string> {
  const saved = file('saved.vmx', '');
  await vmemmapHere('explore', '--arch', 's390', '--depth', '2', '--save', saved);
  return saved;
}

test.each<[string, string[], () => string | Promise<string>, RegExp]>([
  [
    'verify',
    ['verify', '-'],
    () => 'test/real-kernels/s390x-6.1.0-50-s390x-boot.json.gz',
    /^[1-9]\d* passed, 0 failed$/m,
  ],
  ['merge', ['merge', '-'], savedExploration, /all sequences of up to 2 steps/],
  ['explore --resume', ['explore', '--resume', '-'], savedExploration, /all sequences of up to 2 steps/],
])('%s reads a packed file from standard input', async (_name, args, path, says) => {
  const { stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    input: readFileSync(await path()),
    encoding: 'utf8',
  });
  expect(stderr).not.toContain('vmemmap:');
  expect(stdout).toMatch(says);
});

describe('a name that is nearly right', () => {
  test.each([
    [['rnu', 'a.json'], /unknown command 'rnu'; did you mean run\?/],
    [['run', 'a.json', '--jsno'], /unknown option '--jsno'; did you mean --json\?/],
    [['repro', 'tail-keep-leaf'], /the catalogue has no "tail-keep-leaf"; .*; did you mean "tail-keeps-leaf"\?/],
    [['cpu', 'altra-q8'], /the CPU is "altra-q8"; .*; did you mean "altra-q80"\?/],
    [['validate', '--shape', 'neighbor'], /--shape is neighbor; allowed are .*; did you mean "neighbour"\?/],
    [['validate', '--arch', 's309'], /--arch is "s309"; allowed are .*; did you mean "s390"\?/],
    [['bench', 'populte'], /the suite is "populte"; allowed are .*; did you mean "populate"\?/],
    [
      ['kernel', '6.12 with arm64/check-pmd-laef'],
      /"arm64\/check-pmd-laef" is no trait, .*; did you mean "arm64\/check-pmd-leaf"\?/,
    ],
  ])('%j', async (args, sentence) => {
    const { status, stderr } = await vmemmapHere(...args);
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });

  test('is not guessed where nothing is near', async () => {
    expect((await vmemmapHere('validate', '--shape', 'round')).stderr).not.toContain('did you mean');
  });
});
