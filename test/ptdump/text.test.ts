// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { backingComments, strip } from '../../src/ptdump/backing.js';
import { ptdumpOf } from '../../src/ptdump/form.js';
import { parsePtdump } from '../../src/ptdump/parse.js';
import { ptdumpLines, sizeColumns } from '../../src/ptdump/text.js';
import { altmapsOf, runStep, startRun, type Run } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { toy } from '../arch/toy/index.js';
import { PFN, scenario, SECTION } from '../scenarios.js';

const FOUR_GIB = '0x100000000';

const played = (input: ScenarioInput): Run => {
  const run = startRun(scenario(input));
  for (const step of run.scenario.steps) runStep(run, step);
  return run;
};

const dumpOf = (input: ScenarioInput, backing = false): string[] => {
  const run = played(input);
  const { vmemmapBase } = run.scenario.machine.config;
  const comments = backing ? backingComments(run.kernel, altmapsOf(run)) : undefined;
  return ptdumpLines(run.kernel, ptdumpOf(run.scenario), vmemmapBase, comments);
};

const add = (machine: ScenarioInput['machine'], start: string, size: string): ScenarioInput => ({
  machine,
  steps: [{ op: 'add-pages', start, size }],
});

describe('kernel_page_tables of riscv64', () => {
  const machine = { arch: 'riscv64', kernel: '7.2.13', vaBits: 39 };

  test('has the frame, the level and its words in each line, and none for what is not mapped', () => {
    const [start, line, end] = dumpOf(add(machine, FOUR_GIB, '128M'));
    expect(start).toBe('---[ vmemmap start ]---');
    expect(line).toMatch(
      /^0xffffffc504000000-0xffffffc504200000 {4}0x00000[0-9a-f]{11} {9}2M PMD \. {3}\.\. {5}\.\. {3}D A G \. \. W R V$/,
    );
    expect(end).toBe('---[ vmemmap end ]---');
  });

  test('names base pages PTE, and shows the memory types of T-Head cores as no known one', () => {
    const small = { ...add({ ...machine, theadMemoryTypes: true }, FOUR_GIB, '2M'), failAllocations: [1] };
    const [, line] = dumpOf(small);
    expect(line).toMatch(
      /^0xffffffc504000000-0xffffffc504008000 .* 32K PTE \. MT\(\?\?\) {3}\.\. {3}D A G \. \. W R V$/,
    );
  });
});

describe('kernel_page_tables of x86_64', () => {
  test('has the level last, and blanks for the words of a hole', () => {
    expect(dumpOf(add({ arch: 'x86_64' }, FOUR_GIB, '128M'))).toEqual([
      '---[ Vmemmap ]---',
      '0xffffea0000000000-0xffffea0004000000          64M                               pmd',
      '0xffffea0004000000-0xffffea0004200000           2M     RW         PSE     GLB NX pmd',
      '0xffffea0004200000-0xffffea0040000000         958M                               pmd',
      '0xffffea0040000000-0xffffea8000000000         511G                               pud',
      '0xffffea8000000000-0xfffffe0000000000       19968G                               pgd',
    ]);
  });

  test('with 5 levels ends in the table that serves the CPU entry area', () => {
    expect(dumpOf(add({ arch: 'x86_64', pagingLevels: 5 }, FOUR_GIB, '128M')).slice(-3)).toEqual([
      '0xffd4008000000000-0xffd5000000000000      261632G                               p4d',
      '0xffd5000000000000-0xffff000000000000       10752T                               pgd',
      '0xffff000000000000-0xfffffe0000000000         254T                               p4d',
    ]);
  });

  test('names base pages pte, and tables left empty by the holes in them', () => {
    const machine = { arch: 'x86_64', hugeVmemmap: false };
    const dump = dumpOf(add(machine, FOUR_GIB, '128M'));
    expect(dump[2]).toBe('0xffffea0004000000-0xffffea0004200000           2M     RW                 GLB NX pte');
  });

  test('says that a page of a folded memmap may not be written', () => {
    const range = { start: FOUR_GIB, size: '128M' };
    const steps: ScenarioInput['steps'] = [
      { op: 'add-pages', ...range },
      { op: 'hugetlb-optimize', ...range, hugePageSize: '2M' },
    ];
    const dump = dumpOf({ machine: { arch: 'x86_64', hugetlbOptimized: true }, steps });
    expect(dump[2]).toBe('0xffffea0004000000-0xffffea0004001000           4K     RW                 GLB NX pte');
    expect(dump[3]).toBe('0xffffea0004001000-0xffffea0004008000          28K     ro                 GLB NX pte');
  });
});

