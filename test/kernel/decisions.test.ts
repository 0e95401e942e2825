// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { LEVELS } from '../../src/hardware/page-table.js';
import { observe, pfnToPage, type Kernel } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import { vmemmapPopulateCompoundPages } from '../../src/mm/sparse-vmemmap.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import { startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, PFN, scenario } from '../scenarios.js';

/** What an observer is told of the way to a leaf: which test came out how, and which entries were read for it. */

type Machine = ScenarioInput['machine'];

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** A machine where these calls of the page allocator fail; 1 is the first. */
const without = (machine: Machine, failAllocations: number[]): Kernel =>
  startRun(scenario({ machine, failAllocations, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] })).kernel;

/** "function: what it found -> what follows from it", and the bytes from an address that it is about. */
type Told = readonly [text: string, from: number, to: number];

/** The decisions of whatever is done. */
function decisions(kernel: Kernel, base: number, act: () => void): Told[] {
  const told: Told[] = [];
  observe(kernel, {
    ...DEAF_OBSERVER,
    decide: (by, { because, so }, start, end) => told.push([`${by}: ${because} -> ${so}`, start - base, end - base]),
  });
  act();
  observe(kernel, null);
  return told;
}

/** The decisions of populating bytes of the memmap, counted from its start. */
function populating(
  kernel: Kernel,
  from: number,
  to: number,
  altmap: VmemAltmap | null = null,
  base = kernel.vmemmap,
): Told[] {
  return decisions(kernel, base, () => void kernel.code.vmemmapPopulate(base + from, base + to, 0, altmap));
}

/** A device with room for no leaf at all. */
const noRoom = (endPfn = 2 ** 30): VmemAltmap => ({
  name: 'full',
  basePfn: 0,
  endPfn,
  reserve: 0,
  free: 0,
  align: 0,
  alloc: 0,
});

describe('vmemmap_populate() of x86_64 says', () => {
  const HUGE = 'vmemmap_populate: boot_cpu_has(X86_FEATURE_PSE) -> vmemmap_populate_hugepages()';
  const huge = (text: string): string => `vmemmap_populate_hugepages: ${text}`;
  const machine: Machine = { arch: 'x86_64', kernel: '6.12.117' };

  test('that a section gets leaves, and that a leaf which is there serves', () => {
    const { kernel } = idle(machine);
    expect(populating(kernel, 0, 2 * MIB)).toEqual([
      [HUGE, 0, 2 * MIB],
      [huge('the PMD is none and there is memory for a leaf -> a leaf of the PMD'), 0, 2 * MIB],
    ]);
    expect(populating(kernel, 0, 2 * MIB)).toEqual([
      [HUGE, 0, 2 * MIB],
      [huge('the PMD is there and passes for a leaf -> nothing new: what is there serves'), 0, 2 * MIB],
    ]);
  });

  test('that less than a section gets base pages, and so does what comes later to its PMD', () => {
    const { kernel } = idle(machine);
    expect(populating(kernel, 0, 32 * KIB)).toEqual([
      [
        'vmemmap_populate: end - start < PAGES_PER_SECTION * sizeof(struct page) -> vmemmap_populate_basepages()',
        0,
        32 * KIB,
      ],
    ]);
    expect(populating(kernel, 0, 2 * MIB)).toEqual([
      [HUGE, 0, 2 * MIB],
      [huge('the PMD is there and is no leaf -> base pages'), 0, 2 * MIB],
    ]);
  });

  test('what follows where there is no memory for a leaf: base pages of system memory, nothing with an altmap', () => {
    // The two calls before it are for tables.
    expect(populating(without(machine, [3]), 0, 2 * MIB)[1]).toEqual([
      huge('the PMD is none and there is no memory for a leaf -> base pages'),
      0,
      2 * MIB,
    ]);
    expect(populating(idle(machine).kernel, 0, 2 * MIB, noRoom())[1]).toEqual([
      huge('the PMD is none and there is no memory for a leaf -> -ENOMEM'),
      0,
      2 * MIB,
    ]);
  });

  test('what follows without PSE', () => {
    const { kernel } = idle({ ...machine, hugeVmemmap: false });
    expect(populating(kernel, 0, 2 * MIB, noRoom())).toEqual([
      ['vmemmap_populate: no X86_FEATURE_PSE, and an altmap -> -ENOMEM', 0, 2 * MIB],
    ]);
    expect(populating(kernel, 0, 2 * MIB)).toEqual([
      ['vmemmap_populate: no X86_FEATURE_PSE -> vmemmap_populate_basepages()', 0, 2 * MIB],
    ]);
  });
});

