// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sparseAddOneSection } from '../../src/mm/sparse.js';
import { HAS_MEM_MAP, MemSections, SectionsImage, STALE_MEM_MAP } from '../../src/kernel/mem-sections.js';
import { activeMemmap } from '../../src/kernel/vmemmap-view.js';
import { StateReader, StateWriter } from '../../src/hardware/saved-state.js';
import { startRun } from '../../src/scenario/runner.js';
import { addSection, idle, PFN, play, removeSection, scenario, SECTION, SUBSECTION } from '../scenarios.js';

const machine = { arch: 'x86_64' } as const;

describe('sections', () => {
  test('what is active is what was added and not removed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ add: fc.boolean(), from: fc.nat(127), count: fc.integer({ min: 1, max: 64 }) }), {
          maxLength: 25,
        }),
        (actions) => {
          const { kernel } = idle(machine);
          const active = new Set<number>();
          for (const { add, from, count } of actions) {
            const range = Array.from({ length: count }, (_, i) => from + i);
            const pfn = PFN + from * SUBSECTION;
            if (add && !range.some((s) => active.has(s))) {
              expect(kernel.memoryHotplug.addPages(0, pfn, count * SUBSECTION, null)).toBe(0);
              range.forEach((s) => active.add(s));
            } else if (!add && range.every((s) => active.has(s))) {
              kernel.memoryHotplug.removePages(pfn, count * SUBSECTION, null);
              range.forEach((s) => active.delete(s));
            }
          }
          const bytes = activeMemmap(kernel).reduce((sum, range) => sum + range.end - range.start, 0);
          expect(bytes).toBe(active.size * SUBSECTION * kernel.structPageSize);
          expect(kernel.log.take().map(entryText)).toEqual([]);
        },
      ),
    );
  });

  test('a subsection map sets and clears just the bits asked for', () => {
    fc.assert(
      fc.property(fc.constantFrom(8, 64, 128, 512), fc.nat(511), fc.nat(511), (subsections, a, b) => {
        const from = Math.min(a, b) % subsections;
        const to = Math.max(from + 1, Math.max(a, b) % (subsections + 1));
        const sections = new MemSections(subsections);
        sections.indexInit(5);
        sections.set(5, from, to);
        for (let s = 0; s < subsections; s++) expect(sections.isSet(5, s)).toBe(s >= from && s < to);
        expect(sections.areClear(4, 0, subsections)).toBe(true);
        sections.clear(5, from, to);
        expect(sections.areClear(5, 0, subsections)).toBe(true);
      }),
    );
  });

  test('adding what is active is -EEXIST and changes nothing', () => {
    const [first, second] = play({
      machine,
      steps: [
        { op: 'add-pages', pfn: PFN, nrPages: SECTION },
        { op: 'add-pages', pfn: PFN + SUBSECTION, nrPages: SUBSECTION },
      ],
    });
    expect(second!.ret).toBe(-17);
    expect(second!.leaves).toEqual(first!.leaves);
  });

  test('removing what is not active warns and frees nothing', () => {
    const [, removed] = play({
      machine,
      steps: [
        { op: 'add-pages', pfn: PFN, nrPages: SUBSECTION },
        { op: 'remove-pages', pfn: PFN, nrPages: 2 * SUBSECTION },
      ],
    });
    expect(removed!.violations).toEqual(['warn:section already deactivated (0x100000 + 1024)']);
    expect(removed!.sections.present).toBe(1);
  });

  test('a section without memmap warns once, by the name of the function that looks', () => {
    const remove = { op: 'remove-pages' as const, pfn: PFN, nrPages: SECTION };
    const texts = ['6.1.192', '6.12.117'].map((kernel) =>
      play({ machine: { ...machine, kernel }, steps: [remove, remove] }).map((s) => s.violations),
    );
    expect(texts).toEqual([
      [['warn:__remove_section'], []],
      [['warn:sparse_remove_section'], []],
    ]);
  });

  test('the memmap of a boot section goes as a whole, with its last subsection', () => {
    const boot = [{ start: '0x0', size: '128M' }];
    const half = SECTION / 2;
    const [first, second] = play({
      machine: { ...machine, boot },
      steps: [
        { op: 'remove-pages', pfn: 0, nrPages: half },
        { op: 'remove-pages', pfn: half, nrPages: half },
      ],
    });
    expect(first!.leaves).toEqual(['ffffea0000000000-ffffea0000200000 pmd ram']);
    expect(first!.counters).toEqual({});
    expect(second).toMatchObject({ leaves: [], sections: { present: 0 } });
  });

  test('adding to a boot section with a hole maps nothing new: its memmap is whole since boot', () => {
    const [state] = play({
      machine: { ...machine, boot: [{ start: '0x0', size: '64M' }] },
      steps: [{ op: 'add-pages', start: '0x4000000', size: '64M' }],
    });
    expect(state).toMatchObject({ ret: 0, holes: [] });
    expect(state!.counters).toEqual({});
  });

  test('a failed add leaves the section inactive and its memmap unmapped', () => {
    const [state] = play({
      machine: { ...machine, hugeVmemmap: false },
      steps: [{ op: 'add-pages', pfn: PFN, nrPages: SECTION }],
      failAllocations: [100],
    });
    expect(state).toMatchObject({ ret: -12, leaves: [], sections: { present: 0 }, leaks: [], ram: { pages: 1 } });
  });

  test('what fails is counted from the first step: boot memory has its memmap whatever fails', () => {
    const [state] = play({
      machine: { ...machine, boot: [{ start: '0x0', size: '128M' }] },
      steps: [{ op: 'add-pages', pfn: PFN, nrPages: SECTION }],
      failAllocations: [1],
    });
    expect(state!.leaves[0]).toBe('ffffea0000000000-ffffea0000200000 pmd ram');
    expect(state!.leaves[1]).toContain(' pte ');
  });

  test('a failed add takes pages from nr_memmap that it never had, from 6.11 on until the helpers count', () => {
    const counts = ['6.9', '6.11', '6.16', '6.17', '7.1', '7.2', '6.12.117'].map((kernel) => {
      const [state] = play({
        machine: { ...machine, kernel },
        steps: [{ op: 'add-pages', pfn: PFN, nrPages: SECTION }],
        failAllocations: [1],
      });
      return state!.vmstat?.nrMemmapPages;
    });
    expect(counts).toEqual([undefined, -512, -512, -512, -512, 0, 0]);
  });

  test('a whole section that comes back where a boot section was gets a memmap', () => {
    const whole = { pfn: 0, nrPages: SECTION };
    const [, added, removed] = play({
      machine: { ...machine, boot: [{ start: '0x0', size: '128M' }] },
      steps: [
        { op: 'remove-pages', ...whole },
        { op: 'add-pages', ...whole },
        { op: 'remove-pages', ...whole },
      ],
    });
    expect(added).toMatchObject({ ret: 0, holes: [], leaves: ['ffffea0000000000-ffffea0000200000 pmd ram'] });
    expect(removed).toMatchObject({ leaves: [], violations: [], sections: { present: 0 } });
  });

  test('memmap of the boot is counted apart, where it is counted', () => {
    const boot = [{ start: '0x0', size: '256M' }];
    const counts = ['6.9', '7.3'].map((kernel) => {
      const [used, removed] = play({
        machine: { ...machine, kernel, boot },
        steps: [
          { op: 'use', pfn: 0, nrPages: SECTION },
          { op: 'remove-pages', pfn: 0, nrPages: SECTION },
        ],
      });
      return [used!.vmstat?.nrMemmapBootPages, removed!.vmstat?.nrMemmapBootPages];
    });
    expect(counts).toEqual([
      [undefined, undefined],
      [1024, 512],
    ]);
  });

  test('before 5.3 a section that is there is not added again, and one since boot gives its memmap back', () => {
    const before = { ...machine, kernel: '5.2', structPageSize: 64 };
    const [, again] = play({ machine: before, steps: [addSection(0), addSection(0)] });
    expect(again).toMatchObject({ ret: 0, counters: { setPmd: 1 } });
    const boot = [{ start: '0x0', size: '128M' }];
    const [gone] = play({
      machine: { ...before, boot },
      steps: [{ op: 'remove-pages', pfn: 0, nrPages: SECTION }],
    });
    expect(gone).toMatchObject({ leaves: [], violations: [], sections: { present: 0 } });
  });
});

