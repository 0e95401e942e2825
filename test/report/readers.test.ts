// SPDX-License-Identifier: GPL-2.0-only

import { buildModel } from '@tracerbench/trace-model';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FunctionTotal } from '../../src/cycles/call-tree.js';
import { file, vmemmap } from '../cli/cli.js';
import { readFunctionGraph } from './readers/function-graph.js';
import { readWithSpeedscope } from './readers/speedscope.js';

/**
 * What programs of others read in the three formats of `vmemmap cycles` and `vmemmap bench`: each must come to the calls
 * and cycles that `vmemmap cycles --json` tells.
 */

interface CyclesJson {
  clockGHz: number;
  steps: { op: string; cycles: number }[];
  functions: FunctionTotal[];
}

/** Leaves shared and scanned, base pages, tables, the hashed page table: together most functions that there are. */
const SCENARIOS = {
  'x86_64; shared leaves, 5 levels': { arch: 'x86_64', pagingLevels: 5, structPageSize: 56 },
  'arm64, 16K pages': { arch: 'arm64', pageSize: '16K' },
  'ppc64 hash': { arch: 'ppc64', mmu: 'hash' },
  's390, 80 bytes': { arch: 's390', structPageSize: 80 },
};

const range = { start: '0x100000000', size: '256M' };
const steps = [
  { op: 'add-pages', ...range },
  { op: 'use', ...range },
  { op: 'add-pages', start: '0x110000000', size: '512M' },
  { op: 'remove-pages', ...range },
  { op: 'remove-pages', start: '0x110000000', size: '512M' },
];

const CYCLES_PER_US_AT_1_GHZ = 1000;
/** What both a trace and function_graph round times to, µs. */
const STEP = 0.001;

/**
 * Calls exactly, cycles as far as rounding lets them: a reader adds and subtracts two rounded times for every call and
 * for every call below it.
 * @param read with times in µs
 */
function expectSame(read: readonly FunctionTotal[], { functions, clockGHz }: CyclesJson): void {
  expect(read.map(({ name, calls }) => ({ name, calls }))).toEqual(
    functions.map(({ name, calls }) => ({ name, calls })),
  );
  const calls = functions.reduce((sum, each) => sum + each.calls, 0);
  const slack = calls * STEP;
  for (const [i, { self, total }] of read.entries()) {
    const us = (cycles: number): number => cycles / (clockGHz * CYCLES_PER_US_AT_1_GHZ);
    expect(Math.abs(self - us(functions[i]!.self))).toBeLessThanOrEqual(slack);
    expect(Math.abs(total - us(functions[i]!.total))).toBeLessThanOrEqual(slack);
  }
}

describe.each(Object.entries(SCENARIOS))('%s', (name, machine) => {
  let told: CyclesJson;
  let folded: string;
  let trace: string;
  let funcgraph: string;

  beforeAll(() => {
    const path = file(`${name.replaceAll(/\W/g, '-')}.json`, JSON.stringify({ name, machine, steps }));
    const output = (format: string): string => vmemmap('cycles', path, format).stdout;
    told = JSON.parse(output('--json')) as CyclesJson;
    folded = output('--folded');
    trace = output('--trace');
    funcgraph = output('--funcgraph');
    expect(told.functions.length).toBeGreaterThan(steps.length);
  });

  test('functions take together what the steps take', () => {
    const self = told.functions.reduce((sum, each) => sum + each.self, 0);
    const all = told.steps.reduce((sum, { cycles }) => sum + cycles, 0);
    expect(Math.abs(self - all)).toBeLessThanOrEqual(told.functions.length + told.steps.length);
  });

  test('speedscope reads the folded stacks: the same cycles by function and by stack', async () => {
    const [profile, ...others] = await readWithSpeedscope('folded.txt', folded);
    expect(others).toEqual([]);
    const root = name.replaceAll(';', ',');
    const cycles = ({ name, self, total }: FunctionTotal): object => ({ name, self, total });
    const read = profile!.functions.filter((each) => each.name !== root).map(cycles);
    const inOrder = told.functions.filter(({ self, total }) => self + total > 0).map(cycles);
    expect(read).toEqual(expect.arrayContaining(inOrder));
    expect(read).toHaveLength(inOrder.length);
    const lines = folded.trimEnd().split('\n');
    const stacks = lines.map((line) => [line.replace(/ \d+$/, ''), Number(/\d+$/.exec(line)![0])]);
    expect([...profile!.stacks].filter(([, self]) => self !== 0).sort()).toEqual(stacks.sort());
  });

  test('speedscope reads the trace: the same calls, nested, with the same times', async () => {
    const [profile, ...others] = await readWithSpeedscope('trace.json', trace);
    expect(others).toEqual([]);
    expect(profile).toMatchObject({ name: `${name} (pid 1), CPU 0 (tid 1)`, unit: 'microseconds' });
    expectSame(profile!.functions, told);
  });

  test('TracerBench reads the trace: each call in the one that it was made in', () => {
    const { traceEvents } = JSON.parse(trace) as {
      traceEvents: Parameters<typeof buildModel>[0];
    };
    const { processes } = buildModel(traceEvents);
    expect(processes.map((process) => [process.name, process.threads.map((thread) => thread.name)])).toEqual([
      [name, ['CPU 0']],
    ]);
    const calls = processes[0]!.events.filter((event) => event.isComplete());
    expect(calls).toHaveLength(told.functions.reduce((sum, each) => sum + each.calls, 0));
    expect(calls.filter(({ parent }) => parent === undefined).map((call) => call.name)).toEqual(
      told.steps.map(({ op }) => op),
    );
    for (const { parent, start, end } of calls) {
      if (parent === undefined) continue;
      expect(start).toBeGreaterThanOrEqual(parent.start);
      expect(end).toBeLessThanOrEqual(parent.end);
    }
  });

  test('the function_graph text is as the kernel documents it: the same calls, nested, with the same times', () => {
    const { functions, comments } = readFunctionGraph(funcgraph);
    expectSame(functions, told);
    expect(comments).toContain(`# ${name}; modelled time at the nominal clock`);
  });
});

describe('the cases of a suite', () => {
  const select = ['bench', 'altmap'];
  let rows: { name: string; cycles: number; microseconds: number }[];

  beforeAll(() => {
    const { suites } = JSON.parse(vmemmap(...select, '--json').stdout) as { suites: { rows: typeof rows }[] };
    rows = suites.flatMap((suite) => suite.rows);
    expect(rows.length).toBeGreaterThan(1);
  });

  test('are processes of one trace, each with the time that the suite tells', async () => {
    const profiles = await readWithSpeedscope('trace.json', vmemmap(...select, '--trace').stdout);
    const names = profiles.map(({ name }) => name.replace(/^altmap: (.*) \(pid \d+\), CPU 0 \(tid 1\)$/, '$1'));
    expect(names).toEqual(rows.map(({ name }) => name));
    for (const [i, { functions }] of profiles.entries()) {
      const calls = functions.reduce((sum, each) => sum + each.calls, 0);
      const us = functions.reduce((sum, each) => sum + each.self, 0);
      expect(Math.abs(us - rows[i]!.microseconds)).toBeLessThanOrEqual(calls * STEP);
    }
  });

  test('are stacks below the suite and the case', async () => {
    const [profile] = await readWithSpeedscope('folded.txt', vmemmap(...select, '--folded').stdout);
    const total = new Map(profile!.functions.map((each) => [each.name, each.total]));
    for (const { name, cycles } of rows) {
      expect(Math.abs(total.get(name)! - cycles)).toBeLessThanOrEqual(profile!.functions.length);
    }
  });
});
