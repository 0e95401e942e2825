// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { P4D, PGD, PMD, PTE, PUD, type Level } from '../../src/hardware/page-table.js';
import type { EntryField, Ptdump, PtdumpLine } from '../../src/kernel/ptdump.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { scenario } from '../scenarios.js';

/** The tables of the dumpers: which bits stand for which word, how a line is put together, and where the vmemmap's part ends. */

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TOP = 2 ** 52;

const bit = (number: number): bigint => 1n << BigInt(number);
const blank = (word: string): string => ' '.repeat(word.length);

function ptdumpOf(machine: ScenarioInput['machine'], memoryEnd = 4 * GIB): Ptdump {
  const { architecture, config, traits } = scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }).machine;
  const ptdump = architecture.ptdump!(config, traits, memoryEnd);
  if (typeof ptdump === 'string') throw new TypeError(ptdump);
  return ptdump;
}

/** A field: the kernel's constant, its bits, the word where they are all set, the word elsewhere, and its levels. */
type Row = readonly [name: string, mask: bigint, set: string, clear?: string, levels?: readonly Level[]];

const fieldOf = ([name, mask, set, clear, levels]: Row): EntryField => ({
  name,
  mask,
  value: mask,
  set,
  ...(clear === undefined ? {} : { clear }),
  ...(levels === undefined ? {} : { levels }),
});

const LARGE_LEVELS = [PMD, PUD, P4D, PGD] as const;

