// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runChecked, type CheckedRun } from '../../src/check/checked-run.js';
import { countAllocations, sweepFailures } from '../../src/check/failure-sweep.js';
import { findKernelRelease } from '../../src/scenario/names.js';
import { resolveScenario, type Scenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { vmemmapHere } from '../cli/here.js';

/** Reports of early sections, addresses beyond a machine, and dumps; and small inputs that took minutes or ended in a stack. */

const path = (...names: string[]): string => join(import.meta.dirname, ...names);

function scenarioOf(folder: 'cases' | 'robustness', name: string, kernel?: string): Scenario {
  const parsed = scenarioSchema.parse(JSON.parse(readFileSync(path(folder, name), 'utf8')));
  return resolveScenario(parsed, kernel === undefined ? undefined : { release: findKernelRelease(kernel) });
}
const play = (name: string, kernel?: string): CheckedRun => runChecked(scenarioOf('cases', name, kernel));
const kinds = ({ findings }: CheckedRun): string[] => [...new Set(findings.map(({ invariant }) => invariant))];

describe('a device in an early section leaves', () => {
  test.each(['5.7', '5.8'])('arm64 %s takes the block with it: a hole under memory of the boot', (kernel) => {
    const run = play('F01-early-section-part.json', kernel);
    expect(run.results[1]).toMatchObject({ holes: ['fffffe0003600000-fffffe0003800000'], counters: { clearPmd: 1 } });
    expect(kinds(run)).toEqual(expect.arrayContaining(['no-hole', 'no-cross-talk']));
  });

  test.each(['5.3', '5.8'])('x86_64 %s marks the part as unused, and the leaf stays', (kernel) => {
    const run = play('F01-early-section-part-x86.json', kernel);
    expect(run.results[1]).toMatchObject({
      partial: ['ffffea0003800000 used 0-1048576 unused 1048576-2097152'],
      counters: { unusedBytes: 1048576 },
      leaves: ['ffffea0002000000-ffffea0003a00000 pmd ram'],
    });
  });

  test.each(['F01-early-section-part.json', 'F01-early-section-part-x86.json'])(
    '%s: nothing happens from 5.9 on',
    (name) => {
      const run = play(name, '5.9');
      expect(run.findings).toEqual([]);
      expect(run.results[1]!.counters).toEqual({});
    },
  );
});

describe('addresses beyond what the machine has', () => {
  test.each([
    ['F03-beyond-limit-arm64.json', '0x1000000000000-0x1000008000000', '0x0-0x7fffffffffff'],
    ['F03-beyond-limit-x86.json', '0x400000000000-0x400008000000', '0x0-0x3fffffffffff'],
  ])('%s: -E2BIG, a line in the log, and nothing mapped', (name, range, allowed) => {
    const run = play(name);
    expect(run.results[0]).toMatchObject({
      ret: -7,
      leaves: [],
      log: [`Hotplug memory [${range}] exceeds maximum addressable range [${allowed}]`],
    });
    expect(run.findings).toEqual([]);
  });

  test('private memory at the top of arm64 warns, and its struct pages wrap to the bottom of the address space', async () => {
    const run = play('F03-private-at-the-top-arm64.json');
    expect(kinds(run).filter((kind) => kind === 'no-warning')).toHaveLength(1);
    expect(run.findings.map(({ text }) => text)).toContain('warn:vmemmap_populate (8 times)');
    expect(run.results[0]).toMatchObject({ ret: 0, leaves: [], counters: { setPmd: 8 } });
    const file = path('cases', 'F03-private-at-the-top-arm64.json');
    const { stdout } = await vmemmapHere('where', '0xffffc0000', file, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ structPage: '1ffbf000000' });
    const events = (await vmemmapHere('run', file, '--events')).stdout;
    expect(events).toContain('set pmd entry 1ffbf000000');
    expect(events).not.toMatch(/\b[0-9a-f]{17}/);
  });
});

describe('a dump of a real machine agrees', () => {
  test.each([
    ['F33-ppc64.json', 'F33-ptdump.txt'],
    ['F35-arm64.json', 'F35-ptdump-without-holes.txt'],
  ])('%s with %s', async (scenario, dump) => {
    expect(await vmemmapHere('dump', path('cases', scenario), '--compare', path('cases', dump))).toEqual({
      status: 0,
      stdout: 'the file and the model agree\n',
      stderr: '',
    });
  });

  test('arm64 prints holes from 5.6 on', async () => {
    const lines = async (kernel: string): Promise<number> =>
      (await vmemmapHere('dump', path('cases', 'F35-arm64.json'), '--kernel', kernel)).stdout
        .split('\n')
        .filter((line) => /^0x\S+ +\d+[A-Z] PMD *$/.test(line)).length;
    expect(await lines('5.0')).toBe(0);
    expect(await lines('5.6')).toBeGreaterThan(0);
  });
});

describe('recordings that are none are refused, each by a sentence', () => {
  test.each([
    ['verify-empty-list-passes.json', 'the list is empty; nothing to compare is no agreement'],
    ['verify-rangeerror-huge-run.json.gz', /steps\[2\]\.leaves\[48\] is ".*; it must be a run of leaves/],
    ['verify-syntaxerror-leaf-line.json', /steps\[0\]\.leaves\[0\] is ".*; it must be a run of leaves/],
    ['verify-typeerror-expect-number.json', 'expect[0] is 4; it must be an object'],
  ])('%s', async (name, sentence) => {
    const { status, stdout, stderr } = await vmemmapHere('verify', path('robustness', name));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.split('\n')).toHaveLength(2);
  });
});

describe('what took minutes', () => {
  test('two states of hundreds of lines are a table whose cells are cut', async () => {
    const { status, stdout } = await vmemmapHere(
      ...['diff', path('robustness', 'diff-hangs-cli-table3.json'), '--from', '5.12', '--to', '5.13'],
    );
    expect(status).toBe(1);
    expect(stdout).toContain('step 3');
    expect(stdout.split('\n').length).toBeLessThan(200);
  });

  test('thousands of allocations that fail in turn are played one by one', () => {
    const scenario = scenarioOf('robustness', 'fail-each-slow-3600-allocations.json');
    expect(countAllocations(scenario)).toBeGreaterThan(3500);
    const [first] = sweepFailures(scenario);
    expect(first).toMatchObject({ allocation: 1, step: 0, ret: -12, findings: [] });
  });

  test.each([
    ['report-slow-2TiB-failing-add-memory.json', 'the run adds more than 5000 sections one after the other'],
    ['report-slow-64GiB-ppc64-compound.json', 'the kernel does more than 400000 things that would be shown'],
  ])('a page of %s is refused, and the run is not', { timeout: 180_000 }, async (name, sentence) => {
    const { status, stdout, stderr } = await vmemmapHere('report', path('robustness', name));
    expect(stderr).toBe(`vmemmap: ${sentence}; add less memory\n`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(runChecked(scenarioOf('robustness', name)).findings).toEqual([]);
  });
});
