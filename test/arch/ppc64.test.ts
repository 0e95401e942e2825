// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HASH_PAGE_SIZES, HashPageTable, NO_SLOT } from '../../arch/ppc64/hash/hash-page-table.js';
import { virtualPage, vmemmapContext, vpnText } from '../../arch/ppc64/hash/vsid.js';
import { altmapCrossBoundary } from '../../arch/ppc64/populated.js';
import { backings, emptyList, VmemmapList } from '../../arch/ppc64/vmemmap-list.js';
import { Ram } from '../../src/hardware/ram.js';
import { DEFAULT_RELEASE, resolveTraits } from '../../src/history/releases.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { P4D, PMD, PUD } from '../../src/hardware/page-table.js';
import { entryAt, idle, pageTableOf, play } from '../scenarios.js';

type Machine = ScenarioInput['machine'];
const radix = (more: Partial<Machine> = {}): Machine => ({ arch: 'ppc64', mmu: 'radix', kernel: '6.12.117', ...more });
const hash = (more: Partial<Machine> = {}): Machine => ({ arch: 'ppc64', mmu: 'hash', kernel: '6.12.117', ...more });
/** Pages of a section of 16 MiB with 64K pages, and a first frame whose memmap starts on a leaf. */
const SECTION = 256;
const FIRST = 2 ** 24;
const add = (section: number, nr = 1, altmap?: string) => ({
  op: 'add-pages' as const,
  pfn: FIRST + section * SECTION,
  nrPages: nr * SECTION,
  altmap,
});
const remove = (section: number, nr = 1, altmap?: string) => ({
  op: 'remove-pages' as const,
  pfn: FIRST + section * SECTION,
  nrPages: nr * SECTION,
  altmap,
});

describe('ppc64 radix', () => {
  test('maps with a leaf of 2 MiB where the memmap starts on one, with base pages where it does not', () => {
    const [aligned] = play({ machine: radix(), steps: [add(0)] });
    expect(aligned!.leaves).toEqual(['c00c000040000000-c00c000040200000 pmd ram']);
    const [inside] = play({ machine: radix(), steps: [add(4)] });
    expect(inside!.leaves).toEqual(['c00c000040010000-c00c000040020000 pte ram']);
  });

  test('from 6.6 to 6.14 made a leaf of system memory wherever the memmap began, and base pages for an altmap', () => {
    const start = FIRST + 4 * SECTION;
    const altmaps = { dev: { basePfn: start, endPfn: start + 2 ** 20, free: 64 } };
    const inside = (kernel: string, altmap?: string) =>
      play({ machine: radix({ kernel }), altmaps, steps: [add(4, 1, altmap)] })[0]!.leaves;
    for (const kernel of ['6.6', '6.14']) {
      expect(inside(kernel)).toEqual(['c00c000040000000-c00c000040200000 pmd ram']);
      expect(inside(kernel, 'dev')).toEqual(['c00c000040010000-c00c000040020000 pte altmap:1000400']);
    }
    expect(inside('6.15')).toEqual(['c00c000040010000-c00c000040020000 pte ram']);
  });

  test('before 6.6 took whole leaves, and noted them in vmemmap_list', () => {
    const [state] = play({ machine: radix({ kernel: '6.1.192' }), steps: [add(4)] });
    expect(state).toMatchObject({ leaves: ['c00c000040000000-c00c000040200000 pmd ram'], ram: { pages: 32 + 2 + 1 } });
  });

  test('keeps a page that a valid subsection still needs: one page of 64K describes four sections', () => {
    const [, , first, second] = play({ machine: radix(), steps: [add(4), add(5), remove(4), remove(5)] });
    expect(first).toMatchObject({ holes: [], leaves: ['c00c000040010000-c00c000040020000 pte ram'] });
    expect(second).toMatchObject({ leaves: [], ram: { pages: 0 } });
  });

  test('tells by the frame whether a page goes to the altmap', () => {
    const altmaps = { dev: { basePfn: FIRST, endPfn: FIRST + SECTION - 1, free: 40 } };
    const [added, removed] = play({ machine: radix(), altmaps, steps: [add(0), remove(0, 1, 'dev')] });
    expect(added!.leaves[0]).toContain('ram');
    expect(removed).toMatchObject({ violations: [], altmaps: { dev: { alloc: 0 } }, ram: { pages: 0 } });
  });

  test('writes entries big-endian: a byte dump of the PMD table shows valid and leaf in its first byte', () => {
    const { kernel } = idle(radix());
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 0x4000, 0, null);
    const mmu = pageTableOf(kernel);
    const leaf = mmu.walk(kernel.vmemmap)!;
    const expected = Buffer.alloc(8);
    expected.writeBigUInt64BE(0xc00000000000018en | BigInt(leaf.pa));
    const dumps: string[] = [];
    mmu.visit(
      kernel.vmemmap,
      kernel.vmemmap + 1,
      () => undefined,
      (table) => {
        dumps.push(Buffer.from(kernel.ram.readFrame(table.pa / 65536).slice(0, 8)).toString('hex'));
      },
    );
    expect(dumps.at(-1)).toBe(expected.toString('hex'));
  });

  test('maps the tail page of a compound page again, found by its place', () => {
    const device = { op: 'memremap-pages' as const, device: 'd0', pfn: FIRST, nrPages: 2 ** 14, compoundSize: '1G' };
    const [state] = play({ machine: radix(), steps: [device] });
    expect(state!.counters).toMatchObject({ setPte: 16, allocPages: 3 + 2 });
  });
});