describe('the words of an entry', () => {
  test('on x86_64: PSE above the last level, PAT in it (printk_prot() in dump_pagetables.c)', () => {
    const rows: Row[] = [
      ['_PAGE_USER', bit(2), 'USR', '   '],
      ['_PAGE_RW', bit(1), 'RW', 'ro'],
      ['_PAGE_PWT', bit(3), 'PWT', '   '],
      ['_PAGE_PCD', bit(4), 'PCD', '   '],
      ['_PAGE_PSE', bit(7), 'PSE', '   ', LARGE_LEVELS],
      ['_PAGE_PAT', bit(7), 'PAT', '   ', [PTE]],
      ['_PAGE_GLOBAL', bit(8), 'GLB', '   '],
      ['_PAGE_NX', bit(63), 'NX', 'x '],
    ];
    expect(ptdumpOf({ arch: 'x86_64' }).fields).toEqual(rows.map(fieldOf));
  });

  test('on riscv64: pte_bits of ptdump.c; before 6.7 without memory types and contiguous ranges', () => {
    const permissions: Row[] = [
      ['_PAGE_DIRTY', bit(7), 'D', '.'],
      ['_PAGE_ACCESSED', bit(6), 'A', '.'],
      ['_PAGE_GLOBAL', bit(5), 'G', '.'],
      ['_PAGE_USER', bit(4), 'U', '.'],
      ['_PAGE_EXEC', bit(3), 'X', '.'],
      ['_PAGE_WRITE', bit(2), 'W', '.'],
      ['_PAGE_READ', bit(1), 'R', '.'],
      ['_PAGE_PRESENT', bit(0), 'V', '.'],
    ];
    const wide: Row[] = [
      ['_PAGE_NAPOT', bit(63), 'N', '.'],
      ['_PAGE_MTMASK_SVPBMT', 3n << 61n, 'MT(??)', '  ..  '],
      ['_PAGE_SOFT', 3n << 8n, 'RSW(3)', '  ..  '],
    ];
    const soft: Row = ['_PAGE_SOFT', 3n << 8n, 'RSW', blank('RSW')];
    const fields = (kernel: string) => ptdumpOf({ arch: 'riscv64', kernel }).fields;
    expect(fields('6.7')).toEqual([...wide, ...permissions].map(fieldOf));
    expect(fields('6.6')).toEqual([soft, ...permissions].map(fieldOf));
  });

  test('on arm64: pte_bits of ptdump.c, and the memory type by its number in MAIR_EL1', () => {
    const rows: Row[] = [
      ['PTE_VALID', bit(0), ' ', 'F'],
      ['PTE_USER', bit(6), 'USR', '   '],
      ['PTE_RDONLY', bit(7), 'ro', 'RW'],
      ['PTE_PXN', bit(53), 'NX', 'x '],
      ['PTE_SHARED', 3n << 8n, 'SHD', '   '],
      ['PTE_AF', bit(10), 'AF', '  '],
      ['PTE_NG', bit(11), 'NG', '  '],
      ['PTE_CONT', bit(52), 'CON', '   '],
      ['PTE_TABLE_BIT', bit(1), '   ', 'BLK'],
      ['PTE_UXN', bit(54), 'UXN', '   '],
      ['PTE_GP', bit(50), 'GP', '  '],
    ];
    const memoryType = (name: string, index: bigint, set: string): EntryField => ({
      name,
      mask: 7n << 2n,
      value: index << 2n,
      set,
    });
    expect(ptdumpOf({ arch: 'arm64' }).fields).toEqual([
      ...rows.map(fieldOf),
      memoryType('MT_DEVICE_nGnRnE', 3n, 'DEVICE/nGnRnE'),
      memoryType('MT_DEVICE_nGnRE', 4n, 'DEVICE/nGnRE'),
      memoryType('MT_NORMAL_NC', 2n, 'MEM/NORMAL-NC'),
      memoryType('MT_NORMAL', 0n, 'MEM/NORMAL'),
      memoryType('MT_NORMAL_TAGGED', 1n, 'MEM/NORMAL-TAGGED'),
    ]);
  });

  test('on s390: protection and execution, the same bits in pages and segments (print_prot())', () => {
    const rows: Row[] = [
      ['_PAGE_PROTECT', 0x200n, 'RO', 'RW'],
      ['_PAGE_NOEXEC', 0x100n, 'NX', 'X'],
    ];
    expect(ptdumpOf({ arch: 's390', kernel: '6.12.117' }).fields).toEqual(rows.map(fieldOf));
  });

  /** flag_array of arch/powerpc/mm/ptdump/book3s64.c up to the fields of the hash MMU, and the one behind them. */
  const ppc64 = (hashpte: bigint, hashFields: readonly EntryField[]): EntryField[] => {
    const present = bit(63);
    const invalid = bit(61);
    const word = (name: string, mask: bigint, set: string): EntryField => fieldOf([name, mask, set, blank(set)]);
    return [
      // Two fields say something of a bit that is clear.
      { name: '_PAGE_PRIVILEGED', mask: 0x8n, value: 0n, set: 'user', clear: blank('user') },
      word('_PAGE_READ', 0x4n, 'r'),
      word('_PAGE_WRITE', 0x2n, 'w'),
      word('_PAGE_EXEC', 0x1n, ' X '),
      word('_PAGE_PTE', bit(62), 'pte'),
      word('_PAGE_PRESENT', present, 'valid'),
      { name: '_PAGE_INVALID', mask: present | invalid, value: 0n, set: blank('present'), clear: 'present' },
      word('H_PAGE_HASHPTE', hashpte, 'hpte'),
      word('_PAGE_DIRTY', 0x80n, 'dirty'),
      word('_PAGE_ACCESSED', 0x100n, 'accessed'),
      word('_PAGE_NON_IDEMPOTENT', 0x20n, 'non-idempotent'),
      word('_PAGE_TOLERANT', 0x30n, 'tolerant'),
      fieldOf(['H_PAGE_BUSY', 0x40n, 'busy']),
      ...hashFields,
      fieldOf(['_PAGE_SPECIAL', 0x400n, 'special']),
    ];
  };

  test('on ppc64 with 64K pages: a page of the hash MMU may be made of 4K pages (hash-64k.h)', () => {
    expect(ptdumpOf({ arch: 'ppc64', mmu: 'radix', pageSize: '64K' }).fields).toEqual(
      ppc64(bit(55), [fieldOf(['H_PAGE_COMBO', 0x1000n, 'combo']), fieldOf(['H_PAGE_4K_PFN', 0x2000n, '4K_pfn'])]),
    );
  });

  test('on ppc64 with 4K pages: the place in its group is a number, three bits from bit 53 on (hash-4k.h)', () => {
    expect(ptdumpOf({ arch: 'ppc64', mmu: 'radix', pageSize: '4K' }).fields).toEqual(
      ppc64(bit(60), [
        { name: 'H_PAGE_F_GIX', mask: 7n << 53n, shift: 53, label: 'f_gix' },
        fieldOf(['H_PAGE_F_SECOND', bit(56), 'f_second']),
      ]),
    );
  });
});