describe('vmemmap_populate_compound_pages() says', () => {
  const compound = (text: string): string => `vmemmap_populate_compound_pages: vmemmap_can_optimize(), and ${text}`;
  const SECTION = 32768;
  const SECTION_BYTES = SECTION * 64;
  const PAGE = 4 * KIB;
  const populate = (kernel: Kernel, pfn: number, vmemmapShift: number): Told[] => {
    const start = pfnToPage(kernel, pfn);
    return decisions(kernel, start, () => {
      const pgmap = { rangeStartPfn: PFN, vmemmapShift };
      expect(vmemmapPopulateCompoundPages(kernel, pfn, start, start + SECTION_BYTES, 0, pgmap)).toBe(0);
    });
  };

  test('where the head page, the tail page and the other tails of each compound page lie', () => {
    const { kernel } = idle({ arch: 'x86_64', kernel: '6.12.117' });
    const bytes = SECTION_BYTES / 2;
    expect(populate(kernel, PFN, Math.log2(SECTION / 2))).toEqual(
      [0, bytes].flatMap((at) => [
        [compound('a compound page begins here -> base pages: a head page and a tail page'), at, at + 2 * PAGE],
        [compound('a compound page goes on here -> its tail page again, as base pages'), at + 2 * PAGE, at + bytes],
      ]),
    );
  });

  test('that a section in the middle of a compound page maps the tail page below it', () => {
    const { kernel } = idle({ arch: 'x86_64', kernel: '6.12.117' });
    const GIB_SHIFT = 18;
    populate(kernel, PFN, GIB_SHIFT);
    expect(populate(kernel, PFN + SECTION, GIB_SHIFT)).toEqual([
      [
        compound('the compound page began in an earlier section -> the tail page just below again, as base pages'),
        0,
        SECTION_BYTES,
      ],
    ]);
  });
});

