// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { addressLayout, format as arm64Format, geometry as arm64Geometry } from '../../arch/arm64/layout.js';
import {
  entryAddress as radixAddress,
  format as radixFormat,
  geometry as radixGeometry,
  tableLo,
} from '../../arch/ppc64/radix/layout.js';
import { entryAddress as s390Address, format as s390Format, geometry as s390Geometry } from '../../arch/s390/layout.js';
import { format as x86Format, geometry as x86Geometry } from '../../arch/x86_64/layout.js';
import { LEVELS, P4D, PGD, PMD, PTE, PUD, type LeafField, type Level } from '../../src/hardware/page-table.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, play } from '../scenarios.js';

/** Entries of a page table as the headers of the kernel and the manuals of the CPUs lay them out. */

/** One bit, and the bits from one to another. */
const bit = (number: number): bigint => 1n << BigInt(number);
const bits = (low: number, high: number): bigint => bit(high + 1) - bit(low);

/** Name, bits, and the levels that have the field where not all do. */
type Row = readonly [string, bigint, (readonly Level[])?];

/** arch/x86/include/asm/pgtable_types.h. */
const X86_64: readonly Row[] = [
  ['_PAGE_PRESENT', bit(0)],
  ['_PAGE_RW', bit(1)],
  ['_PAGE_USER', bit(2)],
  ['_PAGE_PWT', bit(3)],
  ['_PAGE_PCD', bit(4)],
  ['_PAGE_ACCESSED', bit(5)],
  ['_PAGE_DIRTY', bit(6)],
  ['_PAGE_PSE', bit(7), [PMD, PUD]],
  ['_PAGE_PAT', bit(7), [PTE]],
  ['_PAGE_GLOBAL', bit(8)],
  ['_PAGE_SOFTW1-3', bits(9, 11)],
  ['_PAGE_SOFTW4-5', bits(57, 58)],
  ['_PAGE_PKEY_MASK', bits(59, 62)],
  ['_PAGE_NX', bit(63)],
];

/** arch/arm64/include/asm/pgtable-hwdef.h and pgtable-prot.h. */
const ARM64: readonly Row[] = [
  ['PTE_VALID', bit(0)],
  ['PTE_TABLE_BIT', bit(1)],
  ['PTE_ATTRINDX', bits(2, 4)],
  ['PTE_USER', bit(6)],
  ['PTE_RDONLY', bit(7)],
  ['PTE_SHARED', bits(8, 9)],
  ['PTE_AF', bit(10)],
  ['PTE_NG', bit(11)],
  ['PTE_GP', bit(50)],
  ['PTE_DBM', bit(51)],
  ['PTE_CONT', bit(52)],
  ['PTE_PXN', bit(53)],
  ['PTE_UXN', bit(54)],
  ['PTE_DIRTY', bit(55)],
  ['PTE_SPECIAL', bit(56)],
  ['PMD_PRESENT_INVALID', bit(59), [PMD]],
];

/** arch/s390/include/asm/pgtable.h. */
const S390: readonly Row[] = [
  ['_PAGE_PRESENT', 0x001n, [PTE]],
  ['_PAGE_YOUNG', 0x004n, [PTE]],
  ['_PAGE_DIRTY', 0x008n, [PTE]],
  ['_PAGE_READ', 0x010n, [PTE]],
  ['_PAGE_WRITE', 0x020n, [PTE]],
  ['_PAGE_NOEXEC', 0x100n, [PTE]],
  ['_PAGE_PROTECT', 0x200n, [PTE]],
  ['_PAGE_INVALID', 0x400n, [PTE]],
  ['_SEGMENT_ENTRY_READ', 0x0001n, [PMD]],
  ['_SEGMENT_ENTRY_WRITE', 0x0002n, [PMD]],
  ['_SEGMENT_ENTRY_INVALID', 0x0020n, [PMD]],
  ['_SEGMENT_ENTRY_NOEXEC', 0x0100n, [PMD]],
  ['_SEGMENT_ENTRY_PROTECT', 0x0200n, [PMD]],
  ['_SEGMENT_ENTRY_LARGE', 0x0400n, [PMD]],
  ['_SEGMENT_ENTRY_YOUNG', 0x1000n, [PMD]],
  ['_SEGMENT_ENTRY_DIRTY', 0x2000n, [PMD]],
];

/** arch/powerpc/include/asm/book3s/64/pgtable.h. */
const RADIX: readonly Row[] = [
  ['_PAGE_EXEC', 0x00001n],
  ['_PAGE_WRITE', 0x00002n],
  ['_PAGE_READ', 0x00004n],
  ['_PAGE_PRIVILEGED', 0x00008n],
  ['_PAGE_CACHE_CTL', 0x00030n],
  ['_PAGE_DIRTY', 0x00080n],
  ['_PAGE_ACCESSED', 0x00100n],
  ['_PAGE_SPECIAL', 0x00400n],
  ['_PAGE_PTE', 0x4000_0000_0000_0000n],
  ['_PAGE_PRESENT', 0x8000_0000_0000_0000n],
];

