// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { observe } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER, type EntryEvent, type Observer } from '../../src/kernel/observer.js';
import { captureRun, runStep, startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { scenario } from '../scenarios.js';

/** Who takes rows of entries hears what others hear of each entry, in the same order, and the kernel does the same. */

const KINDS: readonly EntryEvent[] = ['walk', 'readEntry', 'setEntry', 'clearEntry'];
const EVENTS = Object.keys(DEAF_OBSERVER).filter((event) => !['altmapAlloc', 'altmapFree', 'getPage'].includes(event));

/** Writes down what it hears, without frames and contents. */
function listener(pageSize: number, takesRows: boolean): { heard: string[]; observer: Observer } {
  const heard: string[] = [];
  const hear = (event: string, told: readonly unknown[]): void => {
    if (event === 'allocPages' || event === 'freePages') heard.push(event);
    else if (KINDS.includes(event as EntryEvent)) heard.push(`${event} ${told.slice(0, 2).join(' ')}`);
    else heard.push(`${event} ${told.map((value) => JSON.stringify(value)).join(' ')}`);
  };
  const ears = EVENTS.map((event) => [event, (...told: unknown[]) => hear(event, told)]);
  const entryRow: Observer['entryRow'] = (row, address, count) => {
    for (let at = address; at < address + count * pageSize; at += pageSize) {
      for (const event of row) {
        if (event === 'allocPage' || event === 'freePage') hear(`${event}s`, []);
        else if (event === 'flushRange') hear('flush', ['range', at, at + pageSize]);
        else hear(event, event === 'lock' ? [] : [0, at]);
      }
    }
  };
  const observer = { ...DEAF_OBSERVER, ...(Object.fromEntries(ears) as Partial<Observer>) };
  return { heard, observer: takesRows ? { ...observer, entryRow } : observer };
}

/** Machines with base pages; the last has them where there is no memory for a leaf: allocations that fail. */
const MACHINES: [string, ScenarioInput['machine'], number[]?][] = [
  ['x86_64 without PSE', { arch: 'x86_64', hugeVmemmap: false, structPageSize: 56 }],
  ['arm64 16K', { arch: 'arm64', pageSize: 16384 }],
  ['arm64 64K', { arch: 'arm64', pageSize: 65536, structPageSize: 56 }],
  ['s390 without EDAT1', { arch: 's390', hugeVmemmap: false }],
  ['riscv64', { arch: 'riscv64' }, [3]],
];

/** Adds what is partly there, takes a part away, and more than there is. */
function steps(unit: number, altmap?: string): ScenarioInput['steps'] {
  const on = altmap === undefined ? {} : { altmap };
  const pfn = 2 ** 26;
  return [
    { op: 'add-pages', pfn, nrPages: unit, ...on },
    { op: 'add-pages', pfn: pfn + 2 * unit, nrPages: unit, ...on },
    { op: 'add-pages', pfn: pfn + unit, nrPages: unit, ...on },
    { op: 'remove-pages', pfn: pfn + unit, nrPages: unit, ...on },
    { op: 'add-pages', pfn: pfn + unit, nrPages: unit, frameContent: '0xfd', ...on },
    { op: 'remove-pages', pfn, nrPages: 4 * unit, ...on },
  ];
}

function heardOf(input: ScenarioInput, takesRows: boolean) {
  const run = startRun(scenario(input));
  const { heard, observer } = listener(run.kernel.pageSize, takesRows);
  observe(run.kernel, observer);
  const states = run.scenario.steps.map((step) => captureRun(run, runStep(run, step)));
  const rows = heard.filter((event) => event.startsWith('setEntry 0')).length;
  return { heard, states, counters: run.kernel.counters, mapsBasePages: rows > 0 };
}

describe.each(MACHINES)('%s', (_, machine, leafFails = []) => {
  const units = machine.arch === 's390' ? [65536] : [512, 8192 * 4];

  test.each(units)('a loop over entries is told as by its entries, %i pages at a time', (unit) => {
    const input = { machine, steps: steps(unit), failAllocations: leafFails };
    expect(heardOf(input, true)).toEqual({ ...heardOf(input, false), mapsBasePages: true });
  });

  test.each([4, 70, 300, 515])('so is one that stops at allocation %i, which fails', (fails) => {
    const input = { machine, steps: steps(units.at(-1)!), failAllocations: [...leafFails, fails] };
    expect(heardOf(input, true)).toEqual(heardOf(input, false));
  });

  test('so is one over pages of an altmap', () => {
    const unit = units.at(-1)!;
    const altmaps = { own: { basePfn: 2 ** 26, endPfn: 2 ** 26 + 4 * unit - 1, reserve: 0, free: 700, align: 0 } };
    const input = { machine, steps: steps(unit, 'own'), altmaps };
    expect(heardOf(input, true)).toEqual(heardOf(input, false));
  });
});
