// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import { describe, expect, test } from 'vitest';
import {
  HASH_PAGE_SIZES,
  HashPageTable,
  HPTES_PER_GROUP,
  NO_SLOT,
  type SegmentShift,
} from '../../arch/ppc64/hash/hash-page-table.js';
import { linuxPaging } from '../../arch/ppc64/hash/linux-page-table.js';
import { HashPlatform } from '../../arch/ppc64/hash/platform.js';
import { virtualPage, vmemmapContext } from '../../arch/ppc64/hash/vsid.js';
import { P4D, PMD, PTE, PUD } from '../../src/hardware/page-table.js';
import { Ram } from '../../src/hardware/ram.js';
import { observe, type Kernel } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, play } from '../scenarios.js';

/** The hashed page table: arch/powerpc/include/asm/book3s/64/mmu-hash.h, hash_utils.c, hash_native.c. */

type Machine = ScenarioInput['machine'];

const KIB_64 = 65536;
const MIB_16 = 2 ** 24;
const EFAULT = 14;
const HPTE_BYTES = 16;
const GROUP_BYTES = HPTES_PER_GROUP * HPTE_BYTES;
/** PAGE_KERNEL as htab_convert_pte_flags() has it, without the storage key. */
const FLAGS = 0x194;
const SMALL_HTAB = 2 ** 18;
/** HPTE_V_BOLTED and HPTE_V_VALID: bits of an entry's first dword, in its last byte. */
const V_BOLTED = 0x10;
const V_VALID = 0x1;

/** An entry as its 16 bytes, in hex. */
function bytesOf(ram: Ram, base: number, slot: number): string {
  const pa = base + slot * HPTE_BYTES;
  const bytes = Buffer.from(ram.readFrame(Math.floor(pa / KIB_64)));
  return bytes.subarray(pa % KIB_64, (pa % KIB_64) + HPTE_BYTES).toString('hex');
}

/** Takes bits out of the first dword's last byte. */
function clearBits(ram: Ram, base: number, slot: number, bits: number): void {
  const at = ram.wordIndex(base + slot * HPTE_BYTES) + 1;
  // The entry is big-endian: the last byte of a dword is the highest of a word as it lies in RAM.
  ram.words[at] = (ram.words[at]! & ~(bits << 24)) >>> 0;
}

describe('an entry of the hashed page table', () => {
  const written = (pageSize: number, vsid: number, offset: number, pa: number, segment: SegmentShift = 40): string => {
    const ram = new Ram(KIB_64);
    const table = new HashPageTable(ram, 0, SMALL_HTAB, segment, HASH_PAGE_SIZES[pageSize]!);
    const slot = table.insert(0, { vsid, offset: offset / 4096 }, pa, FLAGS);
    expect(slot).toBe(0);
    return bytesOf(ram, 0, slot);
  };

  test('says its page size by HPTE_V_LARGE and by the LP field: penc 0 for 4K and 16M, 1 for 64K', () => {
    expect(written(4096, 0, 0, 2 ** 24)).toBe('40000000000000110000000001000194');
    expect(written(KIB_64, 0, 0, 2 ** 24)).toBe('40000000000000150000000001001194');
    expect(written(MIB_16, 0, 0, 2 ** 24)).toBe('40000000000000150000000001000194');
  });

  test('has the virtual page number from bit 7 on without its low 11 bits, and without what its page covers', () => {
    // 24 MiB are 3 * 2^23, 48 MiB are 6 * 2^23: shifted up by 7.
    expect(written(4096, 0, 3 * 2 ** 23, 0).slice(0, 16)).toBe('4000000000000191');
    expect(written(KIB_64, 0, 3 * 2 ** 23, 0).slice(0, 16)).toBe('4000000000000195');
    expect(written(MIB_16, 0, 6 * 2 ** 23, 0).slice(0, 16)).toBe('4000000000000315');
    expect(written(MIB_16, 0, 7 * 2 ** 23, 0).slice(0, 16)).toBe('4000000000000315');
  });

  test('has the segment above, from bit 24 with 1 TiB and from bit 12 with 256 MiB, and the size of it in bits 62 and 63', () => {
    expect(written(KIB_64, 0x12345, 0, 0).slice(0, 16)).toBe('4000012345000015');
    expect(written(KIB_64, 0x12345, 0, 0, 28).slice(0, 16)).toBe('0000000012345015');
  });

  test('has a real address of more than 32 bits', () => {
    const pa = 2 ** 40 + 5 * 2 ** 32 + 2 ** 24;
    expect(written(KIB_64, 0, 0, pa).slice(16)).toBe('0000010501001194');
    const table = new HashPageTable(new Ram(KIB_64), 0, SMALL_HTAB, 40, HASH_PAGE_SIZES[KIB_64]!);
    const page = { vsid: 1, offset: 0 };
    const group = table.primaryGroup(page);
    for (const address of [2 ** 24, pa]) table.insert(group, page, address, FLAGS);
    expect(table.realAddress(group * HPTES_PER_GROUP)).toBe(2 ** 24);
    expect(table.realAddress(group * HPTES_PER_GROUP + 1)).toBe(pa);
  });
});

