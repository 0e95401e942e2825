// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { geometry as arm64Geometry } from '../../arch/arm64/layout.js';
import type { Architecture } from '../../arch/architecture.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import { findArchitecture } from '../../src/scenario/names.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, pageTableOf, scenario } from '../scenarios.js';

/** What machines an architecture has: page sizes, levels, sections, where the vmemmap lies, and what it refuses. */

type Machine = ScenarioInput['machine'];

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

const machineOf = (machine: Machine): Scenario['machine'] =>
  scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }).machine;
const NAMES = ['x86_64', 'arm64', 'ppc64', 's390', 'riscv64', 'loongarch64'] as const;
const { x86_64, arm64, ppc64, s390, riscv64, loongarch64 } = Object.fromEntries(
  NAMES.map((name) => [name, findArchitecture(name)]),
) as Readonly<Record<(typeof NAMES)[number], Architecture>>;

/** Title, page, levels from the root down (shift and bits of the index), leaves, sections, and the struct page of pfn 0. */
type Row = readonly [
  title: string,
  pageSize: number,
  levels: readonly (readonly [string, number, number])[],
  leafSizes: readonly number[],
  sectionSizeBits: number,
  vmemmapBase: bigint,
];

/** Tables that fill a page, by its size. */
const TABLES_4K = [
  ['p4d', 39, 9],
  ['pud', 30, 9],
  ['pmd', 21, 9],
  ['pte', 12, 9],
] as const;
const TABLES_16K = [
  ['pud', 36, 11],
  ['pmd', 25, 11],
  ['pte', 14, 11],
] as const;
const TABLES_64K = [
  ['pud', 42, 13],
  ['pmd', 29, 13],
  ['pte', 16, 13],
] as const;
const S390_UPPER = [
  ['pud', 31, 11],
  ['pmd', 20, 11],
  ['pte', 12, 8],
] as const;
const RADIX_UPPER = [
  ['p4d', 39, 13],
  ['pud', 30, 9],
  ['pmd', 21, 9],
] as const;

/**
 * Levels: arch/x86/include/asm/pgtable_64_types.h; arch/arm64/include/asm/pgtable-hwdef.h, where level n of the manual starts at
 * bit (PAGE_SHIFT - 3) * (4 - n) + 3 and the root has what VA_BITS leaves; arch/s390/include/asm/pgtable.h;
 * arch/powerpc/include/asm/book3s/64/radix-4k.h and radix-64k.h; arch/riscv/include/asm/pgtable-64.h;
 * arch/loongarch/include/asm/pgtable.h. Sections: sparsemem.h of each.
 */