describe('vmemmap_populate() of arm64 says', () => {
  test('that a section gets leaves where pages have 4K, and less than a section does not', () => {
    const { kernel } = idle({ arch: 'arm64', kernel: '6.12.117' });
    const base = kernel.vmemmap + 2 ** 40;
    expect(populating(kernel, 0, 2 * MIB, null, base)[0]).toEqual([
      'vmemmap_populate: CONFIG_ARM64_4K_PAGES -> a leaf for each PMD, if it can be',
      0,
      2 * MIB,
    ]);
    expect(populating(kernel, 0, 32 * KIB, null, base)).toEqual([
      [
        'vmemmap_populate: end - start < PAGES_PER_SECTION * sizeof(struct page) -> vmemmap_populate_basepages()',
        0,
        32 * KIB,
      ],
    ]);
  });

  test('of each PMD what vmemmap_populate_hugepages() says, before 6.2 by its own name', () => {
    const inFull = ['6.1', '6.12.117', '7.3'].map((kernel) => {
      const machine = idle({ arch: 'arm64', kernel });
      const base = machine.kernel.vmemmap + 2 ** 40;
      return [1, 2].map(() => populating(machine.kernel, 0, 2 * MIB, null, base)[1]![0]);
    });
    const said = (by: string) => [
      `${by}: the PMD is none and there is memory for a leaf -> a leaf of the PMD`,
      `${by}: the PMD is there and passes for a leaf -> nothing new: what is there serves`,
    ];
    const shared = said('vmemmap_populate_hugepages');
    expect(inFull).toEqual([said('vmemmap_populate'), shared, shared]);
  });

  test('that before 7.3 a page table passes for a leaf, since when it gets the base pages that it lacks', () => {
    const second = ['6.12.117', '7.3'].map((kernel) => {
      const machine = idle({ arch: 'arm64', kernel });
      const base = machine.kernel.vmemmap + 2 ** 40;
      populating(machine.kernel, 0, 32 * KIB, null, base);
      return populating(machine.kernel, 0, 2 * MIB, null, base)[1]![0];
    });
    expect(second).toEqual([
      'vmemmap_populate_hugepages: the PMD is there and passes for a leaf -> nothing new: what is there serves',
      'vmemmap_populate_hugepages: the PMD is there and is no leaf -> base pages',
    ]);
  });

  test('that kernels with other pages have base pages only', () => {
    const { kernel } = idle({ arch: 'arm64', kernel: '6.12.117', pageSize: '64K' });
    const base = kernel.vmemmap + 2 ** 30;
    expect(populating(kernel, 0, 512 * KIB, null, base)).toEqual([
      ['vmemmap_populate: !IS_ENABLED(CONFIG_ARM64_4K_PAGES) -> vmemmap_populate_basepages()', 0, 512 * KIB],
    ]);
  });
});

describe.each([
  ['6.12.117', 'modify_pmd_table'],
  // Before there was a way back.
  ['5.4', 'vmemmap_populate'],
])('on s390 %s, %s() says', (kernel, by) => {
  const machine: Machine = { arch: 's390', kernel };
  const said = (text: string, from: number, to: number): Told => [`${by}: ${text}`, from, to];

  test('that a segment becomes large with EDAT1, also for a part, and that it serves who comes later', () => {
    const idleKernel = idle(machine).kernel;
    expect(populating(idleKernel, 0, 1.5 * MIB)).toEqual([
      said('pmd_none(), EDAT1, and there is memory for 1 MiB -> a large segment', 0, MIB),
      said('pmd_none(), EDAT1, and there is memory for 1 MiB -> a large segment', MIB, 1.5 * MIB),
    ]);
    expect(populating(idleKernel, MIB, 2 * MIB)).toEqual([
      said('the segment is large -> nothing new: the leaf that is there serves', MIB, 2 * MIB),
    ]);
  });

  test('that it becomes a page table without EDAT1, which serves who comes later', () => {
    const idleKernel = idle({ ...machine, hugeVmemmap: false }).kernel;
    expect(populating(idleKernel, 0, MIB / 2)).toEqual([said('pmd_none() and no EDAT1 -> a page table', 0, MIB / 2)]);
    expect(populating(idleKernel, 0, MIB)).toEqual([said('the segment points to a page table -> base pages', 0, MIB)]);
  });
});

test('on s390, modify_pmd_table() says that no memory for 1 MiB makes a page table', () => {
  // The two calls before it are for tables.
  expect(populating(without({ arch: 's390', kernel: '6.12.117' }, [3]), 0, MIB)).toEqual([
    ['modify_pmd_table: pmd_none(), EDAT1, and no memory for 1 MiB -> a page table', 0, MIB],
  ]);
});

