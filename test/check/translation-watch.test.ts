// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { activeMemmap } from '../../src/kernel/vmemmap-view.js';
import { noteClear, noteFlush, noteSet, type Kernel } from '../../src/kernel/kernel.js';
import { PMD, PTE, tableIndex, type Level } from '../../src/hardware/page-table.js';
import { runChecked } from '../../src/check/checked-run.js';
import { EXPECTATIONS } from '../../src/check/expectations.js';
import { watchTranslations, type Sights } from '../../src/check/translation-watch.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';

/** What another CPU could see while entries are written, and the rules of the manuals. */

const SECTION = { start: '0x1000000000', size: '1G' } as const;
const NEXT_SECTION = { start: '0x1040000000', size: '1G' } as const;

interface Place {
  readonly kernel: Kernel;
  /** The first address of a leaf in use, and the level of its entry. */
  readonly address: number;
  readonly level: Level;
  /** Makes the entry lead to another frame, by one store. */
  redirect(): void;
  /** Makes the entry what it is not: not present. */
  clear(): void;
  /** Makes the entry again what it was. */
  restore(): void;
}

/** A section of memory in use on a booted machine, and the entry of its first leaf. */
function placeOn(machine: ScenarioInput['machine']): Place {
  const run = startRun(
    resolveScenario(
      scenarioSchema.parse({
        machine: { kernel: '7.3', ...machine },
        steps: [{ op: 'add-pages', ...SECTION }],
      }),
    ),
  );
  const { kernel } = run;
  expect(runStep(run, run.scenario.steps[0]!)).toBe(0);
  const table = kernel.platform.table!;
  const address = activeMemmap(kernel)[0]!.start;
  const leaf = table.walk(address)!;
  let tablePa = table.root;
  for (const here of table.levels) {
    if (here.level === leaf.level) break;
    const at = table.entry(tablePa, tableIndex(here, address));
    tablePa = table.format.address(here.level, table.lo(at), table.hi(at));
  }
  const entry = (): number => table.entry(tablePa, tableIndex(table.table(leaf.level), address));
  const { words } = kernel.ram;
  const [word0, word1] = [words[entry()]!, words[entry() + 1]!];
  const set = (from: number): void => {
    words[entry()] = words[from]!;
    words[entry() + 1] = words[from + 1]!;
    noteSet(kernel, leaf.level, address, words[entry()]!, words[entry() + 1]!);
  };
  // Neighbours of a leaf lead to other frames with the same bits.
  const neighbour = entry() + 2;
  return {
    kernel,
    address,
    level: leaf.level,
    redirect: () => set(neighbour),
    clear: () => {
      table.write(entry(), ...emptyEntry(machine.arch, leaf.level));
      noteClear(kernel, leaf.level, address);
    },
    restore: () => {
      words[entry()] = word0;
      words[entry() + 1] = word1;
      noteSet(kernel, leaf.level, address, word0, word1);
    },
  };
}

/** Entries that are not present: of s390 those have a bit set. */
const emptyEntry = (arch: string, level: Level): [lo: number, hi: number] =>
  arch === 's390' ? [level === PMD ? 0x20 : 0x400, 0] : [0, 0];

function sightsOf({ kernel }: Place, act: () => void): Sights {
  const watch = watchTranslations(kernel);
  watch.begin(activeMemmap(kernel));
  act();
  return watch.end();
}

const rulesBroken = ({ broken }: Sights): string[] => broken.map(({ rule }) => rule.name);