/** arch/powerpc/include/asm/book3s/64/mmu-hash.h, the second doubleword of an entry. */
const HASH: readonly Row[] = [
  ['HPTE_R_PP', 0x003n],
  ['HPTE_R_N', 0x004n],
  ['HPTE_R_G', 0x008n],
  ['HPTE_R_M', 0x010n],
  ['HPTE_R_I', 0x020n],
  ['HPTE_R_W', 0x040n],
  ['HPTE_R_C', 0x080n],
  ['HPTE_R_R', 0x100n],
  ['HPTE_R_KEY_LO', 0xe00n],
];

/** arch/riscv/include/asm/pgtable-bits.h and pgtable-64.h. */
const RISCV64: readonly Row[] = [
  ['_PAGE_PRESENT', bit(0)],
  ['_PAGE_READ', bit(1)],
  ['_PAGE_WRITE', bit(2)],
  ['_PAGE_EXEC', bit(3)],
  ['_PAGE_USER', bit(4)],
  ['_PAGE_GLOBAL', bit(5)],
  ['_PAGE_ACCESSED', bit(6)],
  ['_PAGE_DIRTY', bit(7)],
  ['_PAGE_SOFT', bits(8, 9)],
  ['_PAGE_MTMASK_THEAD', bits(59, 63)],
];

/** arch/loongarch/include/asm/pgtable-bits.h. */
const LOONGARCH64: readonly Row[] = [
  ['_PAGE_VALID', bit(0)],
  ['_PAGE_DIRTY', bit(1)],
  ['_PAGE_PLV', bits(2, 3)],
  ['_CACHE_MASK', bits(4, 5)],
  ['_PAGE_GLOBAL', bit(6), [PTE]],
  ['_PAGE_HUGE', bit(6), [PMD]],
  ['_PAGE_PRESENT', bit(7)],
  ['_PAGE_WRITE', bit(8)],
  ['_PAGE_MODIFIED', bit(9)],
  ['_PAGE_PROTNONE', bit(10)],
  ['_PAGE_SPECIAL', bit(11)],
  ['_PAGE_HGLOBAL', bit(12), [PMD]],
  ['_PAGE_PRESENT_INVALID', bit(60), [PMD]],
  ['_PAGE_NO_READ', bit(61)],
  ['_PAGE_NO_EXEC', bit(62)],
  ['_PAGE_RPLV', bit(63)],
];

const without = (rows: readonly Row[], name: string): readonly Row[] => rows.filter(([each]) => each !== name);

type Machine = ScenarioInput['machine'];
const MACHINES: readonly (readonly [string, Machine, readonly Row[]])[] = [
  ['x86_64', { arch: 'x86_64' }, X86_64],
  ['arm64, 4K pages', { arch: 'arm64' }, ARM64],
  ['arm64, 64K pages and 52 bits', { arch: 'arm64', pageSize: '64K', vaBits: 52 }, ARM64],
  // pgtable-prot.h: with LPA2 PTE_MAYBE_SHARED is 0, since bits 8 and 9 hold an address.
  ['arm64, 4K pages and LPA2', { arch: 'arm64', pageSize: '4K', vaBits: 52 }, without(ARM64, 'PTE_SHARED')],
  ['s390', { arch: 's390' }, S390],
  ['ppc64, radix', { arch: 'ppc64', mmu: 'radix' }, RADIX],
  ['ppc64, hash', { arch: 'ppc64', mmu: 'hash' }, HASH],
  ['riscv64', { arch: 'riscv64' }, RISCV64],
  ['loongarch64', { arch: 'loongarch64', pageSize: '16K' }, LOONGARCH64],
];

const fieldsOf = (machine: Machine): readonly LeafField[] =>
  idle({ kernel: '6.12.117', ...machine }).kernel.platform.leafFields!;

describe.each(MACHINES)('the fields of a leaf of %s', (_name, machine, rows) => {
  test('have the names and the bits of the kernel', () => {
    const named = fieldsOf(machine).map(({ name, mask, levels }) => [name, mask, levels]);
    expect(named).toEqual(rows.map(([name, mask, levels]) => [name, mask, levels]));
  });

  test('each say something, and no two of one level share a bit', () => {
    const fields = fieldsOf(machine);
    for (const { name, says } of fields) expect(says.length, name).toBeGreaterThan(3);
    for (const level of [PTE, PMD, PUD] as const) {
      const masks = fields.filter(({ levels }) => levels?.includes(level) ?? true).map(({ mask }) => mask);
      expect(masks.reduce((sum, mask) => sum + mask, 0n)).toBe(masks.reduce((or, mask) => or | mask, 0n));
    }
  });

  test('tell all that a leaf of the vmemmap says but its frame', () => {
    const [added] = play({ machine, steps: [{ op: 'add-pages', start: '0x100000000', size: '1G' }] });
    const known = fieldsOf(machine);
    const prots = Object.entries(added!.prot);
    expect(prots.length).toBeGreaterThan(0);
    for (const [levelName, prot] of prots) {
      const level = LEVELS.findIndex((each) => each === levelName) as Level;
      const here = known.filter(({ levels }) => levels?.includes(level) ?? true);
      const told = here.reduce((or, { mask }) => or | mask, 0n);
      expect(BigInt(prot) & ~told, `${levelName} ${prot}`).toBe(0n);
    }
  });
});