const CONFIGURATIONS: Readonly<Record<string, readonly Row[]>> = {
  // __VMEMMAP_BASE_L4 and __VMEMMAP_BASE_L5.
  x86_64: [
    ['4-level', 4 * KIB, TABLES_4K, [4 * KIB, 2 * MIB], 27, 0xffff_ea00_0000_0000n],
    ['5-level', 4 * KIB, [['pgd', 48, 9], ...TABLES_4K], [4 * KIB, 2 * MIB], 27, 0xffd4_0000_0000_0000n],
  ],
  // VMEMMAP_END is -1G, VMEMMAP_SIZE 64 bytes for each page of the linear map. Only 4K pages have leaves of a PMD.
  arm64: [
    [
      '4K pages, 48-bit addresses',
      4 * KIB,
      [
        ['p4d', 39, 9],
        ['pud', 30, 9],
        ['pmd', 21, 9],
        ['pte', 12, 9],
      ],
      [4 * KIB, 2 * MIB],
      27,
      0xffff_fdff_c000_0000n,
    ],
    [
      '16K pages, 48-bit addresses',
      16 * KIB,
      [
        ['p4d', 47, 1],
        ['pud', 36, 11],
        ['pmd', 25, 11],
        ['pte', 14, 11],
      ],
      [16 * KIB],
      27,
      0xffff_ff7f_c000_0000n,
    ],
    [
      '64K pages, 48-bit addresses',
      64 * KIB,
      [
        ['pud', 42, 6],
        ['pmd', 29, 13],
        ['pte', 16, 13],
      ],
      [64 * KIB],
      29,
      0xffff_ffdf_c000_0000n,
    ],
    [
      '4K pages, 52-bit addresses',
      4 * KIB,
      [
        ['pgd', 48, 4],
        ['p4d', 39, 9],
        ['pud', 30, 9],
        ['pmd', 21, 9],
        ['pte', 12, 9],
      ],
      [4 * KIB, 2 * MIB],
      27,
      0xffff_c1ff_c000_0000n,
    ],
    [
      '16K pages, 52-bit addresses',
      16 * KIB,
      [
        ['p4d', 47, 5],
        ['pud', 36, 11],
        ['pmd', 25, 11],
        ['pte', 14, 11],
      ],
      [16 * KIB],
      27,
      0xffff_f03f_c000_0000n,
    ],
    [
      '64K pages, 52-bit addresses',
      64 * KIB,
      [
        ['pud', 42, 10],
        ['pmd', 29, 13],
        ['pte', 16, 13],
      ],
      [64 * KIB],
      29,
      0xffff_fc1f_c000_0000n,
    ],
    // The struct page of frame 0, and the tables, are those of a kernel that is built for what the hardware has.
    [
      '4K pages, 52-bit addresses on 48-bit hardware',
      4 * KIB,
      TABLES_4K,
      [4 * KIB, 2 * MIB],
      27,
      0xffff_fdff_c000_0000n,
    ],
    ['16K pages, 52-bit addresses on 47-bit hardware', 16 * KIB, TABLES_16K, [16 * KIB], 27, 0xffff_ffbf_c000_0000n],
    [
      '64K pages, 52-bit addresses on 48-bit hardware',
      64 * KIB,
      [['pud', 42, 6], ...TABLES_64K.slice(1)],
      [64 * KIB],
      29,
      0xffff_ffdf_c000_0000n,
    ],
    ['4K pages, 39-bit addresses', 4 * KIB, TABLES_4K.slice(1), [4 * KIB, 2 * MIB], 27, 0xffff_fffe_c000_0000n],
    ['16K pages, 36-bit addresses', 16 * KIB, TABLES_16K.slice(1), [16 * KIB], 27, 0xffff_ffff_b800_0000n],
    ['16K pages, 47-bit addresses', 16 * KIB, TABLES_16K, [16 * KIB], 27, 0xffff_ffbf_c000_0000n],
    ['64K pages, 42-bit addresses', 64 * KIB, TABLES_64K.slice(1), [64 * KIB], 29, 0xffff_ffff_4000_0000n],
  ],
  // RADIX_VMEMMAP_START, and H_VMEMMAP_START with 64K and with 4K pages.
  ppc64: [
    ['64K pages, radix', 64 * KIB, [...RADIX_UPPER, ['pte', 16, 5]], [64 * KIB, 2 * MIB], 24, 0xc00c_0000_0000_0000n],
    ['4K pages, radix', 4 * KIB, [...RADIX_UPPER, ['pte', 12, 9]], [4 * KIB, 2 * MIB], 24, 0xc00c_0000_0000_0000n],
    ['64K pages, hash', 64 * KIB, [], [64 * KIB, 16 * MIB], 24, 0xc00c_0000_0000_0000n],
    ['4K pages, hash', 4 * KIB, [], [4 * KIB, 16 * MIB], 24, 0xc000_3f00_0000_0000n],
  ],
  // With three levels as booted kernels said.
  s390: [
    ['4 levels', 4 * KIB, [['p4d', 42, 11], ...S390_UPPER], [4 * KIB, MIB], 28, 0x1f_817a_0000_0000n],
    ['3 levels', 4 * KIB, S390_UPPER, [4 * KIB, MIB], 28, 0x372_0000_0000n],
  ],
  // VMEMMAP_START as Documentation/arch/riscv/vm-layout.rst lists it, less 64 bytes for each frame below 2 GiB.
  riscv64: [
    ['Sv57', 4 * KIB, [['pgd', 48, 9], ...TABLES_4K], [4 * KIB, 2 * MIB], 27, 0xff1b_ffff_fe00_0000n],
    ['Sv48', 4 * KIB, TABLES_4K, [4 * KIB, 2 * MIB], 27, 0xffff_8d7f_fe00_0000n],
    ['Sv39', 4 * KIB, TABLES_4K.slice(1), [4 * KIB, 2 * MIB], 27, 0xffff_ffc4_fe00_0000n],
  ],
  // PTRLOG is the page shift less 3, and every table fills a page.
  loongarch64: [
    ['16K pages, 3 levels', 16 * KIB, TABLES_16K, [16 * KIB, 32 * MIB], 29, 0xffff_feff_fe00_0000n],
    ['4K pages, 3 levels', 4 * KIB, TABLES_4K.slice(1), [4 * KIB, 2 * MIB], 29, 0xffff_fffb_ffc0_0000n],
    ['4K pages, 4 levels', 4 * KIB, TABLES_4K, [4 * KIB, 2 * MIB], 29, 0xffff_fbff_ffc0_0000n],
    ['64K pages, 3 levels', 64 * KIB, TABLES_64K, [64 * KIB, 512 * MIB], 29, 0xffff_ffbf_e000_0000n],
    ['16K pages, 2 levels', 16 * KIB, TABLES_16K.slice(1), [16 * KIB], 29, 0xffff_ff8e_fe00_0000n],
    ['64K pages, 2 levels', 64 * KIB, TABLES_64K.slice(1), [64 * KIB], 29, 0xffff_ffff_a000_0000n],
  ],
};

