// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PageAllocator, type BadFree, type PageAllocatorOptions } from '../../src/hardware/page-allocator.js';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import { Ram } from '../../src/hardware/ram.js';
import { StateWriter } from '../../src/hardware/saved-state.js';

const MAX_ORDER = 10;
const BLOCK = 2 ** MAX_ORDER;

function allocator(blocks: number, more: Partial<PageAllocatorOptions> = {}): PageAllocator {
  const pages = new PageAllocator(new Ram(4096), {
    nodes: [{ basePfn: 4 * BLOCK, nrPages: blocks * BLOCK }],
    maxOrder: MAX_ORDER,
    recycledPages: 'zero',
    failAllocations: new Set(),
    ...more,
  });
  pages.startBooks();
  return pages;
}

const never = (bad: BadFree): void => {
  throw new Error(`bad free of ${bad.pfn}`);
};

describe('the page allocator', () => {
  test('gives many base pages at once as it gives them one by one, and takes them back so', () => {
    const action = fc.record({ take: fc.boolean(), count: fc.integer({ min: 1, max: 600 }), from: fc.nat() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), fc.boolean(), (actions, fails) => {
        const failAllocations = new Set(fails ? [700] : []);
        const [single, bulk] = [allocator(1, { failAllocations }), allocator(1, { failAllocations })];
        const bad: [BadFree[], BadFree[]] = [[], []];
        const out: number[] = [];
        for (const { take, count, from } of actions) {
          if (take) {
            const pfns = new Float64Array(count);
            const taken = bulk.allocBasePages(pfns, count, 0);
            const one = Array.from({ length: Math.min(taken + 1, count) }, () => single.allocPages(0));
            expect([...pfns.subarray(0, taken)]).toEqual(one.filter((pfn) => pfn !== NO_PAGE));
            expect(one.length - taken).toBe(taken < count ? 1 : 0);
            out.push(...one.slice(0, taken));
          } else {
            // Some are given back again later: a double free.
            const given = out.slice(from % (out.length + 1)).slice(0, count);
            given.forEach((pfn) => single.freePages(pfn, 0, (each) => bad[0].push(each)));
            bulk.freeBasePages(new Float64Array(given), given.length, (each) => bad[1].push(each));
          }
          const [books, others] = [new StateWriter(), new StateWriter()];
          single.save(books);
          bulk.save(others);
          expect(others.take()).toEqual(books.take());
          expect([bulk.calls, bulk.pagesOut]).toEqual([single.calls, single.pagesOut]);
        }
        expect(bad[1]).toEqual(bad[0]);
      }),
    );
  });

  test('never hands a frame out twice, and has everything again when all is given back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ take: fc.boolean(), order: fc.integer({ min: 0, max: MAX_ORDER }), which: fc.nat() })),
        (actions) => {
          const pages = allocator(4);
          const out: { pfn: number; order: number }[] = [];
          const taken = new Set<number>();
          const giveBack = ({ pfn, order }: { pfn: number; order: number }): void => {
            expect(pages.freePages(pfn, order, never)).toBe(2 ** order);
            for (let i = 0; i < 2 ** order; i++) taken.delete(pfn + i);
          };
          for (const { take, order, which } of actions) {
            if (!take && out.length > 0) giveBack(out.splice(which % out.length, 1)[0]!);
            if (!take) continue;
            const pfn = pages.allocPages(order);
            if (pfn === NO_PAGE) continue;
            expect(pfn % 2 ** order).toBe(0);
            for (let i = 0; i < 2 ** order; i++) {
              expect(taken.has(pfn + i)).toBe(false);
              taken.add(pfn + i);
            }
            out.push({ pfn, order });
          }
          expect(pages.pagesOut).toBe(taken.size);
          out.forEach(giveBack);
          for (let i = 0; i < 4; i++) expect(pages.allocPages(MAX_ORDER)).not.toBe(NO_PAGE);
          expect(pages.allocPages(0)).toBe(NO_PAGE);
        },
      ),
    );
  });

  test('another node serves one that has no memory', () => {
    const pages = allocator(1);
    expect(pages.allocPages(0, 1)).not.toBe(NO_PAGE);
  });

  test('small pages that were given back join when a large block is asked for', () => {
    const pages = allocator(1);
    const small = Array.from({ length: BLOCK }, () => pages.allocPages(0));
    expect(pages.allocPages(0)).toBe(NO_PAGE);
    for (const pfn of small) pages.freePages(pfn, 0, never);
    expect(pages.allocPages(MAX_ORDER)).toBe(4 * BLOCK);
  });

  test('the block given back last is the one handed out next', () => {
    const pages = allocator(4);
    const [, second] = [pages.allocPages(0), pages.allocPages(0)];
    pages.freePages(second, 0, never);
    expect(pages.allocPages(0)).toBe(second);
  });

  test('two halves of a block that come back are one block again, lower half first', () => {
    const pages = allocator(1);
    const [low, high] = [pages.allocPages(9), pages.allocPages(9)];
    pages.freePages(high, 9, never);
    pages.freePages(low, 9, never);
    expect(pages.allocPages(9)).toBe(low);
  });

  test('a frame it never gave is refused, named once by its first frame', () => {
    const pages = allocator(1);
    const bad: BadFree[] = [];
    expect(pages.freePages(0x100, 3, (b) => bad.push(b))).toBe(0);
    expect(bad).toEqual([{ kind: 'free-not-allocated', pfn: 0x100 }]);
    expect(pages.pagesOut).toBe(0);
  });

  test('a frame that it has back already is a double free', () => {
    const pages = allocator(1);
    const pfn = pages.allocPages(0);
    pages.freePages(pfn, 0, never);
    const bad: BadFree[] = [];
    pages.freePages(pfn, 0, (b) => bad.push(b));
    expect(bad).toEqual([{ kind: 'double-free', pfn }]);
  });

  test('one page of a large block can be given back, and the rest stays out', () => {
    const pages = allocator(1);
    const pfn = pages.allocPages(9);
    expect(pages.freePages(pfn + 5, 0, never)).toBe(1);
    expect(pages.pagesOut).toBe(511);
    expect(pages.isAllocated(pfn + 5)).toBe(false);
    expect(pages.isAllocated(pfn + 6)).toBe(true);
  });

  test('injected failures are counted over all calls, failed ones included', () => {
    const pages = allocator(1, { failAllocations: new Set([2, 3]) });
    expect([0, 0, 0, 0].map(() => pages.allocPages(0) === NO_PAGE)).toEqual([false, true, true, false]);
    expect(pages.calls).toBe(4);
  });

  test('a page with a second reference goes back with the second free', () => {
    const pages = allocator(1);
    const pfn = pages.allocPages(0);
    pages.getPage(pfn);
    expect(pages.freePages(pfn, 0, never)).toBe(0);
    expect(pages.isAllocated(pfn)).toBe(true);
    expect(pages.freePages(pfn, 0, never)).toBe(1);
  });

  test('counts base pages that it hands out and takes back: not a failed call, not a reference, not a bad free', () => {
    const counts = { allocPages: 0, freePages: 0 };
    const pages = allocator(1, { counts, failAllocations: new Set([2]) });
    const pfn = pages.allocPages(9);
    pages.allocPages(0);
    pages.getPage(pfn + 5);
    for (let free = 0; free < 3; free++) pages.freePages(pfn + 5, 0, () => undefined);
    expect(counts).toEqual({ allocPages: 512, freePages: 1 });
  });

  test('a page taken again reads as zero, or keeps its bytes, as the machine has it', () => {
    for (const recycledPages of ['zero', 'keep'] as const) {
      const ram = new Ram(4096);
      const pages = new PageAllocator(ram, {
        nodes: [{ basePfn: 0, nrPages: BLOCK }],
        maxOrder: MAX_ORDER,
        recycledPages,
        failAllocations: new Set(),
      });
      const pfn = pages.allocPages(0);
      ram.fillFrames(pfn, 1, 0xfd);
      pages.freePages(pfn, 0, never);
      expect(pages.allocPages(0)).toBe(pfn);
      expect(ram.uniformByte(pfn)).toBe(recycledPages === 'zero' ? 0 : 0xfd);
    }
  });

  test('another node serves when the preferred one is empty', () => {
    const pages = allocator(0, {
      nodes: [
        { basePfn: 0, nrPages: BLOCK },
        { basePfn: 2 ** 34, nrPages: BLOCK },
      ],
    });
    expect(pages.allocPages(MAX_ORDER, 0)).toBe(0);
    expect(pages.allocPages(MAX_ORDER, 0)).toBe(2 ** 34);
    expect(pages.allocPages(0, 0)).toBe(NO_PAGE);
  });

  test('boot memory is reserved, in no books, and given back like any other', () => {
    const pages = new PageAllocator(new Ram(4096), {
      nodes: [{ basePfn: 0, nrPages: BLOCK }],
      maxOrder: MAX_ORDER,
      recycledPages: 'zero',
      failAllocations: new Set(),
    });
    const boot = pages.allocPages(2);
    pages.startBooks();
    const later = pages.allocPages(2);
    expect([pages.isReserved(boot), pages.isReserved(boot + 3), pages.isReserved(later)]).toEqual([true, true, false]);
    expect([...pages.allocatedFrames()]).toEqual([later, later + 1, later + 2, later + 3]);
    expect(pages.freePages(boot + 1, 0, never)).toBe(1);
    expect([pages.isReserved(boot), pages.isAllocated(boot + 1), pages.pagesOut]).toEqual([true, false, 4]);
  });

  test('with somebody who chooses gives the block that is named, as long as it is free, and joins it again', () => {
    const orders = { min: 0, max: MAX_ORDER };
    const request = fc.record({ order: fc.integer(orders), at: fc.integer({ min: 0, max: 4 * BLOCK - 1 }) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const pages = allocator(4);
        const taken = new Set<number>();
        const out: { pfn: number; order: number }[] = [];
        for (const { order, at } of requests) {
          const wanted = 4 * BLOCK + (at - (at % 2 ** order));
          pages.chooser = { choose: () => wanted };
          const isFree = Array.from({ length: 2 ** order }, (_, i) => wanted + i).every((pfn) => !taken.has(pfn));
          const pfn = pages.allocPages(order);
          expect(pfn === wanted).toBe(isFree);
          if (pfn === NO_PAGE) continue;
          for (let i = 0; i < 2 ** order; i++) taken.add(pfn + i);
          out.push({ pfn, order });
        }
        pages.chooser = null;
        for (const { pfn, order } of out) pages.freePages(pfn, order, never);
        for (let i = 0; i < 4; i++) expect(pages.allocPages(MAX_ORDER)).not.toBe(NO_PAGE);
        expect(pages.allocPages(0)).toBe(NO_PAGE);
      }),
    );
  });

  test('has nothing where somebody who chooses says so, and chooses itself where he does not', () => {
    const pages = allocator(1);
    pages.chooser = { choose: (order) => (order === 0 ? NO_PAGE : undefined) };
    expect(pages.allocPages(0)).toBe(NO_PAGE);
    expect(pages.allocPages(MAX_ORDER)).toBe(4 * BLOCK);
    // Frames of no node, and blocks that begin at no multiple of their size.
    for (const wanted of [0, 5 * BLOCK, 4 * BLOCK + 1]) {
      const others = allocator(1);
      others.chooser = { choose: () => wanted };
      expect(others.allocPages(1)).toBe(4 * BLOCK);
    }
  });
});
