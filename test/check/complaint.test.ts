// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { addressOf, sentenceOf, sortOf, type Complaint } from '../../src/check/complaint.js';
import { PMD, PTE } from '../../src/hardware/page-table.js';
import { AddressText } from '../../src/kernel/vmemmap-view.js';

const text = new AddressText(0xffff_ea00_0000_0000n);
const start = 0xfea00_0000_0000;
const leaf = { at: { start, end: start + 2 ** 21 }, level: PMD } as const;

describe('a complaint', () => {
  test('is read as one sentence, with addresses in full', () => {
    const sentence = (complaint: Complaint): string => sentenceOf(complaint, text);
    expect(sentence({ kind: 'idle-leaf', ...leaf })).toBe('ffffea0000000000-ffffea0000200000 pmd describes nothing');
    expect(sentence({ kind: 'double-free', frames: [0x100], count: 1 })).toBe(
      'frame 100 given to the page allocator, which had it back already',
    );
    expect(sentence({ kind: 'double-free', frames: [0x100], count: 3 })).toBe(
      'frames 100-102, each given to the page allocator, which had it back already',
    );
  });

  test('is of one sort with others that differ in addresses, frames and counts alone', () => {
    const lost = (count: number, ...frames: number[]): Complaint => ({
      kind: 'lost-pages',
      count,
      lost: frames,
      frames,
    });
    expect(sortOf(lost(2, 7, 8))).toBe(sortOf(lost(9, 100, 200)));
    expect(sortOf(lost(2, 7, 8))).not.toBe(sortOf(lost(1, 7)));
    expect(sortOf({ kind: 'idle-leaf', ...leaf })).not.toBe(sortOf({ kind: 'idle-leaf', ...leaf, level: PTE }));
    const warning = (words: string) => sortOf({ kind: 'warning', warning: words });
    expect(warning('section already deactivated (4096 + 512)')).toBe(
      warning('section already deactivated (8192 + 1024)'),
    );
    expect(warning('online_pages')).not.toBe(warning('offline_pages'));
  });

  test('is of the same sort when it has become a finding', () => {
    const complaint: Complaint = { kind: 'altmap-negative', altmap: 'dev', alloc: -1 };
    const finding = { ...complaint, step: 3, invariant: 'altmap-books', text: sentenceOf(complaint, text) };
    expect(sortOf(finding)).toBe(sortOf(complaint));
  });

  test('is about the address where its range begins, or that its table covers', () => {
    expect(addressOf({ kind: 'idle-leaf', ...leaf })).toBe(start);
    expect(addressOf({ kind: 'table-stays', level: PMD, table: start })).toBe(start);
    expect(addressOf({ kind: 'stale-section', section: 1 })).toBeUndefined();
  });
});