describe('radix__vmemmap_populate() says', () => {
  const machine: Machine = { arch: 'ppc64', mmu: 'radix', kernel: '6.12.117', pageSize: '4K' };
  const said = (text: string, from: number, to: number): Told => [`radix__vmemmap_populate: ${text}`, from, to];
  const PAGE = 4 * KIB;

  test('that a leaf comes where the address allows it, also for a part, and serves who comes later', () => {
    const { kernel } = idle(machine);
    expect(populating(kernel, 0, 3 * MIB)).toEqual([
      said('pmd_none(), and there is memory for a leaf -> a leaf of 2 MiB', 0, 2 * MIB),
      said('pmd_none(), and there is memory for a leaf -> a leaf of 2 MiB', 2 * MIB, 3 * MIB),
    ]);
    expect(populating(kernel, 0, MIB)).toEqual([
      said('the PMD is a leaf -> nothing new: the leaf that is there serves', 0, MIB),
    ]);
  });

  test('that base pages come elsewhere, one after the other, and in the table that is there then', () => {
    const { kernel } = idle(machine);
    const noLeaf = 'pmd_none(), and the address is not PMD aligned or the altmap ends inside the PMD -> a base page';
    expect(populating(kernel, MIB, MIB + 2 * PAGE)).toEqual([
      said(noLeaf, MIB, MIB + PAGE),
      said('the PMD points to a page table -> a base page', MIB + PAGE, MIB + 2 * PAGE),
    ]);
    // 2 MiB of memmap describe 128 MiB: this device ends inside.
    const device = noRoom(100);
    expect(populating(kernel, 2 * MIB, 2 * MIB + PAGE, device)).toEqual([said(noLeaf, 2 * MIB, 2 * MIB + PAGE)]);
  });

  test('that no memory for a leaf makes a base page', () => {
    expect(populating(without(machine, [3]), 0, PAGE)).toEqual([
      said('pmd_none(), and no memory for a leaf -> a base page', 0, PAGE),
    ]);
  });
});

test('__vmemmap_populate() of ppc64 says whether a block is made or left alone', () => {
  const { kernel } = idle({ arch: 'ppc64', mmu: 'hash', kernel: '6.12.117' });
  const BLOCK = 16 * MIB;
  const pfn = 2 ** 24;
  const add = (section: number): Told[] =>
    decisions(kernel, pfnToPage(kernel, pfn), () => {
      kernel.memoryHotplug.addPages(0, pfn + section * kernel.pagesPerSection, kernel.pagesPerSection, null);
    });
  const NEW =
    '!vmemmap_populated(), and mmu_vmemmap_psize is the size of every mapping -> a block of mmu_vmemmap_psize';
  expect(add(0)).toEqual([[`__vmemmap_populate: ${NEW}`, 0, BLOCK]]);
  const SERVES = 'the block describes memory that is valid already -> nothing new: the block is not looked at';
  expect(add(1)).toEqual([[`__vmemmap_populate: vmemmap_populated(): ${SERVES}`, 0, BLOCK]]);
});