describe.each(ARCHITECTURES)('the configurations of $name', ({ name, configurations }) => {
  test('have the page tables, the leaves, the sections and the vmemmap of the kernel', () => {
    const rows = configurations.map((c) => [
      c.title,
      c.pageSize,
      c.levels.map((level) => [level.name, level.shift, level.bits]),
      c.leafSizes,
      c.sectionSizeBits,
      c.vmemmapBase,
    ]);
    expect(rows).toEqual(CONFIGURATIONS[name]);
  });

  test('say what recordings they are held to', () => {
    for (const { groundTruth } of configurations) expect(groundTruth).toMatch(/^(vectors|booted kernels) \d/);
  });

  test('name as many levels as they have tables', () => {
    for (const { levels, pagingLevels } of configurations) expect(pagingLevels ?? levels.length).toBe(levels.length);
  });
});

test('VMEMMAP of s390 with four levels: 64 bytes of every 4096 + 64 that vmalloc and modules leave, at a 2 GiB border', () => {
  const REGION2_TABLE = 2n ** 53n;
  const VMALLOC_AND_MODULES = 2n ** 39n;
  const LOWCORES = 2n ** 23n;
  const left = REGION2_TABLE - VMALLOC_AND_MODULES - LOWCORES;
  const start = left - (left * 64n) / (4096n + 64n);
  expect(s390.configurations[0]!.vmemmapBase).toBe(start - (start % 2n ** 31n));
});

/** CONFIG_ARM64_VA_BITS_36 to _47 and the page size that each is made for (arch/arm64/Kconfig), and CONFIG_PGTABLE_LEVELS. */
const FEWER_BITS: readonly (readonly [pageShift: number, vaBits: number, shifts: readonly number[]])[] = [
  [14, 36, [25, 14]],
  [12, 39, [30, 21, 12]],
  [16, 42, [29, 16]],
  [14, 47, [36, 25, 14]],
];

test.each(FEWER_BITS)(
  'arm64 with pages of 2^%i bytes and %i-bit addresses has levels at %j',
  (pageShift, vaBits, shifts) => {
    const { levels } = arm64Geometry(pageShift, vaBits);
    expect(levels.map(({ shift }) => shift)).toEqual(shifts);
    expect(levels.reduce((bits, level) => bits + level.bits, pageShift)).toBe(vaBits);
    // Nobody has to say how many levels that makes, and who says it is believed.
    const machine = { arch: 'arm64', pageSize: 2 ** pageShift, vaBits, kernel: '6.12.117' };
    const { vmemmapBase } = machineOf(machine).config;
    expect(machineOf({ ...machine, pagingLevels: shifts.length }).config.vmemmapBase).toBe(vmemmapBase);
    const linearMap = 2n ** BigInt(vaBits - 1);
    const vmemmapEnd = 2n ** 64n - 2n ** 30n;
    expect(vmemmapBase).toBe(vmemmapEnd - (linearMap >> BigInt(pageShift)) * 64n);
  },
);

