// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { isFilled, memset, PageFault } from '../../src/hardware/mmu.js';
import {
  NOT_MAPPED,
  P4D,
  PageTable,
  PMD,
  PTE,
  PUD,
  tableIndex,
  type EntryFormat,
  type TableGeometry,
} from '../../src/hardware/page-table.js';
import { Ram } from '../../src/hardware/ram.js';

/** A made-up format: bit 0 present, bit 1 leaf, frame from bit 12 up. */
const format: EntryFormat = {
  isPresent: (_level, lo) => (lo & 1) !== 0,
  isLeaf: (_level, lo) => (lo & 2) !== 0,
  address: (_level, lo, hi) => (hi & 0xfffff) * 2 ** 32 + ((lo & 0xfffff000) >>> 0),
};

const geometry = (endian: TableGeometry['endian']): TableGeometry => ({
  levels: [
    { level: P4D, shift: 39, bits: 9 },
    { level: PUD, shift: 30, bits: 9 },
    { level: PMD, shift: 21, bits: 9 },
    { level: PTE, shift: 12, bits: 9 },
  ],
  endian,
});

const ROOT = 0x1000;
/** A frame above 2^32: above 16 TiB with 4 KiB frames. */
const FAR = (2 ** 32 + 3) * 4096;

function mapOne(endian: TableGeometry['endian'], target: number): PageTable {
  const table = new PageTable(new Ram(4096), ROOT, geometry(endian), format);
  const point = (tablePa: number, level: 1 | 2 | 3, address: number, to: number, bits: number): void => {
    table.write(
      table.entry(tablePa, tableIndex(table.table(level), address)),
      ((to & 0xfffff000) | bits) >>> 0,
      Math.floor(to / 2 ** 32),
    );
  };
  point(ROOT, P4D, 0xea0000200000, FAR, 1);
  point(FAR, PUD, 0xea0000200000, 0x3000, 1);
  point(0x3000, PMD, 0xea0000200000, target, 3);
  return table;
}

describe('a page table', () => {
  test('tells where the last walk came out as long as the way is the same', () => {
    const address = 0xea0000234567;
    for (const [tablePa, level] of [
      [ROOT, P4D],
      [FAR, PUD],
    ] as const) {
      const table = mapOne('big', 2 ** 45);
      table.lastWalk.remember(PMD, address);
      expect(table.lastWalk.find(PMD, address + 2 ** 29)).toBe(0x3000);
      expect(table.lastWalk.find(PMD, address + 2 ** 30)).toBe(NOT_MAPPED);
      expect(table.lastWalk.find(PTE, address)).toBe(NOT_MAPPED);
      const entry = table.entry(tablePa, tableIndex(table.table(level), address));
      table.write(entry, table.lo(entry), table.hi(entry) + 1);
      expect(table.lastWalk.find(PMD, address)).toBe(NOT_MAPPED);
    }
    const table = mapOne('little', 2 ** 45);
    table.lastWalk.remember(PMD, address);
    table.ram.fillFrames(3, 1, 0);
    expect(table.lastWalk.find(PMD, address)).toBe(NOT_MAPPED);
  });

  test.each(['little', 'big'] as const)('maps through frames above 2^32, %s-endian', (endian) => {
    const table = mapOne(endian, 2 ** 45);
    expect(table.translate(0xea0000234567)).toBe(2 ** 45 + 0x34567);
    expect(table.translate(0xea0000400000)).toBe(NOT_MAPPED);
  });

  test('stores an entry as the hardware would, in either byte order', () => {
    const bytes = (endian: TableGeometry['endian']): string => {
      const table = new PageTable(new Ram(4096), ROOT, geometry(endian), format);
      table.write(table.entry(ROOT, 2), 0x89abcdef, 0x01234567);
      return Buffer.from(table.ram.readFrame(1).slice(16, 24)).toString('hex');
    };
    expect(bytes('little')).toBe('efcdab8967452301');
    expect(bytes('big')).toBe('0123456789abcdef');
  });

  test('reads back both halves of an entry, bit 63 included', () => {
    for (const endian of ['little', 'big'] as const) {
      const table = new PageTable(new Ram(4096), ROOT, geometry(endian), format);
      const entry = table.entry(ROOT, 511);
      table.write(entry, 0xffff_fffe, 0x8000_0001);
      expect([table.lo(entry), table.hi(entry)]).toEqual([0xffff_fffe, 0x8000_0001]);
    }
  });

  test('is found again by a visit, with its tables', () => {
    const table = mapOne('little', 0x400000);
    const seen: string[] = [];
    table.visit(
      0,
      2 ** 48,
      (leaf) => seen.push(`leaf ${leaf.level} ${leaf.start.toString(16)} ${leaf.pa.toString(16)}`),
      (t) => seen.push(`table ${t.level} ${t.start.toString(16)}`),
    );
    expect(seen).toEqual(['table 2 ea0000000000', 'table 1 ea0000000000', 'leaf 1 ea0000200000 400000']);
  });

  test('an access that crosses out of a mapping faults where the mapping ends', () => {
    const table = mapOne('little', 0x400000);
    expect(() => memset(table, table.ram, 0xea0000300000, 0xfd, 2 ** 21)).toThrow(new PageFault(0xea0000400000));
    expect(isFilled(table, table.ram, 0xea0000300000, 0xfd, 2 ** 20)).toBe(true);
    expect(isFilled(table, table.ram, 0xea0000200000, 0xfd, 2 ** 21)).toBe(false);
  });

  test('has no table of a folded level', () => {
    expect(() => new PageTable(new Ram(4096), ROOT, geometry('little'), format).table(4)).toThrow('no level pgd');
  });
});
