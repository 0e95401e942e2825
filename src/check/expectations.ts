// SPDX-License-Identifier: GPL-2.0-only

import { PTE, type Leaf } from '../hardware/page-table.js';
import { parseMemmapOnMemory, showMemmapOnMemory } from '../mm/memmap-on-memory.js';
import type { MemoryBlock } from '../mm/system-memory.js';
import type { Step } from '../scenario/scenario.js';
import type { AddressRange } from '../kernel/vmemmap-view.js';
import type { Complaint } from './complaint.js';
import { INVARIANTS, leafFacts } from './invariants.js';
import type { Check, StepView } from './step-view.js';
import { NO_FRAME, type HeldPages } from './translation-watch.js';

/**
 * What one may expect of a kernel in a given scenario, though it is no invariant: elsewhere the kernel has good reason to
 * do otherwise. A catalogue entry or a bisection names one.
 */

export const EXPECTATION_NAMES = [
  'add-succeeds',
  'offline-succeeds',
  'altmap-serves',
  'large-leaves',
  'tails-shared',
  'tails-shared-alike',
  'boot-memmap-returns',
  'counts-what-is-used',
  'parameter-reads-back',
  'leaves-filled',
  'page-tables-counted',
  'flush-before-free',
  'flush-before-reuse',
  'iommu-told-before-free',
  'no-transient-hole',
  'hardware-rules',
] as const;
export type ExpectationName = (typeof EXPECTATION_NAMES)[number];

type Add = Extract<Step, { op: 'add-pages' | 'memremap-pages' }>;

const isAdd = (step: Step): step is Add => step.op === 'add-pages' || step.op === 'memremap-pages';

/** The successful add that the step was, with its memmap; undefined for any other step. */
function addOf({ step, ret, given }: StepView): { step: Add; given: AddressRange } | undefined {
  return isAdd(step) && ret === 0 && given !== undefined ? { step, given } : undefined;
}

const leavesIn = ({ after }: StepView, { start, end }: AddressRange): Leaf[] =>
  after.leaves.filter((leaf) => leaf.start < end && leaf.start + leaf.size > start);

/** Different frames of system memory behind leaves. */
function pagesBehind({ kernel }: StepView, leaves: readonly Leaf[]): number {
  const frames = new Map<number, number>();
  for (const { pa, size } of leaves) frames.set(pa, Math.max(1, size / kernel.pageSize));
  return [...frames.values()].reduce((sum, pages) => sum + pages, 0);
}

/** A memory block of the step that holds its own memmap and uses nothing of what it set aside for it. */
function idleBlock({ step, ret, memory }: StepView): MemoryBlock | undefined {
  if (step.op !== 'add-memory' || ret !== 0) return undefined;
  return [...memory.blocks.values()].find(({ altmap }) => {
    return altmap?.alloc === 0 && altmap.basePfn >= step.pfn && altmap.basePfn < step.pfn + step.nrPages;
  });
}

const hasFaults = (fail: object): boolean => Object.keys(fail).length > 0;

/** A complaint of pages that are still held, if there are some. */
const heldPages = (
  kind: 'freed-unflushed' | 'reused-unflushed' | 'freed-under-iommu',
  { pages, firstPfn }: HeldPages,
): Complaint[] => (pages === 0 ? [] : [{ kind, count: pages, frames: firstPfn === NO_FRAME ? [] : [firstPfn] }]);

/** An expectation of what other processors see while a step is at work. */
const ofSights = (
  name: ExpectationName,
  sentence: string,
  sees: NonNullable<Check['sees']>,
): Check<ExpectationName> => ({
  name,
  sentence,
  sees,
  check: ({ sights }) => (sights === undefined ? [] : sees(sights)),
});