/** Where the vmemmap begins by release: VMEMMAP_START and its kin in memory.h and pgtable.h of each. */
const BASES: readonly (readonly [kernel: string, machine: Machine, base: bigint])[] = [
  // Below PAGE_OFFSET: a struct page takes a power of two there.
  ['5.3', { arch: 'arm64' }, 0xffff_7e00_0000_0000n],
  ['5.3', { arch: 'arm64', structPageSize: 56 }, 0xffff_7e00_0000_0000n],
  // At the top less 2 MiB.
  ['5.4', { arch: 'arm64' }, 0xffff_fdff_ffe0_0000n],
  ['5.10', { arch: 'arm64' }, 0xffff_fdff_ffe0_0000n],
  // A projection of the linear map: the upper half of it is never used.
  ['5.11', { arch: 'arm64' }, 0xffff_fc00_0000_0000n],
  ['6.8', { arch: 'arm64' }, 0xffff_fc00_0000_0000n],
  ['6.8', { arch: 'arm64', structPageSize: 56 }, 0xffff_fc00_0000_0000n],
  ['6.8', { arch: 'arm64', structPageSize: 72 }, 0xffff_f800_0000_0000n],
  // At the top less 1 GiB, with room for just as many struct pages as there are.
  ['6.9', { arch: 'arm64' }, 0xffff_fdff_c000_0000n],
  ['6.9', { arch: 'arm64', structPageSize: 56 }, 0xffff_fe3f_c000_0000n],
  // VMEMMAP_REGION_ID 0xf, then the regions of 0xc.
  ['5.1', { arch: 'ppc64', mmu: 'hash', pageSize: '64K' }, 0xf000_0000_0000_0000n],
  ['5.1', { arch: 'ppc64', mmu: 'hash', pageSize: '4K' }, 0xf000_0000_0000_0000n],
  ['5.1', { arch: 'ppc64', mmu: 'radix', pageSize: '4K' }, 0xc00c_0000_0000_0000n],
  ['5.2', { arch: 'ppc64', mmu: 'hash', pageSize: '64K' }, 0xc00c_0000_0000_0000n],
  ['5.9', { arch: 'ppc64', mmu: 'hash', pageSize: '4K' }, 0xc000_1200_0000_0000n],
  ['5.9', { arch: 'ppc64', mmu: 'hash', pageSize: '64K' }, 0xc00c_0000_0000_0000n],
  ['5.10', { arch: 'ppc64', mmu: 'hash', pageSize: '4K' }, 0xc000_3f00_0000_0000n],
  ['5.10', { arch: 'ppc64', mmu: 'radix', pageSize: '4K' }, 0xc00c_0000_0000_0000n],
  ['4.18', { arch: 'x86_64', pagingLevels: 5 }, 0xffd4_0000_0000_0000n],
  ['6.13', { arch: 's390', pagingLevels: 3 }, 0x372_0000_0000n],
  // VMEMMAP_START is the struct page of frame 0, then of the first frame of RAM, then of one at a multiple of 16 GiB.
  ['6.5', { arch: 'riscv64', vaBits: 39 }, 0xffff_ffc7_0000_0000n],
  ['6.6', { arch: 'riscv64', vaBits: 39 }, 0xffff_ffc5_0000_0000n],
  ['6.5', { arch: 'riscv64', vaBits: 48 }, 0xffff_8d80_0000_0000n],
  ['6.8', { arch: 'riscv64', vaBits: 48 }, 0xffff_8d7f_fe00_0000n],
  ['6.13', { arch: 'riscv64', vaBits: 48, ramStart: '0x80200000' }, 0xffff_8d7f_fdff_8000n],
  ['6.14', { arch: 'riscv64', vaBits: 48, ramStart: '0x80200000' }, 0xffff_8d7f_fe00_0000n],
  ['7.0', { arch: 'riscv64', vaBits: 57 }, 0xff1b_ffff_fe00_0000n],
  ['7.0', { arch: 'riscv64', pagingLevels: 4 }, 0xffff_8d7f_fe00_0000n],
  ['7.0', { arch: 'riscv64', pagingLevels: 3 }, 0xffff_ffc4_fe00_0000n],
  ['7.1', { arch: 'riscv64', vaBits: 57 }, 0xff1c_0000_0000_0000n],
  ['7.1', { arch: 'riscv64', vaBits: 57, hvo: false }, 0xff1b_ffff_fe00_0000n],
  ['7.1', { arch: 'riscv64', vaBits: 57, structPageSize: 80 }, 0xff17_ffff_fd80_0000n],
  ['7.1', { arch: 'riscv64', vaBits: 57, ramStart: '0x480000000' }, 0xff1b_ffff_f000_0000n],
  ['6.12.117', { arch: 'riscv64', structPageSize: 72 }, 0xff17_ffff_fdc0_0000n],
  // Behind the next border of a PMD, or at a border of the memmap of 16 GiB.
  ['7.0', { arch: 'loongarch64', pageSize: '16K' }, 0xffff_feff_fe00_0000n],
  ['7.1', { arch: 'loongarch64', pageSize: '16K' }, 0xffff_ff00_0000_0000n],
  ['7.1', { arch: 'loongarch64', pageSize: '16K', hvo: false }, 0xffff_feff_fe00_0000n],
  ['7.1', { arch: 'loongarch64', pageSize: '16K', structPageSize: 80 }, 0xffff_febf_fe00_0000n],
  ['6.12.117', { arch: 'loongarch64', pageSize: '16K', structPageSize: 56 }, 0xffff_ff1f_fe00_0000n],
  ['6.12.117', { arch: 'loongarch64', pageSize: '64K', pagingLevels: 2, structPageSize: 56 }, 0xffff_ffff_c000_0000n],
  ['6.12.117', { arch: 'loongarch64', pageSize: '4K', pagingLevels: 4, paBits: 44 }, 0xffff_ff7f_ffc0_0000n],
];

