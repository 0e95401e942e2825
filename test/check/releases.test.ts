// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { bisect } from '../../src/check/releases/bisect.js';
import { diffScenario, isAlike } from '../../src/check/releases/diff.js';
import { CHECKS } from '../../src/check/expectations.js';
import { sweepFailures } from '../../src/check/failure-sweep.js';
import { BOUNDARY_RELEASES, findRelease } from '../../src/history/releases.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { scenario } from '../scenarios.js';

const on = (input: ScenarioInput, name: string) =>
  resolveScenario(scenarioSchema.parse(input), { release: findRelease(name)! });
const check = (name: string) => CHECKS.find((each) => each.name === name)!;

const ADD_AND_REMOVE: ScenarioInput = {
  machine: { arch: 'x86_64', structPageSize: 56 },
  steps: [
    { op: 'add-pages', start: '0x100000000', size: '128M' },
    { op: 'remove-pages', start: '0x100000000', size: '128M' },
  ],
};

describe('diff', () => {
  test('5.12 and 5.13 part where 5.13 marks the used part of a leaf', () => {
    const { first, steps } = diffScenario(on(ADD_AND_REMOVE, '5.12'), on(ADD_AND_REMOVE, '5.13'));
    expect(first).toMatchObject({ step: 0, from: 'return 0', to: 'memset ffffea0003800000, 0x0, 56 bytes' });
    expect(first!.before.at(-1)).toMatch(/^set pmd entry for ffffea0003800000 to /);
    expect(steps[1]!.map(({ field }) => field)).toEqual(expect.arrayContaining(['leaves', 'ram', 'leaks']));
  });

  test('releases that behave the same do not part', () => {
    const difference = diffScenario(on(ADD_AND_REMOVE, '5.13'), on(ADD_AND_REMOVE, '5.16'));
    expect(difference.first).toBeUndefined();
    expect(isAlike(difference)).toBe(true);
  });

  test('releases that write the same entries may still note it differently', () => {
    const { scenario: input } = BUGS.find(({ name }) => name === 'lost-resources')!;
    const difference = diffScenario(on(input, '6.17'), on(input, '6.18'));
    expect(difference.first).toBeUndefined();
    expect(difference.steps[1]!.map(({ field }) => field)).toEqual(['iomem']);
    expect(isAlike(difference)).toBe(false);
  });

  test('another base of the vmemmap is no difference', () => {
    const input: ScenarioInput = {
      machine: { arch: 'arm64' },
      steps: [{ op: 'add-pages', start: '0x100000000', size: '1G' }],
    };
    const { first, steps } = diffScenario(on(input, '6.8'), on(input, '6.9'));
    expect(first).toBeUndefined();
    expect(steps).toEqual([[]]);
  });

  test('a run that stops earlier has nothing more to say', () => {
    const input: ScenarioInput = {
      machine: { arch: 'x86_64' },
      steps: [
        { op: 'add-pages', start: '0x100000000', size: '2M' },
        { op: 'remove-pages', start: '0x100000000', size: '2M' },
      ],
    };
    const { steps } = diffScenario(on(input, '5.2'), on(input, '5.3'));
    expect(steps).toHaveLength(2);
    expect(steps[1]!.find(({ field }) => field === 'ret')).toMatchObject({ from: 'BUG', to: null });
  });
});

describe('bisect', () => {
  const turnsOf = (input: ScenarioInput, name: string) =>
    bisect(scenarioSchema.parse(input), check(name), BOUNDARY_RELEASES).turns;

  test('names the commit that ended the leak of an unused tail, and the one that brought another leak', () => {
    const turns = turnsOf(ADD_AND_REMOVE, 'no-leak');
    expect(
      turns.map(({ from, to, breaks, culprits }) => [from.name, to.name, breaks, culprits.map(({ name }) => name)]),
    ).toEqual([
      ['5.12', '5.13', false, ['x86/track-unused-sub-pmd']],
      ['6.18', '6.19', true, ['x86/free-ignores-order']],
      ['7.1', '7.2', false, ['x86/free-ignores-order']],
    ]);
    expect(turns.map(({ culprits }) => /[0-9a-f]{12}.* in v.*/.exec(culprits[0]!.change)?.[0])).toEqual([
      '8d400913c231 (x86/vmemmap: handle unpopulated sub-pmd ranges) in v5.13',
      'bf9e4e30f353 (x86/mm: use pagetable_free()) in v6.19',
      '39406c05f8f1 (x86/mm: Fix freeing of PMD-sized vmemmap pages) in v7.2',
    ]);
  });

  test('skips releases that cannot run the scenario', () => {
    const input: ScenarioInput = { ...ADD_AND_REMOVE, machine: { arch: 'arm64' } };
    const told: string[] = [];
    const { outcomes } = bisect(scenarioSchema.parse(input), check('no-leak'), BOUNDARY_RELEASES, ({ name }) =>
      told.push(name),
    );
    expect(told).toEqual(outcomes.map(({ release }) => release.name));
    expect(outcomes[0]).toMatchObject({
      release: { name: '4.18' },
      outcome: { untestable: 'machine.kernel is "4.18"; arm64 has memory hot-plug from 5.0 on' },
    });
  });

  test('finds nothing where nothing changes', () => {
    expect(turnsOf(ADD_AND_REMOVE, 'no-crash')).toEqual([]);
  });
});

describe('the failure sweep', () => {
  test('on x86_64 every failing allocation is rolled back', () => {
    const failures = [...sweepFailures(scenario(ADD_AND_REMOVE))];
    expect(failures.map(({ order, ret }) => [order, ret])).toEqual([
      [0, -12],
      [0, -12],
      [9, 0],
    ]);
    expect(failures.flatMap(({ findings }) => findings)).toEqual([]);
  });

  test('before 5.3 what was mapped stays', () => {
    const failures = [
      ...sweepFailures(
        on({ ...ADD_AND_REMOVE, machine: { arch: 'x86_64', structPageSize: 80, hugeVmemmap: false } }, '5.2'),
      ),
    ];
    const late = failures.at(-1)!;
    expect(late.ret).toBe(-12);
    expect(late.findings.map(({ invariant }) => invariant)).toContain('roll-back');
    expect(late.stack).toEqual(
      expect.arrayContaining(['__add_pages', 'vmemmap_populate', 'vmemmap_populate_basepages', 'alloc_pages_node']),
    );
  });

  test('on arm64 a block that could not be had leaves a table that the next section takes for its own', () => {
    const input: ScenarioInput = {
      machine: { arch: 'arm64', structPageSize: 80 },
      steps: [
        { op: 'add-pages', start: '0x100000000', size: '128M' },
        { op: 'add-pages', start: '0x108000000', size: '128M' },
      ],
    };
    const bad = [...sweepFailures(on(input, '6.12.117'))].filter(({ findings }) => findings.length > 0);
    expect(bad).toMatchObject([{ allocation: 4, step: 0, order: 9, findings: [{ step: 1, invariant: 'no-hole' }] }]);
  });
});
