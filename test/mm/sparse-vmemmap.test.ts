// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { pfnToPage, type Kernel } from '../../src/kernel/kernel.js';
import {
  sectionNrVmemmapPages,
  vmemmapCanOptimize,
  vmemmapPopulateBasepages,
  vmemmapPopulateCompoundPages,
  vmemmapPopulateHugepages,
} from '../../src/mm/sparse-vmemmap.js';
import { startRun } from '../../src/scenario/runner.js';
import { idle, PFN, play, scenario, SECTION, SUBSECTION } from '../scenarios.js';

const ENOMEM = 12;
const GIB_SHIFT = 18;
const GIB_PAGES = 2 ** GIB_SHIFT;
const x86 = (kernel = '6.12.117'): Kernel => idle({ arch: 'x86_64', kernel }).kernel;
const compound = (vmemmapShift: number, rangeStartPfn = PFN) => ({ rangeStartPfn, vmemmapShift });

/** Populates the memmap of a range of a device with compound pages. */
const populate = (kernel: Kernel, pfn: number, nrPages: number, pgmap: ReturnType<typeof compound>): number =>
  vmemmapPopulateCompoundPages(kernel, pfn, pfnToPage(kernel, pfn), pfnToPage(kernel, pfn + nrPages), 0, pgmap);

const frameOf = (kernel: Kernel, pfn: number, page: number): number =>
  kernel.platform.mmu.walk(pfnToPage(kernel, pfn) + page * kernel.pageSize)!.pa;

describe('vmemmap_can_optimize()', () => {
  test('is about devices with compound pages and no altmap', () => {
    const altmap = { name: 'a', basePfn: PFN, endPfn: PFN, reserve: 0, free: 1, align: 0, alloc: 0 };
    expect(vmemmapCanOptimize(x86(), null, null)).toBe(false);
    expect(vmemmapCanOptimize(x86(), altmap, compound(9))).toBe(false);
    expect(vmemmapCanOptimize(x86(), null, compound(9))).toBe(true);
  });

  test('before 6.6 any compound page was folded, and a page alone is none', () => {
    expect(vmemmapCanOptimize(x86('5.19'), null, compound(0))).toBe(false);
    expect(vmemmapCanOptimize(x86('5.19'), null, compound(1))).toBe(true);
    expect(vmemmapCanOptimize(x86('6.6'), null, compound(1))).toBe(false);
  });
});

describe('section_nr_vmemmap_pages()', () => {
  const count = (pfn: number, nrPages: number, vmemmapShift: number): number =>
    sectionNrVmemmapPages(x86('7.3'), pfn, nrPages, null, compound(vmemmapShift));

  test('counts two pages for each compound page of a section', () => {
    expect(count(PFN, SECTION, 9)).toBe((2 * SECTION) / SUBSECTION);
    expect(count(PFN + SUBSECTION, SUBSECTION, 9)).toBe(2);
  });

  test('counts a compound page of a section or more where it begins, and nothing behind', () => {
    expect(count(PFN + SECTION, SECTION, 15)).toBe(2);
    expect(count(PFN, SECTION, GIB_SHIFT)).toBe(2);
    expect(count(PFN + SECTION, SECTION, GIB_SHIFT)).toBe(0);
    expect(count(PFN + SUBSECTION, SUBSECTION, 15)).toBe(0);
  });

  test('counts every page where nothing is folded', () => {
    expect(sectionNrVmemmapPages(x86('7.3'), PFN, SECTION, null, null)).toBe(512);
    expect(sectionNrVmemmapPages(x86('6.12'), PFN, SECTION, null, compound(9))).toBe(512);
  });
});