test.each(BASES)('in %s the vmemmap of %j begins at %s', (kernel, machine, base) => {
  expect(machineOf({ kernel, ...machine }).config.vmemmapBase).toBe(base);
});

describe('sections', () => {
  test.each([
    ['arm64', '4K', ['5.11', 30], ['5.12', 27]],
    ['arm64', '16K', ['5.11', 30], ['5.12', 27]],
    ['arm64', '64K', ['5.11', 30], ['5.12', 29]],
    ['s390', '4K', ['6.12', 28], ['6.13', 27]],
    ['x86_64', '4K', ['4.18', 27], ['7.0', 27]],
    ['ppc64', '64K', ['4.18', 24], ['7.0', 24]],
    ['riscv64', '4K', ['5.10', 27], ['7.2', 27]],
    ['loongarch64', '16K', ['6.2', 29], ['7.2', 29]],
  ] as const)('of %s with %s pages are 2^n bytes: %j, %j', (arch, pageSize, before, after) => {
    for (const [kernel, bits] of [before, after]) {
      expect(machineOf({ arch, pageSize, kernel }).config.sectionSizeBits, kernel).toBe(bits);
      expect(machineOf({ arch, pageSize, kernel, sectionSizeBits: bits }).config.sectionSizeBits).toBe(bits);
    }
  });
});

describe('memory of a machine that says nothing of it', () => {
  test('is in blocks of a section on arm64, riscv64 and loongarch64, and of what hypervisors add at a time on s390 and ppc64', () => {
    const sizes = [4 * KIB, 16 * KIB, 64 * KIB].map((pageSize) => arm64.memoryBlockSize(pageSize, 4 * GIB));
    expect(sizes).toEqual([128 * MIB, 128 * MIB, 512 * MIB]);
    expect(s390.memoryBlockSize(4 * KIB, 4 * GIB)).toBe(256 * MIB);
    expect(ppc64.memoryBlockSize(64 * KIB, 4 * GIB)).toBe(256 * MIB);
    expect(riscv64.memoryBlockSize(4 * KIB, 256 * GIB)).toBe(128 * MIB);
    expect(loongarch64.memoryBlockSize(16 * KIB, 256 * GIB)).toBe(512 * MIB);
  });

  test('is on x86_64 in sections below 64 GiB, and from there in blocks up to 2 GiB that end where memory ends', () => {
    const blocks = (endOfRam: number): number => x86_64.memoryBlockSize(4 * KIB, endOfRam) / MIB;
    expect(blocks(64 * GIB - 128 * MIB)).toBe(128);
    expect(blocks(64 * GIB)).toBe(2048);
    expect(blocks(65 * GIB)).toBe(1024);
    expect(blocks(64 * GIB + 256 * MIB)).toBe(256);
    expect(blocks(64 * GIB + 128 * MIB)).toBe(128);
    // No block is smaller than a section, whatever the end of memory divides by.
    expect(blocks(64 * GIB + MIB)).toBe(128);
  });

  test('comes from a page allocator whose largest block is MAX_PAGE_ORDER', () => {
    const pageSizes = [4 * KIB, 16 * KIB, 64 * KIB];
    const orders = pageSizes.map((pageSize) => arm64.maxOrder(pageSize));
    expect(orders).toEqual([10, 11, 13]);
    expect([ppc64.maxOrder(4 * KIB), ppc64.maxOrder(64 * KIB)]).toEqual([12, 8]);
    expect([x86_64.maxOrder(4 * KIB), s390.maxOrder(4 * KIB), riscv64.maxOrder(4 * KIB)]).toEqual([10, 10, 10]);
    expect(pageSizes.map((pageSize) => loongarch64.maxOrder(pageSize))).toEqual([10, 11, 13]);
  });

  test('is in the zones of the kernel, each up to its limit', () => {
    const zones = ({ kernelZones }: Architecture) => kernelZones.map(({ name, end }) => [name, end]);
    const normal = ['Normal', Infinity];
    expect(zones(x86_64)).toEqual([['DMA', 16 * MIB], ['DMA32', 4 * GIB], normal]);
    expect(zones(arm64)).toEqual([['DMA', 4 * GIB], ['DMA32', 4 * GIB], normal]);
    expect(zones(s390)).toEqual([['DMA', 2 * GIB], normal]);
    expect(zones(ppc64)).toEqual([normal]);
    for (const architecture of [riscv64, loongarch64]) {
      expect(zones(architecture)).toEqual([['DMA32', 4 * GIB], normal]);
    }
  });

  test('stays in memblock on the architectures that select ARCH_KEEP_MEMBLOCK', () => {
    const keeping = ARCHITECTURES.filter(({ keepsMemblock }) => keepsMemblock).map(({ name }) => name);
    expect(keeping).toEqual(['arm64', 'ppc64', 'riscv64', 'loongarch64']);
  });
});