describe('ppc64 radix: remove_pagetable() meets what it did not make', () => {
  const PMD_SIZE = 2 ** 21;
  const PUD_SIZE = 2 ** 30;
  /** Bits 63 and 62 of an entry: valid, and a leaf. */
  const VALID_LEAF_HI = 0xc000_0000;
  const mapped = (more: Partial<Machine> = {}) => {
    const { kernel } = idle(radix(more));
    const start = kernel.vmemmap;
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    kernel.counters.reset();
    return { kernel, start, table: pageTableOf(kernel) };
  };

  test('memmap that was never mapped is passed over', () => {
    const { kernel, start } = mapped();
    kernel.code.vmemmapFree(start + PUD_SIZE, start + 2 ** 41, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(kernel.counters).toMatchObject({ freePages: 0, clear: [0, 0, 0, 0, 0] });
  });

  test('a leaf of 1 GiB goes as a whole and is not given back; of a part of it the kernel warns, once', () => {
    const { kernel, start, table } = mapped();
    const entry = entryAt(kernel, PUD, start + PUD_SIZE);
    table.write(entry, 0, VALID_LEAF_HI);
    const { code } = kernel;
    code.vmemmapFree(start + PUD_SIZE, start + PUD_SIZE + PMD_SIZE, null);
    code.vmemmapFree(start + 2 * PUD_SIZE - PMD_SIZE, start + 2 * PUD_SIZE, null);
    expect(kernel.log.take().map(entryText)).toEqual(['warn:remove_pud_table: unaligned range']);
    expect(table.hi(entry)).toBe(VALID_LEAF_HI);
    code.vmemmapFree(start + PUD_SIZE, start + 2 * PUD_SIZE, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(table.hi(entry)).toBe(0);
    expect(kernel.counters).toMatchObject({ freePages: 0, clear: [0, 0, 1, 0, 0] });
  });

  test('of a part of a leaf of 512 GiB the kernel warns too, by the name of who walks the root', () => {
    const { kernel, start, table } = mapped();
    const entry = entryAt(kernel, P4D, start + 2 ** 39);
    table.write(entry, 0, VALID_LEAF_HI);
    kernel.code.vmemmapFree(start + 2 ** 39, start + 2 ** 39 + PMD_SIZE, null);
    expect(kernel.log.take().map(entryText)).toEqual(['warn:remove_pagetable: unaligned range']);
    expect(table.hi(entry)).toBe(VALID_LEAF_HI);
  });

  test('a part of a leaf that describes nothing valid takes all of it', () => {
    const { kernel, start } = mapped();
    kernel.code.vmemmapFree(start, start + PMD_SIZE / 2, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(kernel.counters).toMatchObject({ freePages: 32 + 2, clear: [0, 1, 1, 1, 0] });
  });

  test('a table with an entry in any half of a word stays', () => {
    for (const [lo, hi] of [
      [1, 0],
      [0, 1],
    ] as const) {
      const { kernel, start, table } = mapped();
      table.write(entryAt(kernel, PMD, start + PUD_SIZE - PMD_SIZE), lo, hi);
      kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
      expect(kernel.counters).toMatchObject({ freePages: 32, clear: [0, 1, 0, 0, 0] });
    }
  });
});

describe('ppc64 radix without memory', () => {
  // A table, a second, the leaf, and then a page table in its place.
  test.each([[[1]], [[2]], [[3, 4]], [[3, 5]]])('a section fails with allocations %j, and nothing stays', (calls) => {
    const [state] = play({ machine: radix(), steps: [add(0)], failAllocations: calls });
    expect(state).toMatchObject({ ret: -12, leaves: [], violations: [], sections: { present: 0 }, ram: { pages: 0 } });
  });

  const device = { op: 'memremap-pages' as const, device: 'd0', pfn: FIRST, nrPages: 2 ** 14, compoundSize: '1G' };

  test.each([1, 2, 3, 4])('a folded device fails with allocation %i, and nothing of it stays', (call) => {
    const [state] = play({ machine: radix(), steps: [device], failAllocations: [call] });
    expect(state).toMatchObject({ ret: -12, leaves: [], violations: [], ram: { pages: 0 } });
  });

  test('nobody looks whether the tail page of a compound page could be had; the next page asks for it again', () => {
    const [state] = play({ machine: radix(), steps: [device], failAllocations: [5] });
    expect(state).toMatchObject({ ret: 0, holes: [], counters: { setPte: 16, allocPages: 3 + 2 } });
  });
});

describe('ppc64: altmap_cross_boundary()', () => {
  const { kernel } = idle(radix({ structPageSize: 56 }));
  const altmap = { name: 'dev', basePfn: 0, endPfn: 2 ** 20, reserve: 0, free: 100, align: 0, alloc: 0 };

  test('an address that lies on no struct page divides to a huge pfn, which is beyond any device', () => {
    expect(altmapCrossBoundary(kernel, altmap, kernel.vmemmap + 65536, 65536)).toBe(true);
    expect(altmapCrossBoundary(kernel, altmap, kernel.vmemmap + 56 * 65536, 65536)).toBe(false);
  });
});

describe('ppc64: vmemmap_list', () => {
  test('holds what was noted and not given back', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 60 }), (blocks) => {
        const { kernel } = idle(hash());
        const head = emptyList();
        const list = new VmemmapList(kernel, head);
        const noted = new Map<number, number>();
        for (const block of blocks) {
          const virt = kernel.vmemmap + block * 2 ** 24;
          if (noted.has(virt)) {
            expect(list.free(virt)).toBe(noted.get(virt));
            noted.delete(virt);
          } else {
            const phys = (block + 1) * 2 ** 24;
            expect(list.populate(phys, virt, 0)).toBe(true);
            noted.set(virt, phys);
          }
        }
        expect(new Map([...backings(kernel.ram, head)].map(({ virt, phys }) => [virt, phys]))).toEqual(noted);
        expect(list.free(kernel.vmemmap + 2 ** 40)).toBe(0);
      }),
    );
  });

  test('takes a page for each 2730 nodes of 24 bytes, and none for nodes that come back', () => {
    const { kernel } = idle(hash());
    const list = new VmemmapList(kernel);
    for (let i = 0; i < 2731; i++) list.populate((i + 1) * 2 ** 16, kernel.vmemmap + i * 2 ** 16, 0);
    expect(kernel.counters.allocPages).toBe(2);
    for (let i = 0; i < 100; i++) list.free(kernel.vmemmap + i * 2 ** 16);
    for (let i = 0; i < 100; i++) list.populate((i + 1) * 2 ** 16, kernel.vmemmap + i * 2 ** 16, 0);
    expect(kernel.counters.allocPages).toBe(2);
  });
});

