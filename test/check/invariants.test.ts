// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import type { VmemmapCode } from '../../src/kernel/vmemmap-code.js';
import { checkRun, type Finding } from '../../src/check/checked-run.js';
import { INVARIANTS, type InvariantName } from '../../src/check/invariants.js';
import { MEMORY_INVARIANT_NAMES } from '../../src/check/memory-invariants.js';
import { PMD } from '../../src/hardware/page-table.js';
import { ENOMEM } from '../../src/kernel/errno.js';
import { KernelBug } from '../../src/kernel/log.js';
import { pfnToPage, type Kernel } from '../../src/kernel/kernel.js';
import { startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { addSection, pageTableOf, PFN, removeSection, scenario, SECTION } from '../scenarios.js';

/** An invariant that cannot be broken says nothing: here a sound kernel is sabotaged, a different way each. */

const SOUND: ScenarioInput = {
  machine: { arch: 'x86_64', kernel: '6.12.117' },
  altmaps: { dev: { basePfn: PFN + SECTION, endPfn: PFN + 2 * SECTION - 1, free: 1024 } },
  steps: [addSection(0), addSection(1, 'dev'), removeSection(1, 'dev'), removeSection(0)],
};

/** Runs a scenario on a kernel whose architecture does something else in some calls. */
function sabotaged(
  input: ScenarioInput,
  change: (kernel: Kernel, sound: VmemmapCode) => Partial<VmemmapCode>,
): readonly Finding[] {
  const run = startRun(scenario(input));
  const sound = run.kernel.code;
  const code = Object.assign(Object.create(sound) as VmemmapCode, change(run.kernel, sound));
  Object.assign(run.kernel, { code });
  return checkRun(run).findings;
}

/** Sabotage that begins when the memmap of the second section is populated, in step 2. */
const inStepTwo =
  (deed: (kernel: Kernel) => void) =>
  (kernel: Kernel, sound: VmemmapCode): Partial<VmemmapCode> => ({
    vmemmapPopulate(start, end, nid, altmap) {
      const err = sound.vmemmapPopulate(start, end, nid, altmap);
      if (start === pfnToPage(kernel, PFN + SECTION)) deed(kernel);
      return err;
    },
  });

const firstLeaf = (kernel: Kernel) => kernel.platform.mmu.walk(pfnToPage(kernel, PFN))!;

/** Clears the entry that maps the first section. */
function unmapFirst(kernel: Kernel): void {
  const table = pageTableOf(kernel);
  let tablePa = table.root;
  for (const level of table.levels) {
    const address = pfnToPage(kernel, PFN);
    const entry = table.entry(tablePa, Math.floor(address * level.perByte) & level.mask);
    if (level.level === PMD) table.write(entry, 0, 0);
    else tablePa = table.format.address(level.level, table.lo(entry), table.hi(entry));
  }
}

const brokenIn = (findings: readonly Finding[], step: number): string[] => [
  ...new Set(findings.filter((finding) => finding.step === step).map(({ invariant }) => invariant)),
];

describe('a sound kernel breaks nothing', () => {
  test.each(['5.13', '6.12.117', '7.3'])('%s', (kernel) => {
    expect(sabotaged({ ...SOUND, machine: { arch: 'x86_64', kernel } }, () => ({}))).toEqual([]);
  });
});

describe('sabotage is seen, in the step that did it', () => {
  const cases: [InvariantName, string, (kernel: Kernel) => void][] = [
    ['no-hole', 'a leaf of another section is unmapped', unmapFirst],
    ['no-cross-talk', 'a leaf of another section is unmapped', unmapFirst],
    [
      'no-cross-talk',
      'a byte of another section is written',
      (kernel) => kernel.ram.memset(firstLeaf(kernel).pa + 4711, 1, 1),
    ],
    ['no-leak', 'a page is taken and forgotten', (kernel) => void kernel.allocator.allocPages(0)],
    [
      'right-owner',
      'a page that was never handed out is freed',
      (kernel) => void kernel.allocator.freePages(PFN, 0, kernel.log.badFree),
    ],
    [
      'right-owner',
      'a page that a leaf maps is freed',
      (kernel) => void kernel.allocator.freePages(firstLeaf(kernel).pa / 4096, 0, kernel.log.badFree),
    ],
    ['no-warning', 'the kernel warns', (kernel) => kernel.log.warn('something')],
    [
      'no-crash',
      'the kernel stops',
      () => {
        throw new KernelBug('BUG_ON in a test');
      },
    ],
    ['counters', 'a counter is moved', (kernel) => void (kernel.vmstat.nrMemmapPages -= 5000)],
    [
      'section-state',
      'a section keeps its encoding',
      (kernel) => {
        kernel.sections.indexInit(99);
        kernel.sections.setFlags(99, 16);
      },
    ],
  ];
  test.each(cases)('%s: %s', (invariant, _what, deed) => {
    expect(brokenIn(sabotaged(SOUND, inStepTwo(deed)), 1)).toContain(invariant);
  });

  test('no-leak: a leaf stays behind', () => {
    const findings = sabotaged(SOUND, () => ({ vmemmapFree: () => undefined }));
    expect(brokenIn(findings, 3)).toContain('no-leak');
    expect(findings.find(({ step }) => step === 3)!.text).toBe(
      'ffffea0004000000-ffffea0004400000 pmd describes nothing',
    );
  });

  test('no-leak: an empty table stays behind', () => {
    const findings = sabotaged({ ...SOUND, steps: [addSection(0), removeSection(0)] }, (kernel, sound) => ({
      vmemmapFree: () => {
        kernel.allocator.freePages(firstLeaf(kernel).pa / 4096, 9, kernel.log.badFree);
        unmapFirst(kernel);
      },
      keepsEmptyTable: (table) => sound.keepsEmptyTable(table),
    }));
    expect(findings.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^an empty pmd table at frame [0-9a-f]+ stays$/),
    ]);
  });

  test('altmap-books: pages are not given back', () => {
    const findings = sabotaged(SOUND, (_kernel, sound) => ({
      vmemmapFree: (start, end, altmap) => sound.vmemmapFree(start, end, altmap && { ...altmap }),
    }));
    expect(findings.filter(({ invariant }) => invariant === 'altmap-books')).toMatchObject([
      { step: 2, text: 'altmap dev counts 512 pages, leaves map 0 of it' },
    ]);
  });

  test('altmap-books: more pages are given back than were taken', () => {
    const findings = sabotaged(SOUND, (_kernel, sound) => ({
      vmemmapFree: (start, end, altmap) => {
        sound.vmemmapFree(start, end, altmap);
        if (altmap !== null) altmap.alloc--;
      },
    }));
    expect(findings.map(({ text }) => text)).toContain('altmap dev counts -1 pages');
  });

  test('roll-back: what a failed add mapped stays', () => {
    const findings = sabotaged(SOUND, (kernel, sound) => ({
      vmemmapPopulate: (start, end, nid, altmap) => {
        const err = sound.vmemmapPopulate(start, end, nid, altmap);
        return start === pfnToPage(kernel, PFN + SECTION) ? -ENOMEM : err;
      },
      vmemmapFree: () => undefined,
    }));
    expect(findings.filter(({ invariant }) => invariant === 'roll-back')).toMatchObject([
      { step: 1, text: 'ffffea0004200000-ffffea0004400000 pmd stays' },
    ]);
  });

  test('every invariant has its sabotage here, or in memory-invariants.test.ts', () => {
    const told = new Set<string>([
      ...cases.map(([name]) => name),
      'altmap-books',
      'roll-back',
      ...MEMORY_INVARIANT_NAMES,
    ]);
    expect(INVARIANTS.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
  });
});

describe('findings', () => {
  test('tell a leak once, though it lasts', () => {
    const findings = sabotaged(
      { ...SOUND, steps: [addSection(0), removeSection(0), addSection(1), removeSection(1)] },
      (kernel, sound) => ({
        vmemmapFree: (start, end, altmap) => {
          if (start !== pfnToPage(kernel, PFN)) sound.vmemmapFree(start, end, altmap);
        },
      }),
    );
    expect(findings.filter(({ invariant }) => invariant === 'no-leak')).toMatchObject([{ step: 1 }]);
  });
});