/** A machine that there is not, and the sentence that says so. */
const REFUSED: readonly (readonly [Machine, string])[] = [
  [{ arch: 'x86_64', pageSize: '16K' }, 'machine.pageSize is 16384; x86_64 has pages of 4096 bytes'],
  [{ arch: 'x86_64', sectionSizeBits: 28 }, 'machine.sectionSizeBits is 28; x86_64 has sections of 2^27 bytes'],
  [{ arch: 'x86_64', pagingLevels: 3 }, 'machine.pagingLevels is 3; x86_64 has 4 or 5'],
  [
    { arch: 'x86_64', currentPageTable: 1 },
    'machine.currentPageTable is 1; allowed are 0 to machine.otherPageTables, which is 0',
  ],
  [{ arch: 'arm64', kernel: '4.20' }, 'machine.kernel is "4.20"; arm64 has memory hot-plug from 5.0 on'],
  [{ arch: 'arm64', pageSize: '8K' }, 'machine.pageSize is 8192; arm64 has pages of 4096, 16384, 65536 bytes'],
  [{ arch: 'arm64', vaBits: 40 }, 'machine.vaBits is 40; arm64 with 4K pages has 39, 48, 52'],
  [{ arch: 'arm64', pageSize: '4K', vaBits: 42 }, 'machine.vaBits is 42; arm64 with 4K pages has 39, 48, 52'],
  [{ arch: 'arm64', vaBits: 39, pageSize: '16K' }, 'machine.vaBits is 39; arm64 with 16K pages has 36, 47, 48, 52'],
  [{ arch: 'arm64', vaBits: 47, pageSize: '64K' }, 'machine.vaBits is 47; arm64 with 64K pages has 42, 48, 52'],
  [
    { arch: 'arm64', kernel: '5.11', sectionSizeBits: 27 },
    'machine.sectionSizeBits is 27; arm64 with 4K pages has sections of 2^30 bytes',
  ],
  [
    { arch: 'arm64', pageSize: '64K', pagingLevels: 4 },
    'machine.pagingLevels is 4; arm64 with 64K pages and 48 bits has 3',
  ],
  [
    { arch: 's390', kernel: '6.12.117', sectionSizeBits: 27 },
    'machine.sectionSizeBits is 27; s390 6.12.117 has sections of 2^28 bytes',
  ],
  [{ arch: 's390', pagingLevels: 2 }, 'machine.pagingLevels is 2; s390 has 3, 4 or 5'],
  [{ arch: 's390', pagingLevels: 6 }, 'machine.pagingLevels is 6; s390 has 3, 4 or 5'],
  [{ arch: 'ppc64', pageSize: '16K' }, 'machine.pageSize is 16384; ppc64 has pages of 65536, 4096 bytes'],
  [{ arch: 'ppc64', sectionSizeBits: 27 }, 'machine.sectionSizeBits is 27; ppc64 has sections of 2^24 bytes'],
  [
    { arch: 'ppc64', mmu: 'hash', pageSize: '64K', vmemmapPageSize: '4K' },
    'machine.vmemmapPageSize is 4096; the hash MMU has 4096, 65536 and 16777216, and not less than a page',
  ],
  [
    { arch: 'ppc64', mmu: 'hash', vmemmapPageSize: '2M' },
    'machine.vmemmapPageSize is 2097152; the hash MMU has 4096, 65536 and 16777216, and not less than a page',
  ],
  [
    { arch: 'ppc64', mmu: 'hash', htabSizeBytes: '128K' },
    'machine.htabSizeBytes is 131072; allowed are powers of two from 262144 on',
  ],
  [
    { arch: 'ppc64', mmu: 'hash', htabSizeBytes: '384K' },
    'machine.htabSizeBytes is 393216; allowed are powers of two from 262144 on',
  ],
  [
    { arch: 'ppc64', mmu: 'hash', segmentSize: '1G' },
    'machine.segmentSize is 1073741824; the hash MMU has segments of 256M and 1T',
  ],
  [{ arch: 'riscv64', vaBits: 47 }, 'machine.vaBits is 47; riscv64 has 39, 48, 57'],
  [{ arch: 'riscv64', vaBits: 48, pagingLevels: 5 }, 'machine.pagingLevels is 5; riscv64 with 48 bits has 4'],
  [{ arch: 'riscv64', sectionSizeBits: 29 }, 'machine.sectionSizeBits is 29; riscv64 has sections of 2^27 bytes'],
  [
    { arch: 'riscv64', vmemmapWindow: ['0xff1c000000000000', '0x0'] },
    'machine.vmemmapWindow is 0xff1c000000000000 to 0x0; riscv64 with Sv57 and 64-byte struct pages has 0xff1c000000000000 to 0xff20000000000000',
  ],
  [
    { arch: 'riscv64', vmemmapWindow: ['0xff18000000000000', '0xff20000000000000'] },
    'machine.vmemmapWindow is 0xff18000000000000 to 0xff20000000000000; riscv64 with Sv57 and 64-byte struct pages has 0xff1c000000000000 to 0xff20000000000000',
  ],
  ...(
    [
      [8, 0, 0],
      [4, 1, 0],
      [4, 0, 1],
    ] as const
  ).map(([p4d, pud, pmd]): (typeof REFUSED)[number] => [
    { arch: 'riscv64', preallocatedTables: { p4d, pud, pmd } },
    `machine.preallocatedTables is {"p4d":${p4d},"pud":${pud},"pmd":${pmd}}; riscv64 with Sv57 and 64-byte struct pages has {"p4d":4,"pud":0,"pmd":0}`,
  ]),
  [{ arch: 'x86_64', ramStart: '0x80000000' }, 'machine.ramStart is given; x86_64 has no such field'],
  [{ arch: 'riscv64', paBits: 47 }, 'machine.paBits is given; riscv64 has no such field'],
  [{ arch: 'loongarch64', theadMemoryTypes: true }, 'machine.theadMemoryTypes is given; loongarch64 has no such field'],
  [{ arch: 'loongarch64', kernel: '6.1.192' }, 'machine.kernel is "6.1.192"; loongarch64 has a vmemmap from 6.2 on'],
  [
    { arch: 'loongarch64', pageSize: '4K', pagingLevels: 2 },
    'machine.pagingLevels is 2; loongarch64 with 4K pages has 3 or 4',
  ],
  [
    { arch: 'loongarch64', pageSize: '16K', pagingLevels: 4 },
    'machine.pagingLevels is 4; loongarch64 with 16K pages has 2 or 3',
  ],
  [{ arch: 'loongarch64', vaBits: 38 }, 'machine.vaBits is 38; loongarch64 has 39 to 47'],
  [{ arch: 'loongarch64', paBits: 48 }, 'machine.paBits is 48; loongarch64 has 39 to 47'],
  [
    { arch: 'loongarch64', sectionSizeBits: 27 },
    'machine.sectionSizeBits is 27; loongarch64 has sections of 2^29 bytes',
  ],
  [
    { arch: 'loongarch64', vmemmapWindow: ['0xfffffeff00000000', '0xfffffffffe000000'] },
    'machine.vmemmapWindow is 0xfffffeff00000000 to 0xfffffffffe000000; loongarch64 with 16K pages has 0xfffffefffe000000 to 0xfffffffffe000000',
  ],
  [
    { arch: 'loongarch64', vmemmapWindow: ['0xfffffefffe000000', '0x0'] },
    'machine.vmemmapWindow is 0xfffffefffe000000 to 0x0; loongarch64 with 16K pages has 0xfffffefffe000000 to 0xfffffffffe000000',
  ],
];