describe('rules of the manuals', () => {
  const redirected = [
    { machine: { arch: 'arm64' }, rule: 'break-before-make' },
    { machine: { arch: 's390' }, rule: 'change-by-idte-or-csp' },
    { machine: { arch: 'ppc64', mmu: 'radix', pageSize: '4K' }, rule: 'invalidate-before-modify' },
  ] as const;

  test.each(redirected)('$machine.arch: a valid entry is given another frame: $rule', ({ machine, rule }) => {
    const place = placeOn(machine);
    expect(rulesBroken(sightsOf(place, () => place.redirect()))).toEqual([rule]);
  });

  test.each(redirected)('$machine.arch: nothing flushes while it is invalid: $rule', ({ machine, rule }) => {
    const place = placeOn(machine);
    const sights = sightsOf(place, () => {
      place.clear();
      place.redirect();
    });
    expect(rulesBroken(sights)).toEqual([rule]);
  });

  test.each(redirected)('$machine.arch: an invalid entry and a flush come between', ({ machine }) => {
    const place = placeOn(machine);
    const sights = sightsOf(place, () => {
      place.clear();
      noteFlush(place.kernel, 'all', 0, 2 ** 52);
      place.redirect();
    });
    expect(rulesBroken(sights)).toEqual([]);
  });

  test('has a name, a sentence, and its place in the manual', () => {
    const rules = ARCHITECTURES.flatMap(({ name }) => placeOn({ arch: name }).kernel.platform.translationRules ?? []);
    expect(rules.length).toBeGreaterThan(0);
    for (const { name, manual, section, sentence } of rules) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(manual, name).toMatch(/[A-Z].*\d/);
      expect(section, name).toMatch(/\d/);
      expect(sentence, name).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('riscv64: memory is given back before the fence', () => {
    const place = placeOn({ arch: 'riscv64' });
    const leaf = place.kernel.platform.table!.walk(place.address)!;
    const sights = sightsOf(place, () => {
      place.clear();
      place.kernel.allocator.freePages(leaf.pa / 4096, 9, () => undefined);
    });
    expect(rulesBroken(sights)).toEqual(['fence-before-reuse']);
  });

  test('x86_64: a leaf becomes a table of other frames', () => {
    const place = placeOn({ arch: 'x86_64' });
    const { kernel, address } = place;
    const table = kernel.platform.table!;
    const split = (firstFrame: number): Sights => {
      const pfn = kernel.allocator.allocPages(0);
      for (let i = 0; i < 512; i++) {
        const at = table.entry(pfn * 4096, i);
        kernel.ram.words[at] = kernel.code.paging!.pteWord0(firstFrame + i);
        kernel.ram.words[at + 1] = kernel.code.paging!.pteWord1(firstFrame + i);
      }
      return sightsOf(place, () => kernel.code.paging!.populate(PMD, entryOf(kernel, address), pfn * 4096, address));
    };
    const frame = table.walk(address)!.pa / 4096;
    expect(rulesBroken(split(frame))).toEqual([]);
    place.restore();
    expect(rulesBroken(split(frame + 1))).toEqual(['one-size-at-a-time']);
  });

  test('each rule says where it is written, and how it is broken', () => {
    const rules = ARCHITECTURES.flatMap(({ name }) =>
      name === 'loongarch64'
        ? []
        : (placeOn(name === 'ppc64' ? { arch: name, mmu: 'radix' } : { arch: name }).kernel.platform.translationRules ??
          []),
    );
    expect(rules).toHaveLength(5);
    for (const { manual, section, sentence, changeBreaks, releaseBreaks } of rules) {
      expect([manual, section, sentence].every((text) => text.length > 0)).toBe(true);
      expect(changeBreaks !== undefined || releaseBreaks === true).toBe(true);
    }
  });
});

/** Position of the PMD entry of an address. */
function entryOf(kernel: Kernel, address: number): number {
  const table = kernel.platform.table!;
  let tablePa = table.root;
  for (const here of table.levels) {
    const at = table.entry(tablePa, tableIndex(here, address));
    if (here.level === PMD) return at;
    tablePa = table.format.address(here.level, table.lo(at), table.hi(at));
  }
  return -1;
}

describe('between two writes', () => {
  test('memmap that nothing maps for a moment', () => {
    const place = placeOn({ arch: 'arm64', pageSize: '64K' });
    expect(place.level).toBe(PTE);
    const { glimpses } = sightsOf(place, () => {
      place.clear();
      place.restore();
    });
    expect(glimpses.map(({ kind, at }) => [kind, at.start])).toEqual([['hole', place.address]]);
  });

  test('a hole that stays is for the invariants to tell', () => {
    const place = placeOn({ arch: 'arm64' });
    expect(sightsOf(place, () => place.clear()).glimpses).toEqual([]);
  });

  test('another frame with the same bytes is none; with other bytes it is seen', () => {
    const place = placeOn({ arch: 'x86_64' });
    const { kernel, address } = place;
    expect(sightsOf(place, () => place.redirect()).glimpses).toEqual([]);
    place.restore();
    kernel.ram.fillFrames(kernel.platform.table!.walk(address)!.pa / 4096, 1, 1);
    expect(sightsOf(place, () => place.redirect()).glimpses.map(({ kind }) => kind)).toEqual(['other-bytes']);
  });
});

const SEEN = EXPECTATIONS.filter(({ sees }) => sees !== undefined);

/** What is told of two sections that come and go, by the names of what breaks. */
function toldOf(machine: ScenarioInput['machine']): string[] {
  const steps = [
    { op: 'add-pages', ...SECTION },
    { op: 'add-pages', ...NEXT_SECTION },
    { op: 'remove-pages', ...SECTION },
    { op: 'add-pages', ...SECTION },
    { op: 'remove-pages', ...SECTION },
    { op: 'remove-pages', ...NEXT_SECTION },
    { op: 'add-pages', ...NEXT_SECTION },
  ];
  const scenario = resolveScenario(scenarioSchema.parse({ machine: { kernel: '7.3', ...machine }, steps }));
  return [...new Set(runChecked(scenario, { checks: SEEN }).findings.map(({ invariant }) => invariant))];
}

test.each([
  // Leaves and tables are freed first and flushed at the end; an IOMMU is told nothing.
  { machine: { arch: 'x86_64' }, told: ['flush-before-free', 'iommu-told-before-free', 'flush-before-reuse'] },
  { machine: { arch: 'riscv64' }, told: ['flush-before-free', 'hardware-rules'] },
  { machine: { arch: 's390' }, told: ['flush-before-free'] },
  { machine: { arch: 'ppc64', mmu: 'radix' } as const, told: ['flush-before-free'] },
  // Each entry is cleared, flushed and only then freed.
  { machine: { arch: 'arm64' }, told: [] },
  // Nothing is ever freed.
  { machine: { arch: 'loongarch64' }, told: [] },
])('7.3 on $machine.arch, sections that come and go: $told', ({ machine, told }) => {
  expect(toldOf(machine)).toEqual(told);
});

test('folding on arm64 until 060a2c92d1b6 changes valid entries; on x86_64 no rule forbids it', () => {
  const told = (arch: string): string[] => {
    const range = { ...SECTION, size: '128M' };
    const scenario = resolveScenario(
      scenarioSchema.parse({
        machine: { arch, kernel: '6.1', hugetlbOptimized: true },
        steps: [
          { op: 'add-pages', ...range },
          { op: 'use', ...range },
          { op: 'hugetlb-optimize', ...range, size: '2M' },
        ],
      }),
    );
    return runChecked(scenario, { checks: SEEN }).findings.map((found) => ('rule' in found ? found.rule : found.kind));
  };
  expect(new Set(told('arm64'))).toEqual(new Set(['break-before-make']));
  expect(told('x86_64')).toEqual([]);
});
