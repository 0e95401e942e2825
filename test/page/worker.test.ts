// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { playgroundPage } from '../../src/cli/page-template.js';
import { bugRequests } from '../../src/page/bug-requests.js';
import { reportDocument } from '../../src/page/build.js';
import type { ReportDocument } from '../../src/page/document.js';
import type { Answer, Ask, Op, ReportPart } from '../../src/page/emulator/protocol.js';
import { siteFiles, SINGLE_FILE } from '../../src/page/site/site-files.js';

/** The emulator as it is built for a browser: one script, which needs nothing of Node.js. */

const SCRIPT = join(import.meta.dirname, '..', '..', 'dist', 'src', 'page', 'emulator.js');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Starts the script where nothing is but what a worker has. */
function start(): <O extends Op>(
  op: O,
  request: Ask[O]['request'],
  onPart?: (part: Ask[O]['part']) => void,
) => Promise<Ask[O]['answer']> {
  const waiting = new Map<number, (answer: Answer) => void>();
  const scope: Record<string, unknown> = {
    postMessage: (answer: Answer) => {
      waiting.get(answer.id)?.(answer);
    },
    performance,
    setTimeout,
    TextDecoder,
    console,
  };
  runInNewContext(readFileSync(SCRIPT, 'utf8'), scope, { filename: 'emulator.js' });
  let asked = 0;
  return (op, request, onPart) =>
    new Promise((resolve, reject) => {
      const id = ++asked;
      waiting.set(id, (answer) => {
        if ('error' in answer) reject(new Error(answer.error));
        else if ('answer' in answer) {
          if (answer.isLast) resolve(answer.answer as never);
          else onPart?.(answer.answer as never);
        }
      });
      (scope['onmessage'] as (event: object) => void)({ data: { id, op, request } });
    });
}

const ask = start();
/** What passes between a worker and its page. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('the worker answers what the command line prints, to the stacks of functions', () => {
  const names = [
    'tail-keeps-leaf',
    'wrong-head-painted',
    'shared-leaf-ripped-out',
    'section-start-asked',
    'software-bits-in-address',
  ];
  test.each(names)('%s', async (name) => {
    const bug = BUGS.find((entry) => entry.name === name)!;
    const answer: ReportDocument = await ask('bug', { name, kernels: [] });
    expect(sent(answer)).toEqual(sent(reportDocument(bugRequests(bug, []), version)));
  });
});

test('a mistake comes back with the place in the scenario', async () => {
  const check = (text: string) => ask('check', { text });
  expect(sent(await check('{'))).toMatchObject([{ path: [] }]);
  const wrong = { machine: { arch: 'x86_64' }, steps: [{ op: 'add-pages', start: '0x100000000', size: -1 }] };
  expect(sent(await check(JSON.stringify(wrong)))).toMatchObject([{ path: ['steps', 0, 'size'] }]);
  const slip = { machine: { arch: 'x86_64', structPageSize: 57 }, steps: [] };
  expect(sent(await check(JSON.stringify(slip)))).toMatchObject([{ path: ['machine', 'structPageSize'] }]);
  expect(await check(JSON.stringify({ machine: { arch: 'x86_64' }, steps: [] }))).toEqual([]);
});

test('a machine that nobody has done anything to is shown without a step', async () => {
  const { runs } = await ask('run', {
    file: { machine: { arch: 'x86_64' }, steps: [] },
    kernels: ['6.12.117'],
    expect: [],
  });
  expect(runs[0]!.steps).toEqual([]);
  expect(runs[0]!.sectionSize).toBe(2 ** 27);
});

test('exploring finds the leaf that stays, as a scenario', async () => {
  const file = { machine: { arch: 'x86_64', structPageSize: 56 }, steps: [] };
  const { found, ended } = await ask('explore', { file, kernel: '5.12', sections: 2, unit: 'section', depth: 3 });
  expect(ended).toBe('every sequence');
  expect(found.map(({ invariant }) => invariant)).toContain('no-leak');
});

describe('npm run site', () => {
  const files = siteFiles(playgroundPage());

  test('makes a folder whose page asks for its own files and for no other', () => {
    expect(Object.keys(files).sort()).toEqual(
      ['emulator.js', 'index.html', 'vmemmap.css', 'vmemmap.js', SINGLE_FILE].sort(),
    );
    const asked = [...files['index.html']!.matchAll(/(?:src|href|data-src)="(?!data:)([^"]*)"/g)].map(
      ([, name]) => name!,
    );
    expect(asked.map((name) => name.replace('./', '')).sort()).toEqual(['emulator.js', 'vmemmap.css', 'vmemmap.js']);
  });

  test('has less than 600 KB of script, compressed', () => {
    const scripts = [files['vmemmap.js']!, files['emulator.js']!];
    const bytes = scripts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(bytes).toBeLessThan(600_000);
  });
});

test('runs are told before what decides between them, and who asks again does not wait for those of the last', async () => {
  const order: string[] = [];
  const tell = (what: string) => (): void => void order.push(what);
  const old = ask('bug', { name: 'node-without-entry', kernels: [] }, tell('old runs'));
  const next = ask('bug', { name: 'tail-keeps-leaf', kernels: [] }, tell('new runs'));
  const [first, second] = await Promise.all([old.finally(tell('old')), next.finally(tell('new'))]);
  expect(order.filter((what) => what !== 'old runs')).toEqual(['old', 'new runs', 'new']);
  expect(first.runs).toHaveLength(1);
  expect(first.comparisons).toEqual([]);
  expect(second.comparisons.map(({ deciding }) => deciding.map(({ name }) => name))).toEqual([
    ['x86/track-unused-sub-pmd'],
  ]);
});

test('the first part of an answer is the run itself: each of its states, and no cycles yet', async () => {
  const parts: ReportPart[] = [];
  const whole = await ask('bug', { name: 'wrong-head-painted', kernels: [] }, (part) => void parts.push(part));
  const { document, awaited } = parts[0]!;
  expect(awaited).toEqual(whole.runs.slice(document.runs.length).map(({ kernel }) => kernel));
  const [early, late] = [document.runs[0]!, whole.runs[0]!];
  expect(sent(early.recording)).toEqual(sent(late.recording));
  expect(early.findings.map(({ headline }) => headline)).toEqual(late.findings.map(({ headline }) => headline));
  expect(early.steps.map(({ cycles }) => cycles)).toEqual(early.steps.map(() => null));
  expect(late.steps.every(({ cycles }) => cycles !== null)).toBe(true);
});
