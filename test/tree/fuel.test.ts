// SPDX-License-Identifier: GPL-2.0-only

import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import { FUEL, fuelled, ModuleFormatError } from '../../src/tree/fuel.js';
import { Instance, Module } from '../../src/tree/module.js';
import { openTree } from '../../src/tree/open.js';
import { editedTree, type Fault } from './edits.js';
import { skipped, treeOf } from './trees.js';

const text = (name: string): number[] => [name.length, ...Buffer.from(name)];
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const body = (...code: number[]): number[] => [code.length + 2, 0, ...code, 0x0b];

/** A module that imports one function and has these bodies, exported as "0", "1" …; all without parameters. */
function moduleOf(...bodies: number[][]): Uint8Array<ArrayBuffer> {
  const exported = bodies.flatMap((_, i) => [...text(String(i)), 0, i + 1]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, 1, 0x60, 0, 0),
    ...section(2, 1, ...text('kernel'), ...text('host'), 0, 0),
    ...section(3, bodies.length, ...bodies.map(() => 0)),
    ...section(6, 1, 0x7f, 1, 0x41, 0, 0x0b),
    ...section(7, bodies.length, ...exported),
    ...section(10, bodies.length, ...bodies.flat()),
  ]);
}

const NOTHING = body();
/** loop br 0 end */
const SPIN = body(0x03, 0x40, 0x0c, 0x00, 0x0b);
/** loop call $host br 0 end */
const ASK = body(0x03, 0x40, 0x10, 0x00, 0x0c, 0x00, 0x0b);
/** call $0 call $0 */
const CALL_NOTHING = body(0x10, 0x01, 0x10, 0x01);

interface Fuelled {
  readonly [FUEL]: { value: number };
  readonly [name: string]: unknown;
}

let asked = 0;
function started(module: Uint8Array<ArrayBuffer>, fuel: number): (name: string) => void {
  const { exports } = new Instance(new Module(fuelled(module)), { kernel: { host: () => asked++ } });
  (exports as Fuelled)[FUEL].value = fuel;
  return (name) => (exports as Record<string, () => void>)[name]!();
}

describe('a module with fuel', () => {
  test('is stopped where a loop does not end', () => {
    const run = started(moduleOf(SPIN), 1000);
    expect(() => run('0')).toThrow('unreachable');
  });

  test('runs what ends within it, and each function that is called takes some', () => {
    const run = started(moduleOf(NOTHING, CALL_NOTHING), 4);
    run('1');
    run('0');
    expect(() => run('0')).toThrow('unreachable');
  });

  test('pays more for what it asks of the host', () => {
    asked = 0;
    const run = started(moduleOf(ASK), 1000);
    expect(() => run('0')).toThrow('unreachable');
    expect(asked).toBe(7);
  });

  test('has no instruction that nobody knows', () => {
    expect(() => fuelled(moduleOf(body(0xfd, 0x0c)))).toThrow(ModuleFormatError);
  });
});

const tree = treeOf('6.12.117');
const ENDLESS: readonly Fault[] = [
  { file: 'arch/x86/mm/init_64.c', in: 'remove_pmd_table', find: /addr = next, pmd\+\+/, put: '(void)0' },
  { file: 'arch/x86/mm/init_64.c', in: 'vmemmap_flush_unused_pmd', find: /unused_pmd_start = 0/, put: 'for (;;)' },
];

describe.skipIf(tree === undefined)(`a loop in a tree that does not end${skipped}`, () => {
  test.for(ENDLESS.map((fault) => [fault.in, fault] as const))('is a kernel that stops: %s()', async ([, fault]) => {
    const copy = editedTree(tree!, fault);
    try {
      const release = await openTree(`tree:${copy}`);
      const memory = { start: '0x100000000', size: '128M' };
      const file = scenarioSchema.parse({
        machine: { arch: 'x86_64', structPageSize: 80 },
        steps: [
          { op: 'add-pages', ...memory },
          { op: 'remove-pages', ...memory },
        ],
      });
      const scenario = resolveScenario(file, { release });
      const run = startRun(scenario);
      for (const step of scenario.steps) runStep(run, step);
      expect(run.stoppedBy).toMatchObject({
        message: expect.stringMatching(/^the kernel does not come back/) as string,
      });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