describe('ppc64 hash', () => {
  test('the vmemmap of a 64K kernel lies in context 7, whose first VSID a booted kernel shows', () => {
    const page = virtualPage(0xc000000000000, vmemmapContext(65536, resolveTraits(DEFAULT_RELEASE)), 40);
    expect(page.vsid).toBe(0x66bdea7);
    expect(vpnText(page, 40)).toBe('66bdea70000000');
  });

  test.each([
    ['256M', 28],
    ['1T', 40],
    [undefined, 40],
  ] as const)(
    'finds a page by its virtual segment, of %s where the machine says it: get_vsid()',
    (segmentSize, shift) => {
      const [state] = play({ machine: hash({ segmentSize }), steps: [add(0)] });
      // VA_BITS, CONTEXT_BITS and VSID_MULTIPLIER of mmu-hash.h; the vmemmap of 64K pages is in context 7.
      const segmentBits = 68n - BigInt(shift);
      const esidBits = segmentBits - 19n;
      const address = 0xc_0000_0000_0000n + BigInt(FIRST) * 64n;
      const protoVsid = (7n << esidBits) + ((address >> BigInt(shift)) % (1n << esidBits));
      const vsid = (protoVsid * 12538073n) % ((1n << segmentBits) - 1n);
      const vpn = (vsid << BigInt(shift - 12)) + (address % (1n << BigInt(shift))) / 4096n;
      expect(state!.hptes).toHaveLength(1);
      expect(state!.hptes![0]).toMatch(new RegExp(` vpn=${vpn.toString(16)}$`));
    },
  );

  test('writes the 16 bytes of an entry as a booted kernel had them', () => {
    const ram = new Ram(65536);
    const table = new HashPageTable(ram, 0, 2 ** 25, 40, HASH_PAGE_SIZES[65536]!);
    const page = virtualPage(0xc000000000000 + 0xa0000, 7, 40);
    const group = table.primaryGroup(page);
    expect(group).toBe(0x3dead);
    const slot = table.insert(group, page, 0x3fe10000, 0x194);
    const frame = Math.floor((slot * 16) / 65536);
    const bytes = Buffer.from(ram.readFrame(frame).slice((slot * 16) % 65536, ((slot * 16) % 65536) + 16));
    // The hypervisor adds a bit of its own, 0x40, to the first dword.
    expect(bytes.toString('hex')).toBe('40066bdea7000015000000003fe11194');
  });

  test('puts two pages in the groups where a booted kernel had them', () => {
    const table = new HashPageTable(new Ram(65536), 0, 2 ** 25, 40, HASH_PAGE_SIZES[65536]!);
    const group = (offset: number) => table.primaryGroup(virtualPage(0xc000000000000 + offset, 7, 40)).toString(16);
    expect([group(0), group(0xa0000), group(0x100000)]).toEqual(['3dea7', '3dead', '3deb7']);
  });

  test.each([28, 40] as const)('finds in either group what it inserted, segments of 2^%d bytes', (segmentShift) => {
    const table = new HashPageTable(new Ram(65536), 0, 2 ** 18, segmentShift, HASH_PAGE_SIZES[16777216]!);
    const pages = Array.from({ length: 64 }, (_, i) => virtualPage(0xc000000000000 + i * 2 ** 24, 7, segmentShift));
    pages.forEach((page, i) => {
      const group = i % 2 === 0 ? table.primaryGroup(page) : table.secondaryGroup(page);
      expect(table.insert(group, page, (i + 1) * 2 ** 24, 0x194)).not.toBe(NO_SLOT);
    });
    pages.forEach((page, i) => expect(table.realAddress(table.find(page))).toBe((i + 1) * 2 ** 24));
    expect(table.countValid()).toBe(64);
    table.invalidate(table.find(pages[3]!));
    expect(table.find(pages[3]!)).toBe(NO_SLOT);
  });

  test('a leaf of 16 MiB describes 16 GiB: the second section finds it there', () => {
    const [first, second, , last] = play({ machine: hash(), steps: [add(0), add(1), remove(0), remove(1)] });
    expect(second!.hptes).toEqual(first!.hptes);
    expect(last).toMatchObject({ leaves: [], hptes: [], ram: { pages: 1 } });
  });

  test('does without page tables', () => {
    const [state] = play({ machine: hash(), steps: [add(0)] });
    expect(state).toMatchObject({ tables: {}, prot: { hpte: '0x794' }, counters: { allocPages: 257 } });
  });

  test('with 4K vmemmap pages leaves a hole under the second subsection of a section', () => {
    const machine = hash({ pageSize: '4K', hugeVmemmap: false });
    const subsection = (i: number) => ({ op: 'add-pages' as const, pfn: 2 ** 20 + i * 512, nrPages: 512 });
    const [, second] = play({ machine, steps: [subsection(0), subsection(1)] });
    expect(second).toMatchObject({ ret: 0 });
    expect(second!.holes).toHaveLength(1);
  });

  test.each([
    [{ vmemmapPageSize: 12345 }, 'machine.vmemmapPageSize'],
    [{ htabSizeBytes: 1000 }, 'machine.htabSizeBytes'],
    [{ segmentSize: '1G' }, 'machine.segmentSize'],
  ])('%j is refused by the name of the field', (more, field) => {
    expect(() => play({ machine: hash(more), steps: [add(0)] })).toThrow(field);
  });
});
