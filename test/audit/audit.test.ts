// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convert } from 'xmlbuilder2';
import {
  auditCell,
  auditedMachines,
  shapeScenario,
  smallestScenario,
  type AuditedMachine,
} from '../../src/audit/audit.js';
import { recordTraits } from '../../src/audit/recorded-traits.js';
import { SHAPES } from '../../src/audit/shapes.js';
import { runChecked } from '../../src/check/checked-run.js';
import { DEFAULT_RELEASE, findRelease, RELEASES, resolveTraits } from '../../src/history/releases.js';
import { auditCases, auditText } from '../../src/report/audit.js';
import { TEST_FORMATS } from '../../src/report/test-report.js';
import { refuseSlips } from '../../src/scenario/slips.js';
import { scenario } from '../scenarios.js';

const machine = (arch: string, structPageSize: number, pageSize = 4096, mmu?: string): AuditedMachine =>
  auditedMachines().find(
    ({ architecture, configuration, structPageSize: sp }) =>
      architecture.name === arch &&
      sp === structPageSize &&
      configuration.pageSize === pageSize &&
      configuration.mmu === mmu,
  )!;
const shape = (name: string) => SHAPES.find((each) => each.name === name)!;
const release = (name: string) => findRelease(name)!;

const verdict = (of: AuditedMachine, shapeName: string, releaseName: string) =>
  auditCell(of, shape(shapeName), [release(releaseName)])[0]!;

describe('the altmap audit', () => {
  test('x86_64 with 64-byte struct pages supports an exact altmap since 4.18, but for two releases that lose no altmap page either', () => {
    const cells = auditCell(machine('x86_64', 64), shape('exact'), RELEASES);
    expect(cells.filter((cell) => cell.verdict !== 'supported')).toEqual([]);
    expect(cells[0]!.reason).toBe('1024 pages of the altmap');
  });

  test('arm64 ignored altmaps until 5.9, and s390 refused them until 6.8', () => {
    expect(verdict(machine('arm64', 64), 'exact', '5.8').verdict).toBe('ignored');
    expect(verdict(machine('arm64', 64), 'exact', '5.9').verdict).toBe('supported');
    expect(verdict(machine('s390', 64), 'exact', '6.7')).toMatchObject({
      verdict: 'refused',
      reason: expect.stringContaining('arch_add_memory') as string,
    });
    expect(verdict(machine('s390', 64), 'exact', '6.8').verdict).toBe('supported');
  });

  test('an altmap that lacks a page is refused by name of the function, and leaves nothing', () => {
    expect(verdict(machine('x86_64', 64), 'too-small', '6.12.117')).toMatchObject({
      verdict: 'refused',
      reason: 'vmemmap_populate_hugepages() returns -ENOMEM: altmap dev has no room for 512 pages in a row',
    });
  });

  test('arm64 before 5.0 cannot be tested', () => {
    expect(verdict(machine('arm64', 64), 'exact', '4.18')).toMatchObject({
      verdict: 'untestable',
      reason: 'machine.kernel is "4.18"; arm64 has memory hot-plug from 5.0 on',
    });
  });

  test('x86_64 and s390 give a leaf of system memory to the altmap of the device that was unmapped last', () => {
    for (const arch of ['x86_64', 's390']) {
      const cell = verdict(machine(arch, 56), 'neighbour', '6.12.117');
      expect(cell).toMatchObject({ verdict: 'broken', breaks: ['no-leak', 'altmap-books'] });
    }
  });

  test('ppc64 tells altmap frames from others and gives each back to its owner', () => {
    expect(verdict(machine('ppc64', 56, 4096, 'radix'), 'neighbour', '6.12.117').verdict).toBe('supported');
  });

  test('the smallest scenario of a broken cell still breaks, and every step of it is needed', () => {
    const of = machine('x86_64', 56);
    const input = shapeScenario(of, shape('neighbour'), resolveTraits(DEFAULT_RELEASE));
    const small = smallestScenario(input, DEFAULT_RELEASE, 'altmap-books');
    expect(small.steps.map(({ op }) => op)).toEqual(['add-pages', 'memremap-pages', 'remove-pages', 'memunmap-pages']);
    const breaks = (steps: typeof small.steps): boolean =>
      runChecked(scenario({ ...small, steps })).findings.some(({ invariant }) => invariant === 'altmap-books');
    expect(breaks(small.steps)).toBe(true);
    small.steps.forEach((_, i) => expect(breaks(small.steps.filter((__, at) => at !== i))).toBe(false));
  });

  test('s390 before 6.17 has no devices: the smallest scenario is memory that carries its own memmap', () => {
    const of = release('6.12.117');
    const input = shapeScenario(machine('s390', 56), shape('neighbour'), resolveTraits(of));
    const small = smallestScenario(input, of, 'altmap-books');
    expect(small.steps.map(({ op }) => op)).toEqual(['add-pages', 'add-pages', 'remove-pages', 'remove-pages']);
    expect(() => refuseSlips(scenario(small))).not.toThrow();
  });
});