/** Machines that there are, at the borders of what is refused. */
const ALLOWED: readonly Machine[] = [
  { arch: 'loongarch64', pageSize: '16K', vmemmapWindow: ['0xfffffefffe000000', '0xfffffffffe000000'] },
  { arch: 'x86_64', pagingLevels: 4 },
  { arch: 'x86_64', pagingLevels: 5 },
  { arch: 'x86_64', otherPageTables: 1, currentPageTable: 1 },
  { arch: 'arm64', kernel: '5.0' },
  { arch: 'arm64', pageSize: '64K', pagingLevels: 3 },
  { arch: 's390', pagingLevels: 3 },
  { arch: 's390', pagingLevels: 5 },
  { arch: 'ppc64', mmu: 'hash', pageSize: '64K', vmemmapPageSize: '64K' },
  { arch: 'ppc64', mmu: 'hash', pageSize: '4K', vmemmapPageSize: '4K' },
  { arch: 'ppc64', mmu: 'hash', htabSizeBytes: '256K' },
  { arch: 'ppc64', mmu: 'hash', segmentSize: '256M' },
  { arch: 'ppc64', mmu: 'hash', segmentSize: '1T' },
  { arch: 'riscv64', pagingLevels: 4 },
  { arch: 'riscv64', vmemmapWindow: ['0xff1c000000000000', '0xff20000000000000'] },
  { arch: 'riscv64', structPageSize: 96, preallocatedTables: { p4d: 8, pud: 0, pmd: 0 } },
  { arch: 'riscv64', kernel: '5.10', preallocatedTables: { p4d: 0, pud: 0, pmd: 0 } },
  { arch: 'loongarch64', pageSize: '64K', pagingLevels: 2, hugeVmemmap: false },
  { arch: 'loongarch64', vaBits: 39, paBits: 39 },
  { arch: 'loongarch64', kernel: '6.2' },
  { arch: 'loongarch64', kernel: '7.1', vmemmapWindow: ['0xffffff0000000000', '0x0'] },
  // What only the hash MMU looks at does not matter to the radix MMU.
  { arch: 'ppc64', mmu: 'radix', segmentSize: '1G', htabSizeBytes: '384K', vmemmapPageSize: '2M' },
];