/** Expectations that a search may ask with --expect, beside the invariants: what a kernel may do and a user hardly wants. */
export const EXPECTATIONS: readonly Check<ExpectationName>[] = [
  {
    name: 'add-succeeds',
    sentence: 'Adding memory returns 0.',
    check: ({ step, ret }) =>
      (isAdd(step) || step.op === 'add-memory') && ret !== 0 ? [{ kind: 'add-fails', op: step.op, ret }] : [],
  },
  {
    name: 'offline-succeeds',
    sentence: 'Memory that is online goes offline, where nobody is said to keep it from that.',
    check: ({ step, ret, memory }) =>
      step.op === 'offline' && ret !== 0 && !hasFaults(step.fail) && memory.blocks.has(step.pfn / memory.blockPages)
        ? [{ kind: 'offline-fails', ret }]
        : [],
  },
  {
    name: 'altmap-serves',
    sentence: 'Memmap that is added with an altmap lies in it.',
    check(view): Complaint[] {
      const idle = idleBlock(view);
      if (idle !== undefined) return [{ kind: 'altmap-idle', block: idle.id }];
      const add = addOf(view);
      const altmap = view.after.altmaps.find(({ name }) => name === add?.step.altmap);
      if (add === undefined || altmap === undefined) return [];
      const { pageSize } = view.kernel;
      const first = altmap.basePfn * pageSize;
      const end = (altmap.endPfn + 1) * pageSize;
      const other = leavesIn(view, add.given).find(({ pa }) => pa < first || pa >= end);
      if (other === undefined) return [];
      return [{ kind: 'leaf-not-of-altmap', ...leafFacts(other), altmap: altmap.name, alloc: altmap.alloc }];
    },
  },
  {
    name: 'large-leaves',
    sentence: 'Memmap that fills a large leaf is mapped by one.',
    check(view) {
      const { step, ret, given } = view;
      const size = view.kernel.platform.pmdSize;
      if (!(isAdd(step) || step.op === 'add-memory') || ret !== 0 || given === undefined) return [];
      const small = leavesIn(view, given).find(
        ({ start, level }) => level === PTE && start % size === 0 && start >= given.start && start + size <= given.end,
      );
      return small === undefined ? [] : [{ kind: 'small-leaf', ...leafFacts(small) }];
    },
  },
  {
    name: 'tails-shared',
    sentence: 'The memmap of a compound device page takes a head page and a tail page.',
    check(view) {
      const add = addOf(view);
      if (add?.step.op !== 'memremap-pages' || add.step.vmemmapShift === 0) return [];
      const compounds = add.step.nrPages / 2 ** add.step.vmemmapShift;
      const pages = pagesBehind(view, leavesIn(view, add.given));
      return pages === 2 * compounds ? [] : [{ kind: 'tails-not-shared', compounds, pages }];
    },
  },
  {
    name: 'tails-shared-alike',
    sentence: 'Where compound device pages share tails at all, each takes a head page and a tail page of memmap.',
    check(view) {
      const add = addOf(view);
      if (add?.step.op !== 'memremap-pages' || add.step.vmemmapShift === 0) return [];
      const leaves = leavesIn(view, add.given);
      const compounds = add.step.nrPages / 2 ** add.step.vmemmapShift;
      const pages = pagesBehind(view, leaves);
      const isShared = new Set(leaves.map(({ pa }) => pa)).size < leaves.length;
      if (!isShared || pages === 2 * compounds) return [];
      return [{ kind: 'tails-shared-in-part', compounds, pages }];
    },
  },
  {
    name: 'boot-memmap-returns',
    sentence: 'Memmap and tables of the boot go back to system memory when they are mapped no more.',
    check({ kernel, before, after }) {
      const { allocator, pageSize, platform } = kernel;
      const stay = new Set([...after.leaves, ...after.tables].map(({ pa }) => pa));
      const lost = [
        ...before.leaves.map(({ pa, size }) => ({ pa, pages: Math.max(1, size / pageSize) })),
        ...before.tables.map(({ pa, level }) => ({ pa, pages: platform.tablePages?.(level) ?? 1 })),
      ].filter(({ pa }) => !stay.has(pa) && allocator.isReserved(Math.floor(pa / pageSize)));
      if (lost.length === 0) return [];
      const count = lost.reduce((sum, { pages }) => sum + pages, 0);
      return [{ kind: 'boot-memmap-lost', count, frames: [Math.floor(lost[0]!.pa / pageSize)] }];
    },
  },
  {
    name: 'counts-what-is-used',
    sentence: 'nr_memmap_pages is the number of pages that back the memmap.',
    check(view) {
      const { nrMemmapPages } = view.kernel.vmstat;
      const pages = pagesBehind(view, view.after.leaves);
      if (!view.kernel.traits.countNrMemmap || nrMemmapPages === pages) return [];
      return [{ kind: 'counter-off', count: nrMemmapPages, pages }];
    },
  },
  {
    name: 'parameter-reads-back',
    sentence: 'memory_hotplug.memmap_on_memory reads what it was set to.',
    check({ memory, kernel }) {
      const shown = showMemmapOnMemory(kernel.traits, memory.memmapOnMemory);
      if (parseMemmapOnMemory(kernel.traits, shown) === memory.memmapOnMemory) return [];
      return [{ kind: 'parameter-differs', set: memory.memmapOnMemory, shown }];
    },
  },
  {
    name: 'leaves-filled',
    sentence: 'A large leaf is made only where the memmap that is added fills it.',
    check(view) {
      const add = addOf(view);
      if (add === undefined) return [];
      const { start, end } = add.given;
      const was = new Set(view.before.leaves.map((leaf) => leaf.start));
      const loose = leavesIn(view, add.given).find(
        (leaf) => leaf.level !== PTE && !was.has(leaf.start) && (leaf.start < start || leaf.start + leaf.size > end),
      );
      if (loose === undefined) return [];
      const bytes = Math.min(loose.start + loose.size, end) - Math.max(loose.start, start);
      return [{ kind: 'leaf-for-less', ...leafFacts(loose), bytes, of: loose.size }];
    },
  },
  {
    name: 'page-tables-counted',
    sentence: 'nr_page_table_pages falls by no table that it did not rise by.',
    check: ({ kernel: { counters } }) =>
      counters.strayTableDtor === 0 ? [] : [{ kind: 'tables-uncounted', count: counters.strayTableDtor }],
  },
  ofSights('flush-before-free', 'No page is given back while a translation to it may still be held.', ({ freed }) =>
    heldPages('freed-unflushed', freed),
  ),
  ofSights(
    'flush-before-reuse',
    'No page is handed out again while a translation to it, or an IOMMU’s way through it, may still be held.',
    ({ reused }) => heldPages('reused-unflushed', reused),
  ),
  ofSights(
    'iommu-told-before-free',
    'No page table is given back while an IOMMU that shares the kernel’s tables may walk through it.',
    ({ walked }) => heldPages('freed-under-iommu', walked),
  ),
  ofSights(
    'no-transient-hole',
    'After every write of an entry, active memmap that the step does not take away is mapped, with the bytes that it had.',
    ({ glimpses }) =>
      glimpses.map(({ at, kind }) => ({
        kind: kind === 'hole' ? 'hole-for-a-moment' : 'other-bytes-for-a-moment',
        at,
      })),
  ),
  ofSights(
    'hardware-rules',
    'Entries change as the architecture’s manual asks of a page table that CPUs are using.',
    ({ broken }) =>
      broken.map(({ rule, ...where }) => {
        const facts = { rule: rule.name, by: `${rule.manual}, ${rule.section}` };
        return 'pfn' in where
          ? { kind: 'rule-broken-by-free', ...facts, frames: [where.pfn] as const }
          : { kind: 'rule-broken', ...facts, ...where };
      }),
  ),
];

/** What is asked of a step between its writes, and of what it gives back or hands out again while it may be held. */
export const BETWEEN_WRITES = ['no-transient-hole', 'hardware-rules'] as const satisfies readonly ExpectationName[];
export const STALE = {
  free: ['flush-before-free', 'iommu-told-before-free'],
  reuse: ['flush-before-reuse'],
} as const satisfies Record<string, readonly ExpectationName[]>;

/** Invariants and expectations, all that can be asked for by name. */
export const CHECKS: readonly Check[] = [...INVARIANTS, ...EXPECTATIONS];
