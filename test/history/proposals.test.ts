// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runChecked } from '../../src/check/checked-run.js';
import { PROPOSALS } from '../../src/history/proposals/index.js';
import { findRelease, resolveTraits } from '../../src/history/releases.js';
import { pfnToPage } from '../../src/kernel/kernel.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'history', 'proposals');

/** What each proposal would have done, beside what was merged. */

type Steps = ScenarioInput['steps'];

function on(kernel: string, machine: ScenarioInput['machine'], steps: Steps) {
  const file = scenarioSchema.parse({ machine, steps });
  const { results, findings } = runChecked(resolveScenario(file, { release: findRelease(kernel)! }));
  const broken = findings.map(({ step, invariant }) => `${step + 1} ${invariant}`);
  return { results, returns: results.map(({ ret }) => ret), broken, findings };
}

const x86 = { arch: 'x86_64' } as const;
const MIB = 2 ** 20;
const at = (block: number, blocks = 1, size = 128 * MIB) => ({
  start: `0x${(2 ** 32 + block * size).toString(16)}`,
  size: blocks * size,
});
const device = (name: string, block: number, more: object = {}) => ({
  op: 'memremap-pages' as const,
  device: name,
  ...at(block),
  ...more,
});

describe('proposal/shrink-in-offline', () => {
  const P1 = 'proposal/shrink-in-offline';

  test('takes private memory without an altmap for system memory, and its range from the driver: the objection holds', () => {
    const steps: Steps = [device('gpu', 0, { type: 'private' }), { op: 'memunmap-pages', device: 'gpu' }];
    expect(on(P1, x86, steps).broken).toEqual(['2 driver-regions']);
    expect(on('4.18', x86, steps).broken).toEqual([]);
    expect(on('5.6', x86, steps).broken).toEqual([]);
  });

  test('finds no online page among devices: the span of their zone is gone while one lives: the objection holds', () => {
    const steps: Steps = [device('d1', 0), device('d2', 1), { op: 'memunmap-pages', device: 'd1' }];
    expect(on(P1, x86, steps).broken).toContain('3 zone-spans');
    expect(on('5.6', x86, steps).broken).toEqual([]);
  });

  test('reads no struct page of memory that was never online, which the release before it does', () => {
    const steps: Steps = [
      { op: 'add-memory', ...at(0) },
      { op: 'remove-memory', ...at(0) },
    ];
    expect(on('4.18', x86, steps).broken).toContain('2 initialised-pages');
    expect(on(P1, x86, steps).broken).toEqual([]);
  });
});

describe('proposal/page-vmemmap', () => {
  const machine = { ...x86, memmapOnMemory: 'y' } as const;
  const steps: Steps = [
    { op: 'add-memory', ...at(0, 3) },
    { op: 'online', ...at(1, 2), type: 'movable' },
    { op: 'remove-memory', ...at(0) },
  ];

  test('has the memmap of three blocks at the start of the first', () => {
    const { results } = on('proposal/page-vmemmap', machine, steps);
    expect(results[0]!.blocks).toEqual(['32 offline 0 - altmap', '33-34 offline 0 -']);
    expect(results[0]!.ram.pages).toBe(2);
  });

  test('cannot take the first block away, though nobody uses it: the objection holds', () => {
    expect(on('proposal/page-vmemmap', machine, steps).returns).toEqual([0, 0, -22]);
    expect(on('6.8', machine, steps).returns).toEqual([0, 0, 0]);
  });

  test('without the check takes the memmap of its neighbours with it: that objection holds too', () => {
    const { returns, broken } = on('proposal/page-vmemmap-unchecked', machine, steps);
    expect(returns).toEqual([0, 0, 0]);
    expect(broken).toContain('3 memmap-is-there');
    expect(on('6.12.117', machine, steps).broken).toEqual([]);
  });

  test('is removed whole as it was added', () => {
    const whole: Steps = [
      { op: 'add-memory', ...at(0, 3) },
      { op: 'remove-memory', ...at(0, 3) },
    ];
    const { results, broken } = on('proposal/page-vmemmap', machine, whole);
    // What v5.3 does wrong with any memory that goes.
    expect(broken).toEqual(on('5.3', x86, whole).broken);
    expect(results[1]).toMatchObject({ ret: 0, leaves: [], blocks: [] });
  });
});

