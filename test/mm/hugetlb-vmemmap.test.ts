// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { PTE } from '../../src/hardware/page-table.js';
import {
  dissolveFreeHugetlbFolios,
  hugetlbVmemmapOptimize,
  hugetlbVmemmapRestore,
} from '../../src/mm/hugetlb-vmemmap.js';
import { addMemory } from '../../src/mm/add-memory.js';
import { recordScenario } from '../../src/events/record.js';
import { entryAt, idle, PFN, play, scenario, SECTION, SUBSECTION } from '../scenarios.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';

const hugePage = { pfn: PFN + 8 * SUBSECTION, nrPages: SUBSECTION };
const machine = { arch: 'x86_64', hugetlbOptimized: true } as const;
const range = { pfn: PFN, nrPages: SECTION };

const fold = (more: Partial<ScenarioInput['machine']> = {}, ...steps: ScenarioInput['steps']) =>
  play({
    machine: { ...machine, ...more },
    steps: [
      { op: 'add-memory', ...range },
      { op: 'online', ...range, type: 'movable' },
      { op: 'hugetlb-optimize', ...hugePage },
      ...steps,
    ],
  });

describe('the memmap of a HugeTLB page', () => {
  test('is folded to one page: its leaf is split, seven pages map the first and may not be written', () => {
    const [, online, folded] = fold();
    expect(folded!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pte ram']);
    expect(folded!.tables).toMatchObject({ pte: 1 });
    // A table and a head page come, eight pages go.
    expect(folded!.ram.pages).toBe(online!.ram.pages + 2 - 8);
    expect(folded!.holes).toEqual([]);
  });

  test('has pages of its own again when the huge page is given back; the split stays', () => {
    const states = fold(
      {},
      { op: 'hugetlb-restore', ...hugePage },
      { op: 'offline', ...range },
      { op: 'remove-memory', ...range },
    );
    expect(states[3]!.ram.pages).toBe(states[1]!.ram.pages + 1);
    expect(states[3]!.tables).toMatchObject({ pte: 1 });
    expect(states.at(-1)).toMatchObject({ ret: 0, leaves: [], violations: [], ram: { pages: 1 } });
  });

  test('that was taken away faults where it is to come back: the first struct page tells whether it is folded', () => {
    const states = fold({}, { op: 'remove-pages', ...range }, { op: 'hugetlb-restore', ...hugePage });
    expect(states.at(-1)!.ret).toBe('BUG');
  });

  test('kept two pages before 5.18, and its own first page before 6.2', () => {
    const gain = (kernel: string) => {
      const [, online, folded] = fold({ kernel });
      return online!.ram.pages + 1 - folded!.ram.pages;
    };
    expect([gain('5.14'), gain('5.18'), gain('6.2'), gain('5.13')]).toEqual([6, 7, 7, 1]);
  });

  test('on a node that is all ZONE_MOVABLE cannot come back before 6.7: its pages had to be of the node', () => {
    const rets = (kernel: string) =>
      fold({ kernel, movableNodes: [0] }, { op: 'hugetlb-restore', ...hugePage }, { op: 'offline', ...range }).map(
        ({ ret }) => ret,
      );
    expect(rets('6.1.192').slice(2)).toEqual([0, -12, -12]);
    expect(rets('6.6').slice(2)).toEqual([0, -12, -12]);
    expect(rets('6.7').slice(2)).toEqual([0, 0, 0]);
  });

  test('on such a node keeps its own first page from 6.2 to 6.6', () => {
    const gain = (kernel: string, movableNodes: number[]) => {
      const [, online, folded] = fold({ kernel, movableNodes });
      return online!.ram.pages - folded!.ram.pages;
    };
    // No head page comes, and one page less goes.
    expect([gain('6.2', [0]), gain('6.2', []), gain('6.7', [0])]).toEqual([6, 6, 6]);
    const [, , folded] = fold({ kernel: '6.2', movableNodes: [0] });
    const [, , copied] = fold({ kernel: '6.2' });
    expect(folded!.counters['allocPages']).toBe(copied!.counters['allocPages']! - 1);
  });

  test('comes back when its block goes offline: free huge pages are dissolved', () => {
    for (const kernel of ['5.14', '6.12.117', '7.3.4']) {
      const states = fold({ kernel }, { op: 'offline', ...range }, { op: 'remove-memory', ...range });
      expect(states[3]).toMatchObject({ ret: 0, violations: [] });
      expect(states[4]).toMatchObject({ ret: 0, leaves: [], violations: [], leaks: [] });
    }
  });

  test('of a huge page that reaches out of the block comes back too', () => {
    const all = { pfn: PFN, nrPages: 8 * SECTION };
    const states = play({
      machine,
      steps: [
        { op: 'add-memory', ...all },
        { op: 'online', ...all, type: 'movable' },
        { op: 'hugetlb-optimize', ...all, hugePageSize: '1G' },
        { op: 'offline', pfn: PFN + 5 * SECTION, nrPages: SECTION },
      ],
    });
    expect(states[3]!.ram.pages).toBe(states[2]!.ram.pages - 1 + 8 * SUBSECTION);
  });

  test('is left alone where it lies in its own memory block; the new first page goes back', () => {
    for (const kernel of ['6.6', '6.12.117']) {
      const [, online, folded] = fold({ memmapOnMemory: 'y', kernel });
      expect(folded).toMatchObject({ ret: -524, leaves: ['ffffea0004000000-ffffea0004200000 pmd altmap:100000'] });
      expect(folded!.ram).toEqual(online!.ram);
    }
  });

  test('was never in its own block from 5.14 to 5.19 where memmaps are folded', () => {
    const leaves = (kernel: string) => fold({ memmapOnMemory: 'y', kernel })[0]!.leaves[0];
    expect(leaves('5.19')).toMatch(/ ram$/);
    expect(leaves('6.6')).toMatch(/ altmap:100000$/);
  });

  test('is not folded with a struct page that straddles pages, nor unless asked for on the command line', () => {
    expect(fold({ structPageSize: 80 })[2]!.tables).not.toHaveProperty('pte', 1);
    expect(fold({ hugetlbOptimized: false })[2]!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pmd ram']);
  });
});

describe('the page table of a folded memmap', () => {
  const PAGE = 4096;
  /** PAGE_KERNEL and PAGE_KERNEL_RO, arch/x86/include/asm/pgtable_types.h. */
  const PAGE_KERNEL = { lo: 0x163, hi: 0x80000000 };
  const PAGE_KERNEL_RO = { lo: 0x121, hi: 0x80000000 };
  const ATTRIBUTES_LO = 0xfff;
  /** Vmemmap pages of a HugeTLB page of 2 MiB. */
  const PAGES = 8;

  const added = (kernelRelease?: string) => {
    const { kernel, memory } = idle({ ...machine, kernel: kernelRelease, structPageSize: 64 });
    expect(addMemory(memory, { nid: 0, ...range, memmapOnMemory: false })).toBe(0);
    const start = kernel.vmemmap + PFN * 64;
    const entries = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => {
        const at = entryAt(kernel, PTE, start + (first + i) * PAGE);
        const lo = kernel.ram.words[at]!;
        return { attributes: { lo: lo & ATTRIBUTES_LO, hi: kernel.ram.words[at + 1]! >>> 0 }, frame: lo >>> 12 };
      });
    return { kernel, memory, start, entries };
  };

  test('has PAGE_KERNEL everywhere, and PAGE_KERNEL_RO where pages are shared; all is writable again in the end', () => {
    const { kernel, memory, start, entries } = added();
    const leaf = kernel.platform.mmu.walk(start)!.pa / PAGE;
    expect(hugetlbVmemmapOptimize(memory, [PFN + SUBSECTION], SUBSECTION)).toEqual({ done: 1, err: 0 });
    const before = entries(0, PAGES);
    expect(before.map((entry) => entry.frame)).toEqual(Array.from({ length: PAGES }, (_, i) => leaf + i));
    const behind = entries(2 * PAGES, SUBSECTION - 2 * PAGES);
    for (const { attributes } of [...before, ...behind]) expect(attributes).toEqual(PAGE_KERNEL);
    expect(behind.at(-1)!.frame).toBe(leaf + SUBSECTION - 1);
    const [head, ...tails] = entries(PAGES, PAGES);
    expect(head!.attributes).toEqual(PAGE_KERNEL);
    for (const tail of tails) expect(tail).toEqual({ attributes: PAGE_KERNEL_RO, frame: head!.frame });

    const flushes = kernel.counters.tlbFlushAll;
    expect(hugetlbVmemmapRestore(memory, [PFN])).toEqual({ done: 0, err: 0 });
    expect(kernel.counters.tlbFlushAll).toBe(flushes);
    expect(hugetlbVmemmapRestore(memory, [PFN + SUBSECTION])).toEqual({ done: 1, err: 0 });
    expect(kernel.counters.tlbFlushAll).toBe(flushes + 1);
    const own = entries(PAGES, PAGES);
    for (const { attributes } of own) expect(attributes).toEqual(PAGE_KERNEL);
    expect(new Set(own.map((entry) => entry.frame)).size).toBe(PAGES);
    expect(hugetlbVmemmapRestore(memory, [PFN + SUBSECTION])).toEqual({ done: 0, err: 0 });
  });

  test.each([
    ['5.14', 2],
    ['5.18', 1],
    ['6.2', 1],
  ])('on %s maps the last of the %i pages that are kept in place of all others', (release, kept) => {
    const { memory, entries } = added(release);
    expect(hugetlbVmemmapOptimize(memory, [PFN], SUBSECTION).done).toBe(1);
    const frames = entries(0, PAGES).map((entry) => entry.frame);
    expect(new Set(frames).size).toBe(kept);
    expect(frames.slice(kept)).toEqual(Array(PAGES - kept).fill(frames[kept - 1]));
  });

  test('from 7.1 on shows one page of tails for all of an order and a zone, made for the first and never given back', () => {
    const { kernel, memory, entries } = added('7.3.4');
    const { allocator } = kernel;
    const pages = [PFN, PFN + SUBSECTION];
    expect(hugetlbVmemmapOptimize(memory, pages, SUBSECTION).done).toBe(2);
    const [first, second] = [entries(0, PAGES), entries(PAGES, PAGES)];
    expect(first[0]!.frame).not.toBe(second[0]!.frame);
    const tails = [...first.slice(1), ...second.slice(1)];
    expect(new Set(tails.map((entry) => entry.frame)).size).toBe(1);
    for (const { attributes } of tails) expect(attributes).toEqual(PAGE_KERNEL_RO);
    const tail = tails[0]!.frame;
    expect([first[0]!.frame, second[0]!.frame]).not.toContain(tail);

    expect(hugetlbVmemmapRestore(memory, pages).done).toBe(2);
    expect(allocator.isAllocated(tail)).toBe(true);
    hugetlbVmemmapOptimize(memory, [PFN + 2 * SUBSECTION], SUBSECTION);
    expect(entries(2 * PAGES, PAGES)[1]!.frame).toBe(tail);
    // A page of another order has tails of its own.
    hugetlbVmemmapOptimize(memory, [PFN + 4 * SUBSECTION], 2 * SUBSECTION);
    expect(entries(4 * PAGES, PAGES)[1]!.frame).not.toBe(tail);
  });

  test('from 6.11 on is counted: what is freed comes off, the new first page and what comes back count', () => {
    const { kernel, memory } = added('7.3.4');
    const counted = kernel.vmstat.nrMemmapPages;
    hugetlbVmemmapOptimize(memory, [PFN, PFN + SUBSECTION], SUBSECTION);
    expect(kernel.vmstat.nrMemmapPages).toBe(counted - 2 * (PAGES - 1));
    hugetlbVmemmapRestore(memory, [PFN]);
    expect(kernel.vmstat.nrMemmapPages).toBe(counted - (PAGES - 1));
  });

  test.each([
    ['5.14', [0, 0, 0, 1]],
    ['5.18', [0, 0, 1, 1]],
  ])('on %s is there for HugeTLB pages whose memmap is more than what is kept', (release, done) => {
    const { memory } = added(release);
    // Of half a page, one, two and four pages of struct pages.
    const folded = [32, 64, 128, 256].map(
      (nrPages, i) => hugetlbVmemmapOptimize(memory, [PFN + i * SUBSECTION], nrPages).done,
    );
    expect(folded).toEqual(done);
  });

  test('shows the same struct pages as before', () => {
    const { kernel, memory, start } = added();
    for (const address of [start, start + PAGE]) {
      const { pa } = kernel.platform.mmu.walk(address)!;
      kernel.ram.memset(pa, 0x5a, 64);
    }
    const first = () => kernel.ram.readFrame(kernel.platform.mmu.walk(start)!.pa / PAGE)[0];
    const tail = () => kernel.ram.readFrame(kernel.platform.mmu.walk(start + PAGE)!.pa / PAGE)[0];
    hugetlbVmemmapOptimize(memory, [PFN], SUBSECTION);
    expect([first(), tail()]).toEqual([0x5a, 0x5a]);
    hugetlbVmemmapRestore(memory, [PFN]);
    expect([first(), tail()]).toEqual([0x5a, 0x5a]);
  });

  test('reaches no further than the huge page: the last of a section is folded, and one that is there is not again', () => {
    const { memory } = added();
    const last = PFN + SECTION - SUBSECTION;
    expect(hugetlbVmemmapOptimize(memory, [PFN, last], SUBSECTION)).toEqual({ done: 2, err: 0 });
    expect(hugetlbVmemmapOptimize(memory, [PFN, last], SUBSECTION)).toEqual({ done: 0, err: 0 });
  });

  test('is not made where there is no memmap, and the other huge pages are folded all the same', () => {
    const { memory } = added();
    expect(hugetlbVmemmapOptimize(memory, [PFN + SECTION, PFN], SUBSECTION)).toEqual({ done: 1, err: -22 });
  });

  test('an architecture without HVO folds nothing', () => {
    const { memory } = idle({ arch: 's390', hugetlbOptimized: true });
    expect(hugetlbVmemmapOptimize(memory, [PFN], SUBSECTION)).toEqual({ done: 0, err: 0 });
  });
});

describe('the memmap of a HugeTLB page of another node', () => {
  const boot = [
    { start: '0x0', size: '1G' },
    { start: '0x40000000', size: '1G', node: 1 },
  ];
  /** What folding asks for on one node, and then on the same or another. */
  const asked = (node: number) => {
    const second = { pfn: PFN + 4 * SECTION, nrPages: SECTION };
    const states = play({
      machine: { ...machine, kernel: '7.3.4', boot },
      steps: [
        { op: 'add-memory', ...range, node: 0 },
        { op: 'online', ...range, type: 'movable' },
        { op: 'add-memory', ...second, node },
        { op: 'online', ...second, type: 'movable' },
        { op: 'hugetlb-optimize', ...hugePage },
        { op: 'hugetlb-optimize', pfn: second.pfn, nrPages: SUBSECTION },
      ],
    });
    expect(states.map(({ ret }) => ret)).toEqual([0, 0, 0, 0, 0, 0]);
    return states.slice(-2).map((state, i) => state.counters['allocPages']! - states[3 + i]!.counters['allocPages']!);
  };

  test('shows tails of its own zone: a page for the first of a node, none for the second', () => {
    // A table, a first page, and the page of tails.
    expect(asked(0)).toEqual([3, 2]);
    expect(asked(1)).toEqual([3, 3]);
  });
});

describe('huge pages of a block that goes offline (dissolve_free_hugetlb_folios)', () => {
  const PAGES = 8;
  /** Two sections of memory with huge pages in both; which of them are folded after the block of the first has gone. */
  const dissolved = (folded: readonly number[], from: number, nrPages: number) => {
    const { kernel, memory } = idle({ ...machine, structPageSize: 64 });
    const all = { pfn: PFN, nrPages: 2 * SECTION };
    expect(addMemory(memory, { nid: 0, ...all, memmapOnMemory: false })).toBe(0);
    // In an order that is not that of their frames.
    for (const pfn of folded) expect(hugetlbVmemmapOptimize(memory, [pfn], SUBSECTION).done).toBe(1);
    const restoredBefore = kernel.counters.set[PTE]!;
    const ret = dissolveFreeHugetlbFolios(memory, from, nrPages);
    return { ret, left: [...memory.hugetlbPages.keys()], restored: kernel.counters.set[PTE]! - restoredBefore };
  };
  const last = PFN + SECTION - SUBSECTION;
  const next = PFN + SECTION;

  test('are restored, and those of its neighbours stay folded', () => {
    expect(dissolved([next, last, PFN], PFN, SECTION)).toEqual({ ret: 0, left: [next], restored: 2 * (PAGES - 1) });
    expect(dissolved([next, last, PFN], next, SECTION)).toEqual({ ret: 0, left: [last, PFN], restored: PAGES - 1 });
  });

  test('are all restored that reach into it', () => {
    expect(dissolved([PFN, PFN + SUBSECTION], PFN + SUBSECTION - 1, 2).left).toEqual([]);
    expect(dissolved([PFN, PFN + SUBSECTION], PFN + SUBSECTION, 1).left).toEqual([PFN]);
  });

  test('stay folded from the first on that there is no memory for, in the order of frames', () => {
    const steps = [
      { op: 'add-memory' as const, ...range },
      { op: 'online' as const, ...range, type: 'movable' as const },
      { op: 'hugetlb-optimize' as const, pfn: last, nrPages: SUBSECTION },
      { op: 'hugetlb-optimize' as const, pfn: PFN, nrPages: SUBSECTION },
      { op: 'offline' as const, ...range },
    ];
    const [, , , before, after] = play({ machine, steps });
    const asked = after!.counters['allocPages']! - before!.counters['allocPages']!;
    expect(asked).toBe(2 * (PAGES - 1));
    // The last allocation is for the second page: the first has come back.
    const all = after!.counters['allocPages']!;
    const outcomes = Array.from({ length: all + 4 }, (_, i) =>
      play({ machine, steps, failAllocations: [i + 1] }),
    ).filter((states) => states[3]!.ret === 0 && states[4]!.ret === -12);
    expect(outcomes).toHaveLength(asked);
    const gained = outcomes.map((states) => states[4]!.ram.pages - states[3]!.ram.pages);
    expect(gained).toEqual(Array.from({ length: asked }, (_, i) => (i < PAGES - 1 ? 0 : PAGES - 1)));
  });
});

describe('what an observer hears of it', () => {
  test('the split, and each entry of the new table as it is', () => {
    const { recording } = recordScenario(
      scenario({
        machine,
        steps: [
          { op: 'add-memory', ...range },
          { op: 'hugetlb-optimize', ...hugePage },
        ],
      }),
    );
    const [, folded] = recording.steps;
    const { kernel } = idle(machine);
    const leaf = kernel.vmemmap + PFN * 64;
    const decided = folded!
      .filter((event) => event.what === 'decide')
      .map(({ by, start, end }) => ({ by, start, end }));
    expect(decided[0]).toEqual({ by: 'vmemmap_split_pmd', start: leaf, end: leaf + 2 ** 21 });
    // Entries of all 512 pages, upwards and without a gap, to the frames of the leaf; then those that are shared.
    const written = folded!.flatMap((event) => (event.what === 'set' && event.level === 'pte' ? [event] : []));
    const split = written.slice(0, written.findIndex(({ end }) => end === leaf + 2 ** 21) + 1);
    expect(split[0]!.entry).toMatch(/^8000000[0-9a-f]{6}163$/);
    let at = leaf;
    for (const { start, end, entry } of split) {
      expect(start).toBe(at);
      expect(BigInt(`0x${entry}`) - BigInt(`0x${split[0]!.entry}`)).toBe(BigInt(start - leaf));
      at = end;
    }
    expect(at).toBe(leaf + 2 ** 21);
  });
});

describe('when memory runs out', () => {
  const steps = [
    { op: 'add-memory' as const, ...range },
    { op: 'hugetlb-optimize' as const, ...hugePage },
    { op: 'hugetlb-restore' as const, ...hugePage },
  ];
  /** More than all steps ask for. */
  const ALLOCATIONS = 20;
  /** What comes of the steps when an allocation of one of them fails. */
  const failing = (step: number) =>
    Array.from({ length: ALLOCATIONS }, (_, i) => play({ machine, steps, failAllocations: [i + 1] })).filter(
      (states) => states[step]!.ret === -12,
    );

  test('for the page table, it is asked for again when the page is folded; for the head page, the split stays', () => {
    const failed = failing(1);
    expect(failed.map((states) => states[1]!.leaves)).toEqual([['ffffea0004000000-ffffea0004200000 pte ram']]);
    for (const states of failed) expect(states[2]).toMatchObject({ ret: 0, violations: [], leaks: [] });
  });

  test('for the page of tails that all share, from 7.1 on, nothing is folded, and it is asked for again next time', () => {
    const on = { ...machine, kernel: '7.3.4' };
    const again = [steps[0]!, steps[1]!, steps[1]!];
    const outcomes = Array.from({ length: ALLOCATIONS }, (_, i) =>
      play({ machine: on, steps: again, failAllocations: [i + 1] }),
    ).filter((states) => states[1]!.ret === -12);
    // Of the page of tails and of the new first page; the table is asked for again when the page is folded.
    expect(outcomes).toHaveLength(2);
    for (const [, failed, folded] of outcomes) {
      expect(failed).toMatchObject({ violations: [], leaks: [] });
      expect(folded).toMatchObject({ ret: 0, violations: [], leaks: [] });
    }
  });

  test('for one of the pages that come back, all that came go again, and the memmap stays folded', () => {
    const failed = failing(2);
    // Seven pages come back.
    expect(failed).toHaveLength(7);
    for (const [, folded, kept] of failed) {
      expect(kept!.ram).toEqual(folded!.ram);
      expect(kept).toMatchObject({ violations: [], leaks: [] });
    }
  });

  test('for the second of two pages, what the first has freed is enough', () => {
    const twoPages = { ...hugePage, nrPages: hugePage.nrPages * 2 };
    const two = [steps[0]!, { op: 'hugetlb-optimize' as const, ...twoPages }];
    const [, whole] = play({ machine, steps: two });
    // The first page's table and head page are had, the second page's head page is not.
    const outcomes = Array.from({ length: ALLOCATIONS }, (_, i) =>
      play({ machine, steps: two, failAllocations: [i + 1] }),
    ).filter((states) => states[1]!.ret === 0 && states[1]!.counters['tlbFlushAll']! > whole!.counters['tlbFlushAll']!);
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]![1]!.ram).toEqual(whole!.ram);
  });
});