describe('kernel_page_tables of arm64', () => {
  test('before 6.9 has nothing behind the vmemmap that reaches into it', () => {
    expect(dumpOf(add({ arch: 'arm64', kernel: '6.1.192' }, FOUR_GIB, '128M'))).toEqual([
      '---[ vmemmap start ]---',
      '0xfffffc0000000000-0xfffffc0004000000          64M PMD',
      '0xfffffc0004000000-0xfffffc0004200000           2M PMD       RW NX SHD AF        BLK UXN    MEM/NORMAL',
      '0xfffffc0004200000-0xfffffc0040000000         958M PMD',
      '0xfffffc0040000000-0xfffffc8000000000         511G PUD',
      '0xfffffc8000000000-0xfffffe0000000000        1536G PGD',
      '---[ vmemmap end ]---',
    ]);
  });

  test('before 5.6 leaves holes out', () => {
    expect(dumpOf(add({ arch: 'arm64', kernel: '5.5' }, FOUR_GIB, '2G'))).toEqual([
      '---[ vmemmap start ]---',
      '0xfffffe0003e00000-0xfffffe0005e00000          32M PMD       RW NX SHD AF        BLK UXN    MEM/NORMAL',
      '---[ vmemmap end ]---',
    ]);
  });

  test('from 6.9 on has the tables of the fixmap at its end', () => {
    expect(dumpOf(add({ arch: 'arm64', kernel: '6.12.117' }, FOUR_GIB, '128M')).slice(-2)).toEqual([
      '0xffffff8000000000-0xffffffffc0000000         511G PUD',
      '---[ vmemmap end ]---',
    ]);
  });
});

describe('kernel_page_tables of ppc64', () => {
  test('leaves holes out, ends a range with its last byte, and fills columns to the end of the line', () => {
    const [start, line, ...rest] = dumpOf(add({ arch: 'ppc64', mmu: 'radix', pageSize: 65536 }, FOUR_GIB, '2G'));
    expect(start).toBe('---[ vmemmap start ]---');
    expect(line).toMatch(
      /^0xc00c000000400000-0xc00c0000005fffff {2}0x[0-9a-f]{16} {9} {0}2M {9}r {2}w {7}pte {2}valid {2}present {8}dirty {2}accessed {26}$/,
    );
    expect(rest).toEqual([]);
  });

  test('names the level behind the size since 6.19', () => {
    const line = (kernel: string): string =>
      dumpOf(add({ arch: 'ppc64', kernel, mmu: 'radix', pageSize: 65536 }, FOUR_GIB, '2G'))[1]!;
    expect(line('6.19')).toMatch(/ 2M PMD {9}r {2}w /);
    expect(line('6.19').replace('PMD ', '')).toBe(line('6.18'));
  });

  test('with 4K pages tells the group index of the hash MMU, which radix leaves at 0', () => {
    const [, line] = dumpOf(add({ arch: 'ppc64', mmu: 'radix', pageSize: 4096 }, FOUR_GIB, '128M'));
    expect(line).toMatch(/accessed {28}f_gix:0$/);
  });

  test('does not show the vmemmap of the hash MMU, which is in no table', () => {
    expect(dumpOf(add({ arch: 'ppc64', mmu: 'hash', pageSize: 65536 }, FOUR_GIB, '256M'))).toEqual([
      '---[ vmemmap start ]---',
    ]);
  });

  test('is not known before 5.15', () => {
    expect(() => dumpOf(add({ arch: 'ppc64', kernel: '5.14' }, FOUR_GIB, '256M'))).toThrow(
      /^machine.kernel is "5.14"; before 5.15 ppc64 began a new line/,
    );
  });
});

describe('kernel_page_tables of s390', () => {
  test('ends where the memory that the machine can have ends', () => {
    expect(dumpOf(add({ arch: 's390', pagingLevels: 3, kernel: '6.12.117' }, FOUR_GIB, '256M'))).toEqual([
      '---[ vmemmap Area Start ]---',
      '0x0000037200000000-0x0000037204000000        64M PMD I',
      '0x0000037204000000-0x0000037204400000         4M PMD RW NX',
      '---[ vmemmap Area End ]---',
    ]);
  });

  test('is not known before 5.10', () => {
    expect(() => dumpOf(add({ arch: 's390', kernel: '5.9' }, FOUR_GIB, '256M'))).toThrow(
      /^machine.kernel is "5.9"; before/,
    );
  });
});