describe('proposal/free-any-leaf', () => {
  const steps: Steps = [
    { op: 'add-pages', ...at(0) },
    { op: 'add-pages', ...at(1) },
    { op: 'remove-pages', ...at(0) },
  ];

  test('takes the memmap of the neighbour that shares a leaf: the objection holds', () => {
    const machine = { ...x86, structPageSize: 56 };
    const proposed = on('proposal/free-any-leaf', machine, steps);
    expect(proposed.broken).toContain('3 no-hole');
    // 4681 struct pages of 56 bytes begin in the first leaf.
    expect(proposed.results[2]!.holes).toEqual(['ffffea00039c0000-ffffea0003a00000']);
    expect(on('5.13', machine, steps).broken).toEqual([]);
  });

  test('does as well as any where sections do not share leaves', () => {
    expect(on('proposal/free-any-leaf', x86, steps).broken).toEqual([]);
  });
});

describe('proposal/altmap-reserve', () => {
  const P4 = 'proposal/altmap-reserve';
  const block = (n: number) => at(n, 1, 256 * MIB);
  const machine = { arch: 'ppc64', pageSize: 65536, memmapOnMemory: 'force', blockSize: '256M' } as const;
  const neighbours: Steps = [
    { op: 'add-memory', ...block(0), memmapOnMemory: false },
    { op: 'add-memory', ...block(1) },
    { op: 'online', ...block(1), type: 'movable' },
  ];

  test('where a leaf in system memory maps the memmap already, nothing is taken, and 28 pages are no pageblock: the objection holds', () => {
    const proposed = on(P4, machine, neighbours);
    expect(proposed.returns).toEqual([0, 0, -22]);
    expect(proposed.results[2]!.violations).toEqual(['warn:online_pages']);
    expect(on('6.6', machine, neighbours).returns).toEqual([0, 0, 0]);
  });

  test('has the memmap behind the padding, where the merged one has it before', () => {
    const steps: Steps = [{ op: 'add-memory', ...at(64, 1, 256 * MIB) }];
    const file = (kernel: string) => scenarioSchema.parse({ machine: { ...machine, kernel }, steps });
    const frame = (kernel: string): number => {
      const run = startRun(resolveScenario(file(kernel)));
      runStep(run, run.scenario.steps[0]!);
      const { kernel: k } = run;
      return k.platform.mmu.walk(pfnToPage(k, 0x50000))!.pa / k.pageSize;
    };
    expect(frame('6.6')).toBe(0x50000);
    expect(frame(P4)).toBe(0x50000 + 28);
  });

  test('knows no altmap on removal by range: its pages are given to the page allocator, which never had them', () => {
    const steps: Steps = [
      { op: 'add-memory', ...at(64, 1, 256 * MIB) },
      { op: 'remove-memory', ...at(64, 1, 256 * MIB) },
    ];
    expect(on(P4, machine, steps).broken).toContain('2 right-owner');
    expect(on('proposal/altmap-free', machine, steps).broken).toEqual([]);
    expect(on('6.6', machine, steps).broken).toEqual([]);
  });

  test('the rework has the same usable pages as what was merged', () => {
    expect(on('proposal/altmap-free', machine, neighbours).returns).toEqual([0, 0, 0]);
  });
});

describe.each(PROPOSALS)('$name', ({ name, base, edits, page }) => {
  test('changes the release that it was made for in what it says', () => {
    const before = resolveTraits(findRelease(base)!);
    const after = resolveTraits(findRelease(`proposal/${name}`)!);
    expect(after).toEqual({ ...before, ...edits });
    const same = Object.entries(edits).filter(([key, value]) => before[key as keyof typeof before] === value);
    expect(same).toEqual([]);
  });

  test('has a page that names it', () => {
    expect(readFileSync(join(FOLDER, page), 'utf8')).toContain(`proposal/${name}`);
  });
});