describe('a machine', () => {
  test.each(REFUSED)('%j is refused', (machine, sentence) => {
    expect(() => machineOf({ kernel: '6.12.117', ...machine })).toThrow(sentence);
  });

  test.each(ALLOWED)('%j is there', (machine) => {
    expect(() => idle({ kernel: '6.12.117', ...machine })).not.toThrow();
  });

  test('of x86_64 that does not come from a scenario is asked for its pages and its levels too', () => {
    const { config, traits } = machineOf({ arch: 'x86_64' });
    expect(x86_64.check(config, traits)).toBeUndefined();
    expect(x86_64.check({ ...config, pageSize: 16 * KIB }, traits)).toBe(
      'machine.pageSize is 16384; x86_64 has pages of 4096 bytes',
    );
    expect(x86_64.check({ ...config, pagingLevels: undefined }, traits)).toBe(
      'machine.pagingLevels is missing; x86_64 has 4 or 5',
    );
  });

  test('of s390 and of arm64 may leave out its levels and its bits: 4 and 48', () => {
    const onS390 = machineOf({ arch: 's390' });
    expect(s390.check({ ...onS390.config, pagingLevels: undefined }, onS390.traits)).toBeUndefined();
    const onArm64 = machineOf({ arch: 'arm64' });
    expect(arm64.check({ ...onArm64.config, pagingLevels: undefined, vaBits: undefined }, onArm64.traits)).toBe(
      undefined,
    );
  });
});

const TREES = ARCHITECTURES.flatMap(({ name: arch, configurations }) =>
  configurations.flatMap(({ title, pageSize, pagingLevels, vaBits, vaBitsActual, mmu, levels }) =>
    mmu === 'hash'
      ? []
      : [
          {
            title: `${arch}: ${title}`,
            machine: { arch, pageSize, pagingLevels, vaBits, vaBitsActual, mmu },
            levels: levels.length,
          },
        ],
  ),
);

describe('a page table', () => {
  test.each(TREES)('of $title has the levels that its configuration says', ({ machine, levels }) => {
    expect(pageTableOf(idle(machine).kernel).levels).toHaveLength(levels);
  });
});

describe('the root of the page table', () => {
  test.each([
    ['x86_64', { arch: 'x86_64' }, 4 * KIB],
    ['arm64 with 64K pages', { arch: 'arm64', pageSize: '64K' }, 64 * KIB],
    // A region table has 2048 entries of 8 bytes.
    ['s390', { arch: 's390' }, 16 * KIB],
    ['s390 with three levels', { arch: 's390', pagingLevels: 3 }, 16 * KIB],
    // RADIX_PGD_INDEX_SIZE: 8192 entries.
    ['ppc64 with 4K pages', { arch: 'ppc64', mmu: 'radix', pageSize: '4K' }, 64 * KIB],
    ['ppc64 with 64K pages', { arch: 'ppc64', mmu: 'radix', pageSize: '64K' }, 64 * KIB],
  ] as const)('of %s lies in memory that the allocator has, aligned to its size', (_name, machine, bytes) => {
    const RAM_BASE_PFN = 2 ** 20;
    const { kernel } = idle({ ...machine, ramBasePfn: RAM_BASE_PFN });
    const { root } = pageTableOf(kernel);
    expect(root).toBeGreaterThanOrEqual(RAM_BASE_PFN * kernel.pageSize);
    expect(root % bytes).toBe(0);
  });
});