describe('an architecture without kernel_page_tables', () => {
  beforeAll(() => void ARCHITECTURES.push(toy));
  afterAll(() => void ARCHITECTURES.pop());

  test('says so', () => {
    expect(() => dumpOf(add({ arch: 'toy' }, FOUR_GIB, '128M'))).toThrow(
      'machine.arch is "toy"; kernel_page_tables is known of x86_64, arm64, ppc64, s390',
    );
  });
});

describe('what lies behind a line', () => {
  const machine = { arch: 'x86_64', structPageSize: 56 };

  test('is system memory, and of a shared leaf the part that is marked unused', () => {
    const steps: ScenarioInput['steps'] = [
      { op: 'add-pages', start: FOUR_GIB, size: '256M' },
      { op: 'remove-pages', start: FOUR_GIB, size: '128M' },
    ];
    const leaves = dumpOf({ machine, steps }, true).filter((line) => line.includes('#'));
    expect(leaves).toHaveLength(2);
    expect(leaves[0]).toMatch(/ pmd {2}# phys=0x[0-9a-f]+ from=buddy \[-{28}#{4}\]$/);
  });

  test('is an altmap, with the page from its base on', () => {
    const altmaps = { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, reserve: 512, free: 1024 } };
    const steps: ScenarioInput['steps'] = [{ op: 'add-pages', pfn: PFN, nrPages: SECTION, altmap: 'dev' }];
    const dump = dumpOf({ machine: { arch: 'x86_64' }, altmaps, steps }, true);
    expect(dump[2]).toMatch(/# phys=0x100200000 from=altmap altmap=dev offset=512$/);
  });

  test('is boot memory', () => {
    const boot = [{ start: '0x0', size: '128M' }];
    const steps: ScenarioInput['steps'] = [{ op: 'use', pfn: 0, nrPages: SECTION }];
    expect(dumpOf({ machine: { arch: 'x86_64', boot }, steps }, true)[1]).toMatch(/# phys=0x[0-9a-f]+ from=boot$/);
  });

  test('shows where both kinds of bytes meet in a cell', () => {
    expect(strip([[0, 100]], 3200)).toBe(`-${'#'.repeat(31)}`);
    expect(strip([[50, 250]], 3200)).toBe(`+-+${'#'.repeat(29)}`);
  });
});

const machines: ScenarioInput['machine'][] = [
  { arch: 'x86_64', structPageSize: 56 },
  { arch: 'x86_64', pagingLevels: 5 },
  { arch: 'arm64', pageSize: 4096 },
  { arch: 'arm64', pageSize: 16384 },
  { arch: 's390' },
];

describe('every dump', () => {
  test('covers the vmemmap without a gap, and no two neighbouring lines are alike', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...machines),
        fc.array(fc.record({ section: fc.nat(7), add: fc.boolean() }), { minLength: 1, maxLength: 6 }),
        (machine, moves) => {
          const size = 2 ** 28;
          const pageSize = Number(machine.pageSize ?? 4096);
          const present = new Set<number>();
          const steps = moves.flatMap(({ section, add }): ScenarioInput['steps'] => {
            if (present.has(section) === add) return [];
            if (add) present.add(section);
            else present.delete(section);
            return [
              {
                op: add ? 'add-pages' : 'remove-pages',
                pfn: (2 ** 32 + section * size) / pageSize,
                nrPages: size / pageSize,
              },
            ];
          });
          fc.pre(steps.length > 0);
          const { ranges } = parsePtdump(dumpOf({ machine, steps }).join('\n'));
          ranges.slice(1).forEach((range, i) => {
            const before = ranges[i]!;
            expect(range.start).toBe(before.end);
            expect([range.level, ...range.words]).not.toEqual([before.level, ...before.words]);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('gives sizes without loss', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (pages) => {
        const text = sizeColumns(pages * 4096);
        const unit = 'BKMGTPE'.indexOf(text.at(-1)!);
        expect(Number(text.slice(0, -1)) * 1024 ** unit).toBe(pages * 4096);
      }),
    );
  });
});