describe('the byte order of entries', () => {
  test('is the one of the CPU: little on x86_64 and arm64, big on s390 and in tables of the Power ISA', () => {
    expect(x86Geometry(4).endian).toBe('little');
    expect(arm64Geometry(12, 48).endian).toBe('little');
    expect(s390Geometry(4).endian).toBe('big');
    expect(radixGeometry(16).endian).toBe('big');
  });
});

describe('an entry maps memory itself', () => {
  test('on x86_64 with PSE in a PMD or a PUD; above them the bit is reserved', () => {
    const PSE = 0x80;
    const leaf = ([PMD, PUD, P4D, PGD] as const).map((level) => x86Format.isLeaf(level, PSE | 1, 0));
    expect(leaf).toEqual([true, true, false, false]);
    expect(x86Format.isLeaf(PMD, 1, 0)).toBe(false);
  });

  test('on arm64 as a block above the last level, where the table bit is clear; in the last level that is reserved', () => {
    const arm64 = arm64Format(addressLayout(12, 48));
    const VALID = 1;
    const TABLE = 2;
    expect(([PTE, PMD, PUD] as const).map((level) => arm64.isLeaf(level, VALID, 0))).toEqual([false, true, true]);
    expect(([PMD, PUD] as const).map((level) => arm64.isLeaf(level, VALID | TABLE, 0))).toEqual([false, false]);
  });

  test('on s390 with the format control in a segment or region-third entry', () => {
    const FORMAT_CONTROL = 0x400;
    const levels = [PTE, PMD, PUD, P4D, PGD] as const;
    const leaf = levels.map((level) => s390Format.isLeaf(level, FORMAT_CONTROL, 0));
    // In a page entry the bit is the one of an invalid page.
    expect(leaf).toEqual([false, true, true, false, false]);
    expect(s390Format.isPresent(PTE, FORMAT_CONTROL, 0)).toBe(false);
    expect(s390Format.isLeaf(PUD, 0, 0)).toBe(false);
  });

  test('on ppc64 with _PAGE_PTE, the second bit of the doubleword', () => {
    expect(radixFormat.isLeaf(PMD, 0, 0xc000_0000)).toBe(true);
    expect(radixFormat.isLeaf(PMD, 0, 0x8000_0000)).toBe(false);
  });
});

describe('what an entry points to', () => {
  test('on s390: pages and tables by their origin, 1 MiB and 2 GiB by theirs', () => {
    const GIB = 2 ** 30;
    const YOUNG_AND_DIRTY = 0x3000;
    const LARGE = 0x400;
    /** _REGION3_ENTRY: type and length. */
    const REGION3_ENTRY = 0x07;
    // _SEGMENT_ENTRY_ORIGIN is ~0x7ff, since a page table takes half a page; that of region tables ~0xfff.
    expect(s390Address(PMD, 0x1234_5800, 0)).toBe(0x1234_5800);
    expect(s390Address(PUD, 0x1234_5000 | REGION3_ENTRY, 0)).toBe(0x1234_5000);
    // _SEGMENT_ENTRY_ORIGIN_LARGE is ~0xfffff, _REGION3_ENTRY_ORIGIN_LARGE ~0x7fffffff.
    expect(s390Address(PMD, 0x1230_0000 | YOUNG_AND_DIRTY | LARGE, 0)).toBe(0x1230_0000);
    expect(s390Address(PUD, (0x8000_0000 | YOUNG_AND_DIRTY | LARGE) >>> 0, 1)).toBe(6 * GIB);
  });

  test('on ppc64: a table may start every 256 bytes, and the low byte says how many entries it has', () => {
    const table = 0x1234_5600;
    const NLS_64K = 5;
    const NLS_4K = 9;
    expect(tableLo(16, PMD, table)).toBe(table | NLS_64K);
    expect(tableLo(12, PMD, table)).toBe(table | NLS_4K);
    // RADIX_PTE_INDEX_SIZE is 5 or 9; RADIX_PMD_INDEX_SIZE and RADIX_PUD_INDEX_SIZE are 9 with either page size.
    expect(([PUD, P4D] as const).map((level) => tableLo(16, level, table))).toEqual([table | 9, table | 9]);
    expect(radixAddress(tableLo(16, PMD, table), 0x8000_0000)).toBe(table);
    // In a leaf bits 8 to 11 are flags (RPN begins at bit 12).
    expect(radixAddress(0x1234_518e, 0xc000_0000)).toBe(0x1234_5000);
  });
});
