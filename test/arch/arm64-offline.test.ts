// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { addSection, idle, pageTableOf, PFN, play, removeSection, SECTION } from '../scenarios.js';
import { EPERM } from '../../src/kernel/errno.js';
import { vmemmapWindow } from '../../src/kernel/vmemmap-view.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';

/** What arm64 answers when pages are to go offline, and kernels built for other widths of an address than the hardware has. */

/** Of four sections that were added, what the first few are answered. */
const answers = (machine: object, sections: number) =>
  play({
    machine: { arch: 'arm64', ...machine },
    steps: [
      ...[0, 1, 2, 3].map((section) => addSection(section)),
      { op: 'going-offline', pfn: PFN, nrPages: sections * SECTION },
    ],
  }).at(-1)!;

describe('the memory notifier', () => {
  test('never lets boot memory go, since 5.7', () => {
    const boot = (kernel: string) =>
      play({
        machine: { arch: 'arm64', kernel, boot: [{ start: '0x80000000', size: '1G' }] },
        steps: [{ op: 'going-offline', start: '0x80000000', size: '1G' }],
      })[0]!.ret;
    expect(['5.6', '5.7', '6.12.117', '7.3.4'].map(boot)).toEqual([0, -EPERM, -EPERM, -EPERM]);
  });

  test('names the first section of boot memory in the range, and looks no further than the range', () => {
    const machine = { arch: 'arm64', boot: [{ start: '0x80000000', size: '1G' }] };
    const asked = (start: string, size: string) =>
      play({
        machine,
        steps: [
          { op: 'add-pages', start: '0x78000000', size: '128M' },
          { op: 'going-offline', start, size },
        ],
      })[1]!;
    expect(asked('0x78000000', '256M')).toMatchObject({
      ret: -EPERM,
      log: ['Boot memory [80000000 88000000] offlining attempted'],
    });
    expect(asked('0x78000000', '128M').ret).toBe(0);
  });

  test('splits no leaf since 7.1: with 80 bytes a section ends inside one', () => {
    const machine = { structPageSize: 80 };
    expect(answers({ ...machine, kernel: '7.0' }, 1).ret).toBe(0);
    expect(answers({ ...machine, kernel: '7.1' }, 1)).toMatchObject({
      ret: -EPERM,
      log: ['[100000000 108000000] splits a leaf entry in vmemmap'],
    });
    expect(answers({ ...machine, kernel: '7.1' }, 4).ret).toBe(0);
    expect(answers({ structPageSize: 64, kernel: '7.1' }, 1).ret).toBe(0);
  });

  test('so a block that holds its own memmap goes online, and never offline again', () => {
    const block = { pfn: PFN, nrPages: SECTION };
    const last = (kernel: string) =>
      play({
        machine: { arch: 'arm64', kernel, memmapOnMemory: 'y' },
        steps: [
          { op: 'add-memory', ...block },
          { op: 'online', ...block },
          { op: 'offline', ...block },
        ],
      })[2]!.ret;
    expect(last('7.0')).toBe(0);
    expect(last('7.1')).toBe(-EPERM);
  });
});

describe('a kernel built for 52 bits', () => {
  const built = (more: object): ScenarioInput['machine'] => ({ arch: 'arm64', vaBits: 52, ...more });
  const tablesAfter = (machine: ScenarioInput['machine']) =>
    play({ machine, steps: [addSection(0), removeSection(0)] })[1]!.tables;

  test('runs with 48 bits, or 47 and 16K pages, and then has the levels and the vmemmap of such a kernel', () => {
    const { kernel } = idle(built({ vaBitsActual: 48 }));
    expect(pageTableOf(kernel).levels).toHaveLength(4);
    expect(kernel.vmemmap).toBe(idle({ arch: 'arm64' }).kernel.vmemmap);
    const small = idle(built({ pageSize: '16K', vaBitsActual: 47 })).kernel;
    expect(pageTableOf(small).levels).toHaveLength(3);
    expect(small.vmemmap).toBe(idle({ arch: 'arm64', pageSize: '16K', vaBits: 47 }).kernel.vmemmap);
  });

  test('frees every table there: its region begins far below the first frame', () => {
    expect(tablesAfter(built({ vaBitsActual: 48 }))).toMatchObject({ pud: 0, pmd: 0, pte: 0 });
    expect(tablesAfter({ arch: 'arm64' })).toMatchObject({ pud: 1, pmd: 0, pte: 0 });
  });

  test('runs with no other width', () => {
    const resolve = (machine: ScenarioInput['machine']) =>
      resolveScenario(scenarioSchema.parse({ machine, steps: [addSection(0)] }));
    expect(() => resolve(built({ vaBitsActual: 47 }))).toThrow(
      'arm64 with 4K pages built for 52 bits runs with 52 and 48',
    );
    expect(() => resolve({ arch: 'arm64', vaBitsActual: 39 })).toThrow('built for 48 bits runs with 48');
  });
});

test.each([
  ['16K', 36],
  ['64K', 42],
] as const)('%s pages with %i bits have two levels of tables', (pageSize, vaBits) => {
  const [added, removed] = play({
    machine: { arch: 'arm64', pageSize, vaBits },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '512M' },
      { op: 'remove-pages', start: '0x100000000', size: '512M' },
    ],
  });
  expect(added).toMatchObject({ ret: 0, tables: { p4d: 0, pud: 0, pmd: 0, pte: 1 } });
  expect(removed).toMatchObject({ leaves: [], violations: [] });
});

test('the vmemmap of a two-level machine reaches no lower than its region', () => {
  const { kernel } = idle({ arch: 'arm64', pageSize: '16K', vaBits: 36 });
  expect(vmemmapWindow(kernel).start).toBe(kernel.vmemmap);
});