describe('an observer hears which entries are read', () => {
  /** What is heard of reading: the level, and the bytes from the start of the memmap. */
  function reads(kernel: Kernel, base: number, act: () => void): string[] {
    const heard: string[] = [];
    observe(kernel, {
      ...DEAF_OBSERVER,
      walk: (level, address) => heard.push(`walk to ${LEVELS[level]} ${(address - base) / MIB}M`),
      readEntry: (level, address) => heard.push(`${LEVELS[level]} ${(address - base) / MIB}M`),
      clearTable: (_pa, bytes) => heard.push(`${bytes} bytes of a new table`),
      scanTable: (pa, entries) => {
        const from = (pa % kernel.pageSize) / 8;
        heard.push(`${entries} entries of a table${from === 0 ? '' : `, from ${from} on`}`);
      },
    });
    act();
    observe(kernel, null);
    return heard;
  }

  const TABLE = '4096 bytes of a new table';
  const WHOLE_TABLE = '512 entries of a table';

  /** Bytes of memmap in a leaf, and what is heard of making two of them, taking the first and then the second. */
  const MACHINES: readonly (readonly [
    name: string,
    machine: Machine,
    leaf: number,
    made: readonly string[],
    first: readonly string[],
    second: readonly string[],
  ])[] = [
    [
      'x86_64',
      { arch: 'x86_64' },
      2,
      [TABLE, TABLE, 'walk to pmd 0M', 'walk to pmd 2M'],
      // The second entry of the PMD table is in use; the PUD table stays whatever it has.
      ['p4d 0M', 'pud 0M', 'pmd 0M', '2 entries of a table'],
      ['p4d 2M', 'pud 2M', 'pmd 2M', WHOLE_TABLE],
    ],
    [
      'x86_64 with 5 levels',
      { arch: 'x86_64', pagingLevels: 5 },
      2,
      [TABLE, TABLE, TABLE, 'walk to pmd 0M', 'walk to pmd 2M'],
      ['pgd 0M', 'p4d 0M', 'pud 0M', 'pmd 0M', '2 entries of a table', '1 entries of a table'],
      ['pgd 2M', 'p4d 2M', 'pud 2M', 'pmd 2M', WHOLE_TABLE, WHOLE_TABLE],
    ],
    [
      'arm64',
      { arch: 'arm64' },
      2,
      [TABLE, TABLE, 'walk to pmd 0M', 'walk to pmd 2M'],
      // Once to unmap, and once more to free what is empty.
      ['p4d 0M', 'pud 0M', 'pmd 0M', 'p4d 0M', 'pud 0M', 'pmd 0M', '2 entries of a table', '1 entries of a table'],
      ['p4d 2M', 'pud 2M', 'pmd 2M', 'p4d 2M', 'pud 2M', 'pmd 2M', WHOLE_TABLE, WHOLE_TABLE],
    ],
    [
      's390',
      { arch: 's390', vmemmapBase: '0x3fc0000000000' },
      1,
      // Region and segment tables have four pages.
      ['p4d 0M', '16384 bytes of a new table', 'pud 0M', '16384 bytes of a new table', 'pmd 0M', 'pmd 1M'],
      ['p4d 0M', 'pud 0M', 'pmd 0M', '2 entries of a table', '1 entries of a table'],
      ['p4d 1M', 'pud 1M', 'pmd 1M', ...Array.from({ length: 8 }, () => WHOLE_TABLE)],
    ],
    [
      's390 5.4',
      { arch: 's390', kernel: '5.4' },
      1,
      ['16384 bytes of a new table', '16384 bytes of a new table', 'walk to pmd 0M', 'walk to pmd 1M'],
      [],
      [],
    ],
    [
      'radix',
      { arch: 'ppc64', mmu: 'radix', pageSize: '4K' },
      2,
      [TABLE, TABLE, 'walk to pmd 0M', 'walk to pmd 2M'],
      ['p4d 0M', 'pud 0M', 'pmd 0M', '2 entries of a table', '1 entries of a table'],
      ['p4d 2M', 'pud 2M', 'pmd 2M', WHOLE_TABLE, WHOLE_TABLE],
    ],
    [
      'radix 6.1',
      { arch: 'ppc64', mmu: 'radix', pageSize: '64K', kernel: '6.1.192' },
      2,
      [TABLE, TABLE, 'walk to pmd 0M', 'walk to pmd 2M'],
      ['p4d 0M', 'pud 0M', 'pmd 0M', '2 entries of a table', '1 entries of a table'],
      ['p4d 2M', 'pud 2M', 'pmd 2M', WHOLE_TABLE, WHOLE_TABLE],
    ],
  ];

  test.each(MACHINES)('%s', (_name, machine, leafMib, made, first, second) => {
    const { kernel } = idle({ kernel: '6.12.117', ...machine });
    const { code, vmemmap } = kernel;
    // The vmemmap of arm64 itself begins in the last entry of a table.
    const start = vmemmap + (machine.arch === 'arm64' ? 2 ** 30 : 0);
    const [middle, end] = [start + leafMib * MIB, start + 2 * leafMib * MIB];
    expect(reads(kernel, start, () => void code.vmemmapPopulate(start, end, 0, null))).toEqual(made);
    expect(reads(kernel, start, () => code.vmemmapFree(start, middle, null))).toEqual(first);
    expect(reads(kernel, start, () => code.vmemmapFree(middle, end, null))).toEqual(second);
  });

  test('memmap that was never mapped is not looked for below the entry that is not there', () => {
    const freeing = (machine: Machine): string[] => {
      const { kernel } = idle({ kernel: '6.12.117', ...machine });
      const { code, vmemmap } = kernel;
      return reads(kernel, vmemmap, () => code.vmemmapFree(vmemmap, vmemmap + 2 * MIB, null));
    };
    expect(freeing({ arch: 'x86_64' })).toEqual(['p4d 0M']);
    expect(freeing({ arch: 'x86_64', pagingLevels: 5 })).toEqual(['pgd 0M']);
    expect(freeing({ arch: 's390' })).toEqual(['p4d 0M']);
    expect(freeing({ arch: 'ppc64', mmu: 'radix' })).toEqual(['p4d 0M']);
    // Once to unmap, once to free what is empty.
    expect(freeing({ arch: 'arm64' })).toEqual(['p4d 0M', 'p4d 0M']);
  });

  test('arm64 reads each base page of the range once more before its table may go, and then the table', () => {
    const { kernel } = idle({ arch: 'arm64', kernel: '6.12.117', pageSize: '64K' });
    const { code, pageSize } = kernel;
    const start = kernel.vmemmap + 2 ** 30;
    const [first, end] = [start + 3 * pageSize, start + 5 * pageSize];
    code.vmemmapPopulate(start, end, 0, null);
    const scans = reads(kernel, start, () => code.vmemmapFree(first, end, null)).filter((text) =>
      text.includes('entries'),
    );
    expect(scans).toEqual(['2 entries of a table, from 3 on', '1 entries of a table']);
  });

  test('on s390 a page table has 256 entries, which are read when some of them go and not when they come', () => {
    const { kernel } = idle({ arch: 's390', kernel: '6.12.117', hugeVmemmap: false, vmemmapBase: '0x3fc0000000000' });
    const { code, vmemmap } = kernel;
    const ofTables = (act: () => void): string[] =>
      reads(kernel, vmemmap, act).filter((text) => text.includes('table'));
    expect(ofTables(() => void code.vmemmapPopulate(vmemmap, vmemmap + MIB, 0, null))).toEqual([
      '16384 bytes of a new table',
      '16384 bytes of a new table',
      '2048 bytes of a new table',
    ]);
    expect(ofTables(() => void code.vmemmapPopulate(vmemmap, vmemmap + MIB, 0, null))).toEqual([]);
    const half = ofTables(() => code.vmemmapFree(vmemmap, vmemmap + MIB / 2, null));
    expect(half).toEqual(['129 entries of a table', '1 entries of a table', '1 entries of a table']);
    const all = ofTables(() => code.vmemmapFree(vmemmap + MIB / 2, vmemmap + MIB, null));
    expect(all).toEqual(['256 entries of a table', ...Array.from({ length: 8 }, () => WHOLE_TABLE)]);
  });

  test.each(MACHINES)('and at addresses of the range which entries are written: %s', (_name, machine, leafMib) => {
    const { kernel } = idle({ kernel: '6.12.117', ...machine });
    const { code } = kernel;
    const start = kernel.vmemmap + 2 ** 40;
    const end = start + 2 * leafMib * MIB;
    const outside: number[] = [];
    let heard = 0;
    const note = (address: number): void => {
      heard++;
      if (address < start || address >= end) outside.push(address - start);
    };
    observe(kernel, {
      ...DEAF_OBSERVER,
      setEntry: (_level, address) => note(address),
      clearEntry: (_level, address) => note(address),
    });
    code.vmemmapPopulate(start, end, 0, null);
    code.vmemmapFree(start, end, null);
    expect(heard).toBeGreaterThan(0);
    expect(outside).toEqual([]);
  });
});
