// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { play, scenario, SECTION } from '../scenarios.js';
import { E2BIG, EINVAL, ERANGE } from '../../src/kernel/errno.js';
import { startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';

/** Where physical addresses end, and who asks: __add_pages() from v5.5 to v5.11, its callers from v5.12 on. */

const END_46 = 2 ** 46;
const SECTION_BYTES = SECTION * 4096;
const hex = (bytes: number): string => `0x${bytes.toString(16)}`;
const last = { start: hex(END_46 - SECTION_BYTES), size: '128M' } as const;
const beyond = { start: hex(END_46), size: '128M' } as const;

const x86 = (kernel: string): ScenarioInput['machine'] => ({ arch: 'x86_64', kernel });
const retOf = (machine: ScenarioInput['machine'], step: ScenarioInput['steps'][number]) =>
  play({ machine, steps: [step] })[0]!;

describe('__add_pages()', () => {
  test('refuses what ends beyond the physical addresses from 5.5 to 5.11, and prints a maximum of one bit too many', () => {
    for (const kernel of ['5.5', '5.10.262', '5.11']) {
      expect(retOf(x86(kernel), { op: 'add-pages', ...beyond })).toMatchObject({
        ret: -E2BIG,
        leaves: [],
        violations: [
          'warn:Hotplugged memory exceeds maximum addressable address, range=0x400000000000-0x400007ffffff, maximum=0x7fffffffffff',
        ],
      });
      expect(retOf(x86(kernel), { op: 'add-pages', ...last }).ret).toBe(0);
    }
  });

  test('asks nothing before and after', () => {
    for (const kernel of ['5.4', '5.12']) expect(retOf(x86(kernel), { op: 'add-pages', ...beyond }).ret).toBe(0);
  });

  test('looks at the end before the altmap and the alignment', () => {
    const [state] = play({
      machine: x86('5.10.262'),
      altmaps: { dev: { basePfn: 1, endPfn: 2, free: 1 } },
      steps: [{ op: 'add-pages', start: hex(END_46 - 4096), size: '8K', altmap: 'dev' }],
    });
    expect(state!.ret).toBe(-E2BIG);
  });

  test('takes the last section of 52 bits with five levels', () => {
    const machine = { arch: 'x86_64', pagingLevels: 5 } as const;
    const step = { op: 'add-pages', start: hex(2 ** 52 - SECTION_BYTES), size: '128M' } as const;
    expect(retOf(machine, step)).toMatchObject({ ret: 0, sections: { present: 1 } });
  });
});

describe('the callers', () => {
  test('refuse it from 5.12 on: add_memory() with -E2BIG, memremap_pages() with -EINVAL', () => {
    expect(retOf(x86('5.12'), { op: 'add-memory', ...beyond })).toMatchObject({
      ret: -E2BIG,
      leaves: [],
      violations: [],
    });
    expect(retOf(x86('5.12'), { op: 'memremap-pages', device: 'd0', ...beyond })).toMatchObject({ ret: -EINVAL });
    expect(retOf(x86('5.12'), { op: 'add-memory', ...last }).ret).toBe(0);
  });

  test('left it to __add_pages() before, of which x86_64 warns', () => {
    expect(retOf(x86('5.11'), { op: 'memremap-pages', device: 'd0', ...beyond })).toMatchObject({
      ret: -E2BIG,
      violations: [expect.stringContaining('Hotplugged memory exceeds'), 'warn:add_pages'],
    });
  });

  test('ask about the linear map too, which private memory does not need', () => {
    const half = { start: hex(2 ** 47), size: '128M' } as const;
    const arm64 = { arch: 'arm64' } as const;
    const device = { op: 'memremap-pages', device: 'd0', ...half } as const;
    expect(retOf(arm64, { op: 'add-memory', ...half }).ret).toBe(-E2BIG);
    expect(retOf(arm64, device).ret).toBe(-EINVAL);
    expect(retOf(arm64, { ...device, type: 'private' }).ret).toBe(0);
  });

  test('of arm64 and s390 that did not ask left it to the architecture', () => {
    const add = (start: number) => ({ op: 'add-memory', start: hex(start), size: '1G' }) as const;
    const arm64 = { arch: 'arm64', kernel: '5.10.262' } as const;
    expect(retOf(arm64, add(2 ** 47))).toMatchObject({
      ret: -EINVAL,
      log: ['[800000000000 800040000000] is outside linear mapping region'],
    });
    expect(retOf(arm64, add(2 ** 47 - 2 ** 30))).toMatchObject({ ret: 0, violations: [] });
    // v5.10 itself does not ask.
    expect(retOf({ ...arm64, kernel: '5.10' }, add(2 ** 47)).ret).toBe(0);
    const s390 = { arch: 's390', kernel: '5.10', pagingLevels: 3 } as const;
    expect(retOf(s390, add(2 ** 42)).ret).toBe(-ERANGE);
    // The identity mapping ends where the vmemmap begins.
    const { vmemmapBase } = scenario({ machine: s390, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }).machine.config;
    const block = Math.floor(Number(vmemmapBase) / 2 ** 28) * 2 ** 28;
    expect(retOf(s390, { ...add(block - 2 ** 28), size: '256M' }).ret).toBe(0);
    expect(retOf(s390, { ...add(block - 2 ** 28), size: '2G' }).ret).toBe(-ERANGE);
  });

  test('of compound pages larger than 16 GiB are refused since 6.18', () => {
    const step = { op: 'memremap-pages', device: 'd0', start: hex(2 ** 36), size: '32G', compoundSize: '32G' } as const;
    expect(retOf(x86('6.17'), step).ret).toBe(0);
    expect(retOf(x86('6.18'), step)).toMatchObject({
      ret: -EINVAL,
      violations: ['warn:requested folio size unsupported'],
    });
    const largest = { ...step, size: '16G', compoundSize: '16G' } as const;
    expect(retOf(x86('6.18'), largest)).toMatchObject({ ret: 0, violations: [] });
  });
});

test('s390 refuses a device that brings its own memmap from 5.3 to 6.7', () => {
  const input = (kernel: string): ScenarioInput => ({
    machine: { arch: 's390', kernel },
    altmaps: { dev: { basePfn: 2 ** 20, endPfn: 2 ** 20 + 2 ** 17 - 1, free: 2 ** 13 } },
    steps: [{ op: 'memremap-pages', device: 'd0', pfn: 2 ** 20, nrPages: 2 ** 17, altmap: 'dev' }],
  });
  expect(play(input('6.7'))[0]).toMatchObject({ ret: -EINVAL, violations: ['warn:arch_add_memory'] });
  expect(play(input('6.8'))[0]!.ret).toBe(0);
});

test('system memory whose root tables lie apart hands its first frame out first', () => {
  const resolved = scenario({
    machine: { arch: 'x86_64', ramBasePfn: 2 ** 30 },
    steps: [{ op: 'use', pfn: 0, nrPages: 1 }],
  });
  const { kernel } = startRun({ ...resolved, machine: { ...resolved.machine, bootsApart: true } });
  expect(kernel.allocator.allocPages(9)).toBe(2 ** 30);
  expect(kernel.allocator.allocPages(0)).toBe(2 ** 30 + 512);
});