describe('vmemmap_populate_compound_pages()', () => {
  test('a section in the middle of a compound page maps the tail page that lies just below it', () => {
    const kernel = x86();
    const pgmap = compound(GIB_SHIFT);
    expect(populate(kernel, PFN, SECTION, pgmap)).toBe(0);
    expect(populate(kernel, PFN + SECTION, SECTION, pgmap)).toBe(0);
    expect(frameOf(kernel, PFN + SECTION, 0)).toBe(frameOf(kernel, PFN, 1));
    expect(frameOf(kernel, PFN, 1)).not.toBe(frameOf(kernel, PFN, 0));
  });

  test('without a mapping just below it there is no tail page to map', () => {
    expect(populate(x86(), PFN + SECTION, SECTION, compound(GIB_SHIFT))).toBe(-ENOMEM);
  });

  test('where a compound page begins is told from the start of the device', () => {
    const kernel = x86();
    const start = PFN + GIB_PAGES / 8;
    expect(populate(kernel, start, SECTION, compound(GIB_SHIFT, start))).toBe(0);
    expect(frameOf(kernel, start, 2)).toBe(frameOf(kernel, start, 1));
  });

  test('a compound page of a subsection is never taken up in its middle', () => {
    const kernel = x86();
    expect(populate(kernel, PFN, SUBSECTION, compound(9, PFN - SUBSECTION / 2))).toBe(0);
    expect(frameOf(kernel, PFN, 0)).not.toBe(frameOf(kernel, PFN, 1));
  });

  test('does not reach beyond a range that is shorter than its compound page', () => {
    const kernel = x86();
    expect(populate(kernel, PFN, SECTION, compound(GIB_SHIFT))).toBe(0);
    expect(kernel.platform.mmu.walk(pfnToPage(kernel, PFN + SECTION))).toBeUndefined();
  });

  test('fails where there is no memory for a later page table of a compound page', () => {
    // Three tables, a head page, a tail page; then the page table of the second section.
    const { kernel } = startRun(
      scenario({
        machine: { arch: 'x86_64', kernel: '6.12.117' },
        failAllocations: [6],
        steps: [{ op: 'use', pfn: 0, nrPages: 1 }],
      }),
    );
    expect(populate(kernel, PFN, 2 * SECTION, compound(GIB_SHIFT))).toBe(-ENOMEM);
    expect(kernel.counters).toMatchObject({ allocPages: 3 + 2, set: [512, 1, 1, 1, 0] });
  });

  test.each([1, 2, 3, 4, 5])('fails as allocation %i does, and leaves nothing', (allocation) => {
    const [state] = play({
      machine: { arch: 'x86_64' },
      steps: [{ op: 'memremap-pages', device: 'd', pfn: PFN, nrPages: SECTION, compoundSize: '2M' }],
      failAllocations: [allocation],
    });
    // add_pages() of x86_64 warns of any failure.
    expect(state).toMatchObject({ ret: -ENOMEM, leaves: [], violations: ['warn:add_pages'] });
  });
});

describe('the shared helpers', () => {
  test('hold one reference to a page that is mapped once, and one more for each time that it is mapped again', () => {
    const kernel = x86();
    const start = pfnToPage(kernel, PFN);
    expect(vmemmapPopulateBasepages(kernel, start, start + 8 * kernel.pageSize, 0, null)).toBe(0);
    expect(kernel.allocator.sharesPages).toBe(false);
    expect(populate(kernel, PFN + SECTION, SECTION, compound(15, PFN + SECTION))).toBe(0);
    const tail = frameOf(kernel, PFN + SECTION, 1) / kernel.pageSize;
    expect(kernel.allocator.sharedPages).toBe(1);
    expect(kernel.allocator.extraReferencesOf(tail)).toBe(510);
  });

  test('serve only architectures that declare a page table of their kind', () => {
    const { kernel } = idle({ arch: 's390' });
    const { vmemmap } = kernel;
    expect(() => vmemmapPopulateBasepages(kernel, vmemmap, vmemmap + 4096, 0, null)).toThrow('mm/sparse-vmemmap.c');
    const radix = idle({ arch: 'ppc64', mmu: 'radix' }).kernel;
    const start = radix.vmemmap;
    expect(() => vmemmapPopulateHugepages(radix, start, start + 2 ** 21, 0, null, null)).toThrow(
      'vmemmap_populate_hugepages',
    );
  });
});
