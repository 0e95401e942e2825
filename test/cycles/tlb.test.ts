// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { DataTlb, TLB_FIRST, TLB_SECOND, TLB_WALK } from '../../src/cycles/tlb.js';

const PAGE = 4096;
const PMD = 2 ** 21;
const tlb = (): DataTlb =>
  new DataTlb(
    [
      { entries: 4, ways: 4, pageSizes: [PAGE] },
      { entries: 2, ways: 2, pageSizes: [PMD] },
    ],
    [{ entries: 16, ways: 4, pageSizes: [PAGE, PMD] }],
  );

describe('the D-TLB', () => {
  test('walks once a page, and knows it from then on', () => {
    const t = tlb();
    expect(t.lookup(0x1000, PAGE)).toBe(TLB_WALK);
    expect(t.lookup(0x1ff8, PAGE)).toBe(TLB_FIRST);
    expect(t.lookup(0x2000, PAGE)).toBe(TLB_WALK);
  });

  test('keeps pages of different sizes apart', () => {
    const t = tlb();
    expect(t.lookup(0, PAGE)).toBe(TLB_WALK);
    expect(t.lookup(0, PMD)).toBe(TLB_WALK);
    expect(t.lookup(0, PAGE)).toBe(TLB_FIRST);
  });

  test('finds in the second level what the first has lost', () => {
    const t = tlb();
    for (let page = 0; page < 5; page++) t.lookup(page * PAGE, PAGE);
    expect(t.lookup(0, PAGE)).toBe(TLB_SECOND);
  });

  test('splits a leaf larger than it can hold', () => {
    const t = tlb();
    expect(t.lookup(0, 2 ** 30)).toBe(TLB_WALK);
    expect(t.lookup(PMD, 2 ** 30)).toBe(TLB_WALK);
    expect(t.lookup(8, 2 ** 30)).toBe(TLB_FIRST);
  });

  test('forgets everything at a flush', () => {
    const t = tlb();
    t.lookup(0, PAGE);
    t.flush();
    expect(t.lookup(0, PAGE)).toBe(TLB_WALK);
  });
});