describe('releases that read the same traits share a run', () => {
  const some = fc.record({
    of: fc.constantFrom(...auditedMachines().filter(({ configuration }) => configuration.mmu !== 'hash')),
    shaped: fc.constantFrom(...SHAPES),
    name: fc.constantFrom(...RELEASES.map((each) => each.name)),
  });
  test('and the shared answer is the one that a run of its own gives', () => {
    fc.assert(
      fc.property(some, ({ of, shaped, name }) => {
        const shared = auditCell(of, shaped, RELEASES).find((cell) => cell.release === name)!;
        const own = auditCell(of, shaped, [release(name)])[0]!;
        // The sentence on what cannot be tested names the release.
        if (own.verdict === 'untestable') expect(shared.verdict).toBe('untestable');
        else expect(shared).toEqual(own);
      }),
      { numRuns: 40 },
    );
  });

  test('a trait counts as read when code looks at it', () => {
    const { traits, read } = recordTraits(resolveTraits(DEFAULT_RELEASE));
    expect(traits.genericSubsections).toBe(true);
    expect([...read]).toEqual(['genericSubsections']);
  });
});

describe('reports of the audit', () => {
  const cells = ['exact', 'too-small', 'neighbour'].flatMap((name) =>
    auditCell(machine('x86_64', 56), shape(name), [release('6.11'), release('6.12.117')]),
  );

  test('text has a table, the broken cells and the totals', () => {
    const lines = auditText(cells).split('\n');
    expect(lines[0]).toMatch(/^6\.12\.117 +struct page +exact +too-small +neighbour$/);
    expect(lines[1]).toMatch(/^x86_64 4K +56 +BROKEN +refuses +BROKEN$/);
    expect(lines.find((line) => line.startsWith('x86_64 4K  neighbour'))).toContain('6.11..6.12.117');
    expect(lines.at(-1)).toBe('6 cells: 0 supported, 0 ignored, 2 refused, 4 broken, 0 untestable');
  });

  test('KTAP is version 1, nested, with a plan, and skips what is refused', () => {
    expect(
      TEST_FORMATS.ktap(auditCases(cells))
        .split('\n')
        .map((line) => line.replace(/: .*/, '')),
    ).toEqual([
      'KTAP version 1',
      '1..1',
      '  KTAP version 1',
      '  1..6',
      '  # step 1 breaks roll-back',
      '  not ok 1 6.11 sp56 exact',
      '  # step 1 breaks roll-back',
      '  not ok 2 6.12.117 sp56 exact',
      '  ok 3 6.11 sp56 too-small # SKIP refused',
      '  ok 4 6.12.117 sp56 too-small # SKIP refused',
      '  # step 5 breaks no-leak',
      '  not ok 5 6.11 sp56 neighbour',
      '  # step 5 breaks no-leak',
      '  not ok 6 6.12.117 sp56 neighbour',
      'not ok 1 x86_64 4K',
    ]);
  });

  test('JUnit is XML with counts that add up', () => {
    const { testsuites } = convert(TEST_FORMATS.junit(auditCases(cells)), { format: 'object' }) as unknown as {
      testsuites: { '@tests': string; '@failures': string; '@skipped': string; testsuite: { testcase: unknown[] } };
    };
    expect(testsuites).toMatchObject({ '@tests': '6', '@failures': '4', '@skipped': '2' });
    expect(testsuites.testsuite.testcase).toHaveLength(6);
  });

  test('text from anywhere is escaped', () => {
    const xml = TEST_FORMATS.junit([{ suite: 'a<b', name: 'x & "y"\u0001', failure: '<&>' }]);
    expect(xml).toContain('name="x &amp; &quot;y&quot;"');
    expect(xml).toContain('message="&lt;&amp;&gt;"');
  });
});