describe('mem_section[]', () => {
  const SUBSECTIONS = 64;
  const FAR = 700;

  test('knows nothing of a root that no section was ever in', () => {
    const sections = new MemSections(SUBSECTIONS);
    sections.indexInit(FAR);
    expect(sections.areClear(3, 0, SUBSECTIONS)).toBe(true);
    expect(sections.areSet(3, 0, SUBSECTIONS)).toBe(false);
    expect([...sections.active(), ...sections.stale()]).toEqual([]);
  });

  test('fills a map only where none is active, and clears one only where all are', () => {
    const sections = new MemSections(SUBSECTIONS);
    sections.indexInit(FAR);
    expect([sections.fillMap(FAR, 30, 40), sections.fillMap(FAR, 39, 64), sections.fillMap(FAR, 40, 64)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([sections.clearMap(FAR, 29, 40), sections.areSet(FAR, 30, 64)]).toEqual([false, true]);
    expect([sections.clearMap(FAR, 30, 64), sections.isEmpty(FAR)]).toEqual([true, true]);
  });

  test('has a next valid section, also across roots that are not there', () => {
    const sections = new MemSections(SUBSECTIONS);
    expect(sections.nextValid(0, 9)).toBe(9);
    for (const number of [3, FAR]) {
      sections.indexInit(number);
      sections.setFlags(number, HAS_MEM_MAP);
    }
    sections.setFlags(4, STALE_MEM_MAP);
    expect([0, 3, 4, FAR + 1].map((from) => sections.nextValid(from, FAR + 9))).toEqual([3, 3, FAR, FAR + 9]);
    expect(sections.nextValid(4, FAR)).toBe(FAR);
  });

  test('is saved and restored, every section with its flags and its map', () => {
    const sections = new MemSections(SUBSECTIONS);
    const numbers = [1, 2, 255, 256, FAR];
    for (const number of numbers) {
      sections.indexInit(number);
      sections.setFlags(number, number === 2 ? 16 : 1);
      if (number !== 2) sections.set(number, number % 7, SUBSECTIONS - 3);
    }
    const state = (): unknown[] => [
      sections.present,
      [...sections.active()],
      [...sections.stale()],
      numbers.map((number) => [sections.flags(number), sections.subsectionMask(number)]),
    ];
    const before = state();
    const writer = new StateWriter();
    sections.save(writer);
    const words = writer.take();
    sections.indexInit(1500);
    for (const number of [3, ...numbers, 1500]) {
      sections.setFlags(number, 5);
      sections.set(number, 0, SUBSECTIONS);
    }
    sections.restore(new StateReader(words));
    expect(state()).toEqual(before);
    expect(before.slice(0, 3)).toEqual([4, [1, 255, 256, FAR], [2]]);
    expect([sections.flags(3), sections.flags(1500), sections.subsectionMask(3)]).toEqual([0, 0, 0n]);
  });

  /** In three roots of 256 sections; the one between the second and the third is never there. */
  const SOME = [3, 4, 200, 255, 256, 300, 511, FAR, FAR + 1];
  const change = fc.record({
    number: fc.constantFrom(...SOME),
    flags: fc.nat(127),
    from: fc.nat(SUBSECTIONS - 1),
    count: fc.integer({ min: 1, max: SUBSECTIONS }),
    sets: fc.boolean(),
  });
  const changes = fc.array(change, { minLength: 1, maxLength: 12 });

  test.each([8, SUBSECTIONS])(
    'of %i subsections each is what an image was made of, whatever came since',
    (subsections) => {
      fc.assert(
        fc.property(changes, changes, changes, (first, second, third) => {
          const sections = new MemSections(subsections);
          const make = (all: typeof first): void =>
            all.forEach(({ number, flags, from, count, sets }) => {
              const start = from % subsections;
              const end = Math.min(subsections, start + count);
              sections.indexInit(number);
              sections.setFlags(number, flags);
              if (sets) sections.set(number, start, end);
              else sections.clear(number, start, end);
            });
          const state = (): unknown[] => [
            sections.present,
            [...sections.active()],
            [...sections.stale()],
            SOME.map((number) => [sections.flags(number), sections.subsectionMask(number)]),
          ];
          const image = new SectionsImage();
          const goBack = (): void => {
            const before = state();
            sections.capture(image);
            for (const later of [second, third]) {
              make(later);
              sections.load(image);
              expect(state()).toEqual(before);
            }
          };
          goBack();
          make(first);
          goBack();
          // An image that was of more sections serves for less as well, and the other way round.
          make(second);
          goBack();
          const fewer = new MemSections(subsections);
          fewer.indexInit(SOME[2]!);
          fewer.setFlags(SOME[2]!, 1);
          fewer.set(SOME[2]!, 0, 3);
          fewer.capture(image);
          fewer.setFlags(SOME[2]!, 0);
          fewer.clear(SOME[2]!, 0, 3);
          fewer.load(image);
          expect([fewer.present, [...fewer.active()], fewer.subsectionMask(SOME[2]!)]).toEqual([1, [SOME[2]!], 7n]);
        }),
      );
    },
  );
});

describe('a section before 5.3', () => {
  const old = { ...machine, kernel: '5.2', structPageSize: 64 } as const;
  const boot = [{ start: '0x0', size: '128M' }];
  const section = { pfn: PFN, nrPages: SECTION };

  test('is -EEXIST where there is one, which stays what it was', () => {
    const { kernel } = idle({ ...old, boot });
    expect(sparseAddOneSection(kernel, 0, 0, null)).toBe(-17);
    expect(kernel.sections.isEarly(0)).toBe(true);
    expect(sparseAddOneSection(kernel, 0, 1, null)).toBe(0);
    expect([kernel.sections.isEarly(1), kernel.sections.isValid(1)]).toEqual([false, true]);
  });

  test('that is not there is not removed', () => {
    const [state] = play({ machine: old, steps: [{ op: 'remove-pages', ...section }] });
    expect(state).toMatchObject({ ret: null, violations: [], counters: {} });
  });

  test('gives its memmap back to the altmap that it came from, and one since boot to system memory', () => {
    const altmaps = { own: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 1024 } };
    const [added, removed] = play({
      machine: old,
      altmaps,
      steps: [
        { op: 'add-pages', ...section, altmap: 'own' },
        { op: 'remove-pages', ...section, altmap: 'own' },
      ],
    });
    expect(added!.altmaps).toMatchObject({ own: { alloc: 512 } });
    expect(removed).toMatchObject({ altmaps: { own: { alloc: 0 } }, leaves: [], violations: [] });
    const [gone] = play({
      machine: { ...old, boot },
      altmaps,
      steps: [{ op: 'remove-pages', pfn: 0, nrPages: SECTION, altmap: 'own' }],
    });
    expect(gone).toMatchObject({ altmaps: { own: { alloc: 0 } }, leaves: [], violations: [] });
  });
});

describe('boot memory', () => {
  test('has just those subsections that it fills, and a memmap of the whole section', () => {
    const MIB = 2 ** 20;
    const { kernel } = idle({ ...machine, boot: [{ start: '0x400000', size: 20 * MIB }] });
    // Ten subsections from the third on.
    expect(kernel.sections.subsectionMask(0)).toBe(0xffcn);
    expect(kernel.platform.mmu.walk(kernel.vmemmap)).toBeDefined();
    expect(kernel.platform.mmu.walk(kernel.vmemmap + (SECTION - 1) * kernel.structPageSize)).toBeDefined();
  });

  test('shares its memmap with a device in its hole: before 5.9 a part of it went with the device', () => {
    const MIB = 2 ** 20;
    const painted = (kernel: string): number | undefined => {
      const boot = [{ start: '0x100000000', size: 64 * MIB }];
      const hole = { start: '0x104000000', size: 64 * MIB };
      const states = play({
        machine: { ...machine, kernel, structPageSize: 64, boot },
        steps: [
          { op: 'add-pages', ...hole },
          { op: 'remove-pages', ...hole },
        ],
      });
      return states[1]!.counters['unusedBytes'];
    };
    expect(['5.3', '5.8'].map(painted)).toEqual([MIB, MIB]);
    expect(['5.9', '6.12.117'].map(painted)).toEqual([undefined, undefined]);
  });

  test('does not start where there is no room for its memmap', () => {
    const steps = [{ op: 'use' as const, pfn: 0, nrPages: 1 }];
    const booting = scenario({ machine: { ...machine, boot: [{ start: '0x0', size: '1G' }] }, steps });
    // The memmap of 1 GiB is at least 14 MiB.
    const ramPages = 1024;
    expect(() => startRun({ ...booting, machine: { ...booting.machine, ramPages } })).toThrow(
      'no memory for the memmap of boot memory at frame 0x',
    );
  });

  test('memory that is added and removed counts in nr_memmap while it is there, from 6.11 on', () => {
    const counts = (kernel: string) =>
      play({ machine: { ...machine, kernel, structPageSize: 64 }, steps: [addSection(0), removeSection(0)] }).map(
        (state) => state.vmstat?.nrMemmapPages,
      );
    expect(['6.9', '6.11', '7.1', '7.2'].map(counts)).toEqual([
      [undefined, undefined],
      [512, 0],
      [512, 0],
      [512, 0],
    ]);
  });
});