const MACHINES = {
  x86_64: { arch: 'x86_64' },
  arm64: { arch: 'arm64', kernel: '6.12.117' },
  s390: { arch: 's390', kernel: '6.12.117' },
  ppc64: { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
} as const;

const LINE: PtdumpLine = {
  start: 'ffffea0004000000',
  end: 'ffffea0004200000',
  last: 'ffffea00041fffff',
  size: '        2M',
  level: PMD,
  isEmpty: false,
  words: ['A', 'B'],
  phys: '000000007e000000',
};
const EMPTY: Partial<PtdumpLine> = { isEmpty: true, words: [] };
const UPWARD: readonly Level[] = [PTE, PMD, PUD, P4D, PGD];

const text = (machine: keyof typeof MACHINES, changes: Partial<PtdumpLine>): string | undefined =>
  ptdumpOf(MACHINES[machine]).line({ ...LINE, ...changes });

describe('a line', () => {
  test('of x86_64 ends with the level, behind thirty blanks where nothing is mapped', () => {
    const range = '0xffffea0004000000-0xffffea0004200000           2M ';
    expect(UPWARD.map((level) => text('x86_64', { level }))).toEqual(
      ['pte', 'pmd', 'pud', 'p4d', 'pgd'].map((name) => `${range}A B ${name}`),
    );
    expect(text('x86_64', EMPTY)).toBe(`${range}${' '.repeat(30)}pmd`);
  });

  test('of arm64 names the level before the words, and is short where nothing is mapped', () => {
    const range = '0xffffea0004000000-0xffffea0004200000           2M ';
    expect(UPWARD.map((level) => text('arm64', { level }))).toEqual(
      ['PTE', 'PMD', 'PUD', 'P4D', 'PGD'].map((name) => `${range}${name} A B`),
    );
    expect(text('arm64', EMPTY)).toBe(`${range}PMD`);
  });

  test('of s390 calls the highest levels ASCE and PGD, and a hole I', () => {
    const range = '0xffffea0004000000-0xffffea0004200000         2M ';
    expect(UPWARD.map((level) => text('s390', { level }))).toEqual(
      ['PTE', 'PMD', 'PUD', 'PGD', 'ASCE'].map((name) => `${range}${name} A B`),
    );
    expect(text('s390', EMPTY)).toBe(`${range}PMD I`);
  });

  test('of ppc64 has the last byte and the frame but no level, and there is none for a hole', () => {
    expect(text('ppc64', {})).toBe('0xffffea0004000000-0xffffea00041fffff  0x000000007e000000         2M   A  B');
    expect(text('ppc64', EMPTY)).toBeUndefined();
  });
});

describe('entries stand in one line', () => {
  test('on x86_64 if all but their frames agree, words or not (PTE_FLAGS_MASK)', () => {
    const FRAME = 0x000f_ffff_ffff_f000n;
    expect(ptdumpOf(MACHINES.x86_64).compared).toBe(2n ** 64n - 1n - FRAME);
  });

  test.each(['arm64', 's390', 'ppc64'] as const)('on %s if the bits agree for which there are words', (arch) => {
    const { compared, fields } = ptdumpOf(MACHINES[arch]);
    expect(compared).toBe(fields.reduce((bits, { mask }) => bits | mask, 0n));
    expect(compared).toBeGreaterThan(0n);
  });
});

describe('the part of the vmemmap', () => {
  const markers = (machine: keyof typeof MACHINES): unknown[] => {
    const { startMarker, endMarker } = ptdumpOf(MACHINES[machine]);
    return [startMarker, endMarker];
  };

  test('stands between markers of its own on arm64 and s390, and has none behind it on x86_64 and ppc64', () => {
    expect(markers('x86_64')).toEqual(['Vmemmap', undefined]);
    expect(markers('arm64')).toEqual(['vmemmap start', 'vmemmap end']);
    expect(markers('s390')).toEqual(['vmemmap Area Start', 'vmemmap Area End']);
    expect(markers('ppc64')).toEqual(['vmemmap start', undefined]);
  });

  test('on x86_64 goes on to CPU_ENTRY_AREA_BASE, which is mapped in every kernel', () => {
    const four = ptdumpOf(MACHINES.x86_64);
    expect([four.start, four.end]).toEqual([0xf_ea00_0000_0000, 0xf_fe00_0000_0000]);
    expect(four.mappedElsewhere).toEqual([four.end]);
    // From 0xffd4000000000000 to 0xfffffe0000000000.
    const five = ptdumpOf({ arch: 'x86_64', pagingLevels: 5 });
    expect(BigInt(five.end) - BigInt(five.start)).toBe(0xffff_fe00_0000_0000n - 0xffd4_0000_0000_0000n);
    expect(five.mappedElsewhere).toEqual([five.end]);
  });

  test('on arm64 goes from VMEMMAP_START to VMEMMAP_END, and since 6.9 the fixmap lies behind it', () => {
    const FIXADDR_TOP = TOP - 8 * MIB;
    const exact = ptdumpOf(MACHINES.arm64);
    expect([exact.start, exact.end]).toEqual([0xf_fdff_c000_0000, TOP - GIB]);
    expect(exact.mappedElsewhere).toEqual([FIXADDR_TOP - 4096]);
    const with64K = ptdumpOf({ arch: 'arm64', kernel: '6.12.117', pageSize: '64K' });
    expect(with64K.mappedElsewhere).toEqual([FIXADDR_TOP - 65536]);
    const projected = ptdumpOf({ arch: 'arm64', kernel: '6.1.192' });
    expect([projected.start, projected.end]).toEqual([0xf_fc00_0000_0000, 0xf_fe00_0000_0000]);
    expect(projected.mappedElsewhere).toEqual([]);
  });

  test('on s390 has a struct page for each page of whole sections up to the end of memory', () => {
    const machine = { arch: 's390', kernel: '6.12.117', pagingLevels: 3 };
    const sizeOf = (memoryEnd: number, more = {}): number => {
      const { start, end } = ptdumpOf({ ...machine, ...more }, memoryEnd);
      expect(start).toBe(0x372_0000_0000);
      return end - start;
    };
    expect(sizeOf(4 * GIB)).toBe(64 * MIB);
    // Sections of 256 MiB, and of 128 MiB from 6.13 on.
    expect(sizeOf(4 * GIB + MIB)).toBe(68 * MIB);
    expect(sizeOf(4 * GIB + MIB, { kernel: '6.13' })).toBe(66 * MIB);
    expect(ptdumpOf(machine).mappedElsewhere).toEqual([]);
  });

  test('on ppc64 goes on to the end of the root table, with nothing in it that is mapped elsewhere', () => {
    const radix = ptdumpOf(MACHINES.ppc64);
    expect([radix.start, radix.end]).toEqual([0xc_0000_0000_0000, TOP]);
    expect(radix.mappedElsewhere).toEqual([]);
  });

  test('on riscv64 goes from VMEMMAP_START to VMEMMAP_END, folds levels, and has nothing in it that is mapped elsewhere', () => {
    const sv39 = ptdumpOf({ arch: 'riscv64', kernel: '7.2', vaBits: 39 });
    expect([sv39.start, sv39.end]).toEqual([0xf_ffc5_0000_0000, 0xf_ffc6_0000_0000]);
    expect([sv39.mappedElsewhere, sv39.foldsIntoPgd]).toEqual([[], true]);
  });

  test('tells holes of a root table as the pgd’s where levels are folded, but not on s390, which walks real tables', () => {
    const folds = (machine: keyof typeof MACHINES): boolean => ptdumpOf(MACHINES[machine]).foldsIntoPgd;
    expect([folds('x86_64'), folds('arm64'), folds('ppc64'), folds('s390')]).toEqual([true, true, true, false]);
  });
});

describe('a release whose form is not known', () => {
  const complaint = (machine: ScenarioInput['machine']): Ptdump | string => {
    const { architecture, config, traits } = scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }).machine;
    return architecture.ptdump!(config, traits, 4 * GIB);
  };

  test('is refused with the release that changed it', () => {
    expect(complaint({ arch: 's390', kernel: '5.9' })).toMatch(/^before 5\.10 s390 had a dumper of its own/);
    expect(complaint({ arch: 's390', kernel: '5.10' })).toBeTypeOf('object');
    expect(complaint({ arch: 'ppc64', kernel: '5.14' })).toMatch(/^before 5\.15 ppc64 began a new line/);
    expect(complaint({ arch: 'ppc64', kernel: '5.15' })).toBeTypeOf('object');
  });
});