describe('hpt_hash()', () => {
  /** Larger than any table: every bit of the hash that a number of 32 bits has. */
  const groupOf = (segment: SegmentShift, vsid: number, page: number): number =>
    new HashPageTable(new Ram(KIB_64), 0, 2 ** 38, segment, HASH_PAGE_SIZES[KIB_64]!).primaryGroup({
      vsid,
      offset: page * (KIB_64 / 4096),
    });

  test('is the segment and the page in it; with segments of 1 TiB the segment comes in once more, 25 bits up', () => {
    expect(groupOf(28, 3, 8)).toBe(3 ^ 8);
    expect(groupOf(40, 3, 8)).toBe((3 ^ 8) + 3 * 2 ** 25);
  });
});

describe('a group', () => {
  const BASE = 2 ** 40;
  const PAGE = { vsid: 1, offset: 0 };
  /** Segment numbers that differ in bits above the 8 that the low half of an entry has. */
  const ALIKE = { vsid: 1 + 2 ** 8, offset: 0 };
  const empty = (bytes = SMALL_HTAB, base = BASE) => {
    const ram = new Ram(KIB_64);
    const table = new HashPageTable(ram, base, bytes, 40, HASH_PAGE_SIZES[KIB_64]!);
    return { ram, table, group: table.primaryGroup(PAGE), slot: table.primaryGroup(PAGE) * HPTES_PER_GROUP };
  };
  const fill = (table: HashPageTable, group: number): number[] =>
    Array.from({ length: HPTES_PER_GROUP }, (_, i) => table.insert(group, { vsid: 100 + i, offset: 0 }, 0, FLAGS));

  test('has eight entries of 16 bytes, of which the first free one is taken', () => {
    const { table } = empty();
    expect(fill(table, 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(table.insert(0, PAGE, 0, FLAGS)).toBe(NO_SLOT);
    expect(fill(table, 5)[0]).toBe(40);
    expect(table.groupAddress(5)).toBe(BASE + 5 * GROUP_BYTES);
    table.invalidate(3);
    expect(table.countValid()).toBe(15);
    expect(table.insert(0, PAGE, 0, FLAGS)).toBe(3);
  });

  test('is left alone by a look-up for another group', () => {
    const { table, group } = empty();
    table.insert(group + 1, PAGE, 0, FLAGS);
    expect(table.find(PAGE)).toBe(NO_SLOT);
  });

  test('is searched by all of the virtual page number and for valid entries only', () => {
    const { ram, table, group, slot } = empty();
    table.insert(group, ALIKE, 0, FLAGS);
    expect(table.find(PAGE)).toBe(NO_SLOT);
    expect(table.insert(group, PAGE, 0, FLAGS)).toBe(slot + 1);
    expect(table.find(PAGE)).toBe(slot + 1);
    clearBits(ram, BASE, slot + 1, V_VALID);
    expect(table.find(PAGE)).toBe(NO_SLOT);
  });

  test('gives up the first entry that is valid and not bolted, if it has one', () => {
    const { ram, table, group, slot } = empty();
    fill(table, group);
    expect(table.evict(group)).toBe(false);
    expect(table.countValid()).toBe(HPTES_PER_GROUP);
    clearBits(ram, BASE, slot + 2, V_BOLTED | V_VALID);
    expect(table.evict(group)).toBe(false);
    for (const i of [4, 6]) clearBits(ram, BASE, slot + i, V_BOLTED);
    expect(table.evict(group)).toBe(true);
    expect(table.countValid()).toBe(HPTES_PER_GROUP - 2);
    expect(bytesOf(ram, BASE, slot + 4).slice(0, 16)).toBe('0000000000000000');
    expect(bytesOf(ram, BASE, slot + 6).slice(0, 16)).not.toBe('0000000000000000');
    // Of its neighbours none is looked at.
    clearBits(ram, BASE, slot + 6, V_BOLTED | V_VALID);
    fill(table, group + 1);
    clearBits(ram, BASE, slot + HPTES_PER_GROUP, V_BOLTED);
    expect(table.evict(group)).toBe(false);
    expect(table.evict(group + 1)).toBe(true);
  });

  test('behind the end of the table is none of it', () => {
    const ram = new Ram(KIB_64);
    const [first, second] = [0, SMALL_HTAB].map(
      (base) => new HashPageTable(ram, base, SMALL_HTAB, 40, HASH_PAGE_SIZES[KIB_64]!),
    );
    first!.insert(first!.groupMask, PAGE, 0, FLAGS);
    second!.insert(0, PAGE, 0, FLAGS);
    expect(first!.countValid()).toBe(1);
  });
});

describe('htab_bolt_mapping()', () => {
  /** Where this machine has its hashed page table. */
  const HTAB_BASE = 2 ** 51;
  const hash = (more: Partial<Machine> = {}): Machine => ({
    arch: 'ppc64',
    mmu: 'hash',
    kernel: '6.12.117',
    htabSizeBytes: SMALL_HTAB,
    ...more,
  });

  /** A kernel, and its hashed page table seen from outside; a group is full where `full` says so. */
  function machine(...full: ('primary' | 'secondary')[]) {
    const { kernel } = idle(hash());
    const table = new HashPageTable(kernel.ram, HTAB_BASE, SMALL_HTAB, 40, HASH_PAGE_SIZES[MIB_16]!);
    const page = virtualPage(kernel.vmemmap, vmemmapContext(kernel.pageSize, kernel.traits), 40);
    const groups = { primary: table.primaryGroup(page), secondary: table.secondaryGroup(page) };
    for (const which of full) {
      for (let i = 0; i < HPTES_PER_GROUP; i++) {
        table.insert(groups[which], { vsid: 100 + i, offset: 0 }, (100 + i) * MIB_16, FLAGS);
      }
    }
    const { ram } = kernel;
    const heard: unknown[] = [];
    observe(kernel, {
      ...DEAF_OBSERVER,
      probeGroup: (pa, slots) => heard.push(['probe', (pa - HTAB_BASE) / GROUP_BYTES, slots]),
      insertSlot: (pa, slots) => heard.push(['insert', (pa - HTAB_BASE) / GROUP_BYTES, slots]),
      removeSlot: (pa) => heard.push(['remove', (pa - HTAB_BASE) / GROUP_BYTES]),
    });
    const free = (slot: number, bits: number): void => clearBits(ram, HTAB_BASE, slot, bits);
    return { kernel, table, page, heard, free, ...groups };
  }
  const populate = ({ code, vmemmap }: Kernel): number => code.vmemmapPopulate(vmemmap, vmemmap + MIB_16, 0, null);
  const free = ({ code, vmemmap }: Kernel): void => code.vmemmapFree(vmemmap, vmemmap + MIB_16, null);

  test('takes the first free entry of the primary group, and removing finds it there', () => {
    const { kernel, heard, primary, table, page } = machine();
    for (const vsid of [100, 101]) table.insert(primary, { vsid, offset: 0 }, 0, FLAGS);
    expect(populate(kernel)).toBe(0);
    expect(heard.splice(0)).toEqual([['insert', primary, 3]]);
    expect(table.find(page)).toBe(primary * HPTES_PER_GROUP + 2);
    free(kernel);
    expect(heard).toEqual([
      ['probe', primary, 3],
      ['remove', primary],
    ]);
    expect(table.find(page)).toBe(NO_SLOT);
    expect(table.countValid()).toBe(2);
  });

  test('drives an entry that is not bolted out of a full primary group', () => {
    const { kernel, heard, free: clear, primary, table, page } = machine('primary');
    clear(primary * HPTES_PER_GROUP + 5, V_BOLTED);
    expect(populate(kernel)).toBe(0);
    expect(heard).toEqual([['insert', primary, 6]]);
    expect(table.find(page)).toBe(primary * HPTES_PER_GROUP + 5);
    expect(table.countValid()).toBe(HPTES_PER_GROUP);
  });

  test('drives nothing out where there is a free entry', () => {
    const { kernel, free: clear, primary, table } = machine('primary');
    clear(primary * HPTES_PER_GROUP + 5, V_BOLTED);
    clear(primary * HPTES_PER_GROUP + 6, V_BOLTED | V_VALID);
    expect(populate(kernel)).toBe(0);
    expect(table.countValid()).toBe(HPTES_PER_GROUP);
    expect(table.realAddress(primary * HPTES_PER_GROUP + 5)).toBe((100 + 5) * MIB_16);
  });

  test('goes to the secondary group where the primary one is full of bolted entries; removing searches both', () => {
    const { kernel, heard, primary, secondary, table, page } = machine('primary');
    expect(populate(kernel)).toBe(0);
    expect(heard.splice(0)).toEqual([
      ['probe', primary, 8],
      ['insert', secondary, 1],
    ]);
    expect(table.find(page)).toBe(secondary * HPTES_PER_GROUP);
    free(kernel);
    expect(heard).toEqual([
      ['probe', primary, 8],
      ['probe', secondary, 1],
      ['remove', secondary],
    ]);
    expect(table.countValid()).toBe(HPTES_PER_GROUP);
  });

  test('fails where both groups are full of bolted entries: populating says -EFAULT, and the block stays noted', () => {
    const { kernel, heard, primary, secondary } = machine('primary', 'secondary');
    expect(populate(kernel)).toBe(-EFAULT);
    expect(heard.splice(0)).toEqual([
      ['probe', primary, 8],
      ['probe', secondary, 8],
    ]);
    const leaves: unknown[] = [];
    const { vmemmap } = kernel;
    kernel.platform.visit(
      vmemmap,
      vmemmap + MIB_16,
      (leaf) => leaves.push([leaf.start, leaf.size, leaf.lo]),
      () => undefined,
    );
    expect(leaves).toEqual([[vmemmap, MIB_16, 0]]);
    expect(kernel.platform.mmu.walk(vmemmap)).toBeUndefined();
    expect(kernel.code.describe!(String)).toEqual({ hptes: [] });
    // Freeing gives the block back, looks for its entry in vain, and says so.
    free(kernel);
    expect(heard).toEqual([
      ['probe', primary, 8],
      ['probe', secondary, 8],
    ]);
    expect(kernel.log.take().map(entryText)).toEqual(['warn:hash__vmemmap_remove_mapping']);
    expect(kernel.counters).toMatchObject({ allocPages: 256 + 1, freePages: 256 });
  });

  test('what is mapped is told from vmemmap_list, in the order of addresses and within the range', () => {
    const { kernel } = machine();
    const { code, vmemmap } = kernel;
    for (const i of [2, 0, 3, 1]) code.vmemmapPopulate(vmemmap + i * MIB_16, vmemmap + (i + 1) * MIB_16, 0, null);
    const starts: number[] = [];
    kernel.platform.visit(
      vmemmap + MIB_16,
      vmemmap + 3 * MIB_16,
      ({ start }) => starts.push((start - vmemmap) / MIB_16),
      () => undefined,
    );
    expect(starts).toEqual([1, 2]);
  });

  test('knows three sizes of pages', () => {
    const { kernel } = machine();
    const options = { htabSizeBytes: SMALL_HTAB, segmentShift: 40 as const };
    expect(() => new HashPlatform(kernel, { ...options, vmemmapPageSize: 8192 })).toThrow(
      'the hash MMU has no vmemmap pages of 8192 bytes',
    );
  });

  test('the fields of its entries are those of mmu-hash.h, and each says something', () => {
    const fields = idle(hash()).kernel.platform.leafFields!;
    expect(fields.map(({ name, mask }) => [name, mask])).toEqual([
      ['HPTE_R_PP', 0x3n],
      ['HPTE_R_N', 0x4n],
      ['HPTE_R_G', 0x8n],
      ['HPTE_R_M', 0x10n],
      ['HPTE_R_I', 0x20n],
      ['HPTE_R_W', 0x40n],
      ['HPTE_R_C', 0x80n],
      ['HPTE_R_R', 0x100n],
      ['HPTE_R_KEY_LO', 0xe00n],
    ]);
    for (const { says } of fields) expect(says).not.toBe('');
  });
});

describe("Linux's own page table under the hash MMU", () => {
  const hash = (kernel: string, pageSize: string, more: Partial<Machine> = {}): Machine => ({
    arch: 'ppc64',
    mmu: 'hash',
    kernel,
    pageSize,
    ...more,
  });

  test('has the index sizes of hash-4k.h and hash-64k.h', () => {
    const levels = (pageSize: string) => {
      const { kernel } = idle(hash('6.12.117', pageSize));
      const { table } = linuxPaging(kernel, kernel.allocator.reserve() * kernel.pageSize);
      return table.levels.map(({ level, span, mask }) => [level, span, mask + 1]);
    };
    const [MIB, GIB, TIB] = [2 ** 20, 2 ** 30, 2 ** 40];
    expect(levels('4K')).toEqual([
      [P4D, 128 * GIB, 512],
      [PUD, 256 * MIB, 512],
      [PMD, 2 * MIB, 128],
      [PTE, 4096, 512],
    ]);
    expect(levels('64K')).toEqual([
      [P4D, 16 * TIB, 256],
      [PUD, 16 * GIB, 1024],
      [PMD, 16 * MIB, 1024],
      [PTE, KIB_64, 256],
    ]);
  });

  test('is written to by the helper that folds compound pages, from 5.19 until architectures had to ask for it in 6.3', () => {
    const hasPaging = (kernel: string): boolean => idle(hash(kernel, '64K')).kernel.code.paging !== undefined;
    expect(['5.18', '5.19', '6.2', '6.3', '6.12'].map(hasPaging)).toEqual([false, true, true, false, false]);
    const { kernel } = idle(hash('5.19', '64K'));
    expect(kernel.allocator.isReserved(kernel.code.paging!.table.root / KIB_64)).toBe(true);
  });

  test('reads entries as the kernel does: a table is any entry, a page has _PAGE_PRESENT, a leaf _PAGE_PTE', () => {
    const { kernel } = idle(hash('5.19', '64K'));
    const { format } = kernel.code.paging!.table;
    const [PRESENT, LEAF] = [0x8000_0000, 0x4000_0000];
    expect([format.isPresent(PTE, 1, 0), format.isPresent(PTE, 0, PRESENT)]).toEqual([false, true]);
    expect([format.isPresent(PMD, 1, 0), format.isPresent(PMD, 0, 1), format.isPresent(PMD, 0, 0)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([format.isLeaf(PTE, 0, LEAF), format.isLeaf(PTE, 1, PRESENT)]).toEqual([true, false]);
  });

  test('gets base pages with PAGE_KERNEL from it, big-endian, which the hardware does not see: the kernel stops', () => {
    const ramBasePfn = 2 ** 33;
    const steps = [
      { op: 'memremap-pages' as const, device: 'd', start: '0x10000000000', size: '1G', compoundSize: '1G' },
    ];
    const [state] = play({ machine: hash('5.19', '4K', { ramBasePfn }), steps });
    // The first struct page that is written to is not mapped: commit 87a7ae75d738 tells of the crash.
    expect(state).toMatchObject({ ret: 'BUG', leaves: [] });
    expect(state!.counters['setPte']).toBe(4096);
    const { kernel } = idle(hash('5.19', '4K', { ramBasePfn }));
    const paging = kernel.code.paging!;
    const { table } = paging;
    const entry = table.entry(table.root, 0);
    const { words } = kernel.ram;
    expect(paging.isNone(words[entry]!, words[entry + 1]!, PTE)).toBe(true);
    const pfn = ramBasePfn + 5;
    words[entry] = paging.pteWord0(pfn);
    words[entry + 1] = paging.pteWord1(pfn);
    const bytes = Buffer.from(kernel.ram.readFrame(table.root / 4096)).readBigUInt64BE();
    // Valid and a leaf on top; below C, R, privileged, read and write.
    expect(bytes).toBe(0xc00000000000018en | (BigInt(pfn) << 12n));
    expect(table.format.address(PTE, table.lo(entry), table.hi(entry))).toBe(pfn * 4096);
  });
});
