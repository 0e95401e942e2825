// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressLayout, entryAddress, entryHi, entryLo, geometry } from '../../arch/arm64/layout.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { P4D, PMD, PTE, PUD } from '../../src/hardware/page-table.js';
import { entryAt, idle, pageTableOf, play } from '../scenarios.js';

type Machine = ScenarioInput['machine'];
const arm64 = (more: Partial<Machine> = {}): Machine => ({ arch: 'arm64', kernel: '6.12.117', ...more });
const range = (mib: number, sizeMib: number) => ({
  start: `0x${(2 ** 32 + mib * 2 ** 20).toString(16)}`,
  size: `${sizeMib}M`,
});
const add = (mib: number, sizeMib: number, altmap?: string) => ({
  op: 'add-pages' as const,
  ...range(mib, sizeMib),
  altmap,
});
const remove = (mib: number, sizeMib: number, altmap?: string) => ({
  op: 'remove-pages' as const,
  ...range(mib, sizeMib),
  altmap,
});

const PMD_SIZE = 2 ** 21;
const PUD_SIZE = 2 ** 30;
/** Bits of an entry: valid; present where the hardware must not look; one of a row of entries alike. */
const VALID = 1;
const TABLE = 3;
const PRESENT_INVALID_HI = 2 ** 27;
const CONT_HI = 2 ** 20;
const FRAME = 2 ** 12;

/** A kernel whose memmap begins with a leaf, or with pages. */
function mapped(more: Partial<Machine> = {}) {
  const { kernel } = idle(arm64(more));
  // The vmemmap itself begins in the last entry of a table.
  const start = kernel.vmemmap + 8 * PUD_SIZE;
  kernel.code.vmemmapPopulate(start, start + kernel.pagesPerSection * kernel.structPageSize, 0, null);
  return { kernel, start, table: pageTableOf(kernel) };
}

describe('arm64: unmap_hotplug_range() meets entries that it did not make', () => {
  test('neither valid nor marked as present: a warning by the name of the level, and it goes', () => {
    const { kernel, start, table } = mapped();
    table.write(entryAt(kernel, PMD, start), FRAME, 0);
    kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
    expect(
      kernel.log
        .take()
        .map(entryText)
        .filter((line) => line.startsWith('warn')),
    ).toEqual(['warn:unmap_hotplug_pmd_range', 'warn:unmap_hotplug_pmd_range', 'warn:free_empty_pmd_table']);
    const root = mapped();
    root.table.write(entryAt(root.kernel, P4D, root.start), FRAME, 0);
    root.kernel.code.vmemmapFree(root.start, root.start + PMD_SIZE, null);
    // The frame that it named goes as an empty table.
    expect(root.kernel.log.take().map(entryText)).toEqual([
      'warn:unmap_hotplug_p4d_range',
      'warn:free_empty_p4d_table',
      'free-not-allocated:1',
    ]);
    const pages = mapped({ pageSize: '64K' });
    pages.table.write(entryAt(pages.kernel, PTE, pages.start), 2 ** 16, 0);
    pages.kernel.code.vmemmapFree(pages.start, pages.start + 2 ** 16, null);
    expect(pages.kernel.log.take().map(entryText)).toContain('warn:unmap_hotplug_pte_range');
  });

  test('marked as present though not valid: no warning', () => {
    const { kernel, start, table } = mapped({ pageSize: '64K' });
    const entry = entryAt(kernel, PTE, start);
    table.write(entry, (table.lo(entry) & ~VALID) >>> 0, PRESENT_INVALID_HI);
    kernel.code.vmemmapFree(start, start + 2 ** 16, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
  });

  test('one of a row that is alike: a warning for blocks and for pages', () => {
    for (const [level, more, name] of [
      [PMD, {}, 'unmap_hotplug_pmd_range'],
      [PTE, { pageSize: '64K' }, 'unmap_hotplug_pte_range'],
    ] as const) {
      const { kernel, start, table } = mapped(more);
      const entry = entryAt(kernel, level, start);
      table.write(entry, table.lo(entry), table.hi(entry) | CONT_HI);
      kernel.code.vmemmapFree(start, start + kernel.pageSize, null);
      expect(kernel.log.take().map(entryText)).toEqual([`warn:${name}`]);
    }
  });

  test('a block of 1 GiB goes as a whole, and no row of such blocks is asked for', () => {
    const { kernel, start, table } = mapped();
    const entry = entryAt(kernel, PUD, start + PUD_SIZE);
    table.write(entry, VALID, CONT_HI);
    kernel.code.vmemmapFree(start + PUD_SIZE, start + PUD_SIZE + PMD_SIZE, null);
    expect([table.lo(entry), table.hi(entry)]).toEqual([0, 0]);
    expect(
      kernel.log
        .take()
        .map(entryText)
        .filter((line) => line.startsWith('warn')),
    ).toEqual([]);
    expect(kernel.counters.clear[PUD]).toBe(1);
  });

  test('neither present nor a table: unmapping and freeing empty tables both warn', () => {
    const { kernel, start, table } = mapped();
    const entry = entryAt(kernel, PUD, start + PUD_SIZE);
    const lost = kernel.allocator.allocPages(0) * kernel.pageSize;
    table.write(entry, (lost | 2) >>> 0, Math.floor(lost / 2 ** 32));
    kernel.code.vmemmapFree(start + PUD_SIZE, start + PUD_SIZE + PMD_SIZE, null);
    expect(kernel.log.take().map(entryText)).toEqual([
      'warn:unmap_hotplug_pud_range',
      'warn:unmap_hotplug_pud_range',
      'warn:free_empty_pud_table',
    ]);
  });

  test('tables that are in order are passed through without a word', () => {
    const { kernel, start, table } = mapped();
    kernel.code.vmemmapFree(start + PUD_SIZE, start + 8 * PUD_SIZE, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(table.lo(entryAt(kernel, PUD, start)) & TABLE).toBe(TABLE);
    expect(kernel.counters.freePages).toBe(0);
  });

  test.each([
    ['low', 4, 0],
    ['high', 0, 1],
  ])('a table with a bit in the %s half of its last entry stays', (_which, lo, hi) => {
    const { kernel, start, table } = mapped();
    table.write(entryAt(kernel, PMD, start + PUD_SIZE - PMD_SIZE), lo, hi);
    kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
    expect(kernel.counters.freePages).toBe(512);
  });
});

describe('arm64: the vmemmap ends somewhere', () => {
  test('memmap behind its end, or in front of its start, is warned of by the name of who was asked', () => {
    const { kernel } = idle(arm64());
    const { code, vmemmap, structPageSize } = kernel;
    const windowEnd = vmemmap + 2 ** 36 * structPageSize;
    const said = (start: number, end: number): readonly string[] => {
      code.vmemmapFree(start, end, null);
      return kernel.log.take().map(entryText);
    };
    expect(said(windowEnd + 2 ** 40, windowEnd + 2 ** 40 + PMD_SIZE)).toContain('warn:vmemmap_free');
    expect(said(vmemmap, vmemmap + PMD_SIZE)).toEqual([]);
  });

  test('the last memmap before its end is not, and its PMD table goes, while the table above it maps more', () => {
    const { kernel } = idle(arm64());
    const { code } = kernel;
    // VMEMMAP_END is -SZ_1G.
    const end = 2 ** 52 - PUD_SIZE;
    code.vmemmapPopulate(end - PMD_SIZE, end, 0, null);
    code.vmemmapFree(end - PMD_SIZE, end, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(kernel.counters).toMatchObject({ allocPages: 2 + 512, freePages: 1 + 512 });
    const { table, start } = { table: pageTableOf(kernel), start: end - PMD_SIZE };
    expect(table.lo(entryAt(kernel, P4D, start)) & TABLE).toBe(TABLE);
    expect(table.lo(entryAt(kernel, PUD, start))).toBe(0);
  });

  test('a range of more than a section is warned of once', () => {
    const { kernel } = idle(arm64());
    for (let i = 0; i < 2; i++) kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 2 * PMD_SIZE, 0, null);
    expect(kernel.log.take().map(entryText)).toEqual(['warn:vmemmap_populate']);
    kernel.code.vmemmapPopulate(kernel.vmemmap + 2 * PMD_SIZE, kernel.vmemmap + 3 * PMD_SIZE, 0, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
  });
});

describe('arm64: vmemmap_populate()', () => {
  test('maps a section with a block only where pages have 4K', () => {
    const leaves = ['4K', '16K', '64K'].map((pageSize) => {
      const sizeMib = pageSize === '64K' ? 512 : 128;
      return play({ machine: arm64({ pageSize }), steps: [add(0, sizeMib)] })[0]!;
    });
    expect(leaves.map((s) => Object.keys(s.prot))).toEqual([['pmd'], ['pte'], ['pte']]);
    expect(leaves.map((s) => s.counters['setPte'] ?? 0)).toEqual([0, 32, 8]);
  });

  test('fails without memory for a block until 5.10, and takes base pages from 5.11 on', () => {
    // The calls before it are for two tables.
    const steps = [add(0, 1024)];
    const plays = ['5.9', '5.10', '5.11', '6.1', '6.2'].map((kernel) => {
      return play({ machine: arm64({ kernel }), steps, failAllocations: [3] })[0]!;
    });
    expect(plays.map(({ ret }) => ret)).toEqual([-12, -12, 0, 0, 0]);
    expect(plays.map(({ leaves }) => leaves.some((leaf) => leaf.includes(' pte ')))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test('takes base pages of an altmap that has no room for a block from 5.11 to 6.1 and at no other time', () => {
    const altmaps = { dev: { basePfn: 0x100000, endPfn: 0x107fff, reserve: 1, free: 512 } };
    const returns = ['5.8', '5.9', '5.10', '5.11', '6.1', '6.2'].map((kernel) => {
      const [state] = play({ machine: arm64({ kernel }), altmaps, steps: [add(0, 128, 'dev')] });
      return [state!.ret, state!.altmaps['dev']!.alloc];
    });
    expect(returns).toEqual([
      [0, 0],
      [-12, 0],
      [-12, 0],
      [0, 512],
      [0, 512],
      [-12, 0],
    ]);
  });

  test('takes base pages for less than a section, in both stable trees', () => {
    for (const kernel of ['6.1.192', '6.12.117']) {
      const [state] = play({ machine: arm64({ kernel }), steps: [add(0, 2)] });
      expect(state!.leaves).toEqual([expect.stringMatching(/ pte ram$/)]);
    }
  });

  test('since 6.2 fails where the altmap has no aligned block; before it took base pages of the altmap', () => {
    const altmaps = { dev: { basePfn: 0x100000, endPfn: 0x107fff, reserve: 1, free: 512 } };
    const run = (kernel: string) => play({ machine: arm64({ kernel }), altmaps, steps: [add(0, 128, 'dev')] })[0]!;
    expect(run('6.1.192')).toMatchObject({ ret: 0, altmaps: { dev: { alloc: 512 } } });
    expect(run('6.12.117')).toMatchObject({ ret: -12, leaves: [] });
  });

  test('puts the vmemmap where the release puts it', () => {
    const first = (kernel: string, more: Partial<Machine> = {}) =>
      play({
        machine: arm64({ kernel, ...more }),
        steps: [{ op: 'add-pages', pfn: 0, nrPages: 0x8000 }],
      })[0]!.leaves[0]!.split('-')[0];
    expect(first('6.1.192')).toBe('fffffc0000000000');
    expect(first('6.12.117')).toBe('fffffdffc0000000');
    expect(first('6.1.192', { structPageSize: 72 })).toBe('fffff80000000000');
    expect(first('6.12.117', { structPageSize: 56 })).toBe('fffffe3fc0000000');
  });

  test('warns where the range lies outside the vmemmap', () => {
    const [state] = play({
      machine: arm64({ vmemmapBase: '0xfffffdff80000000' }),
      steps: [{ op: 'add-pages', pfn: 0, nrPages: 0x8000 }],
    });
    expect(state!.violations).toEqual(['warn:vmemmap_populate']);
  });
});

describe('arm64: vmemmap_free()', () => {
  test('frees the whole block that two sections of 56-byte struct pages share, and leaves a hole under the second', () => {
    const [, , removed] = play({
      machine: arm64({ structPageSize: 56 }),
      steps: [add(0, 128), add(128, 128), remove(0, 128)],
    });
    expect(removed!.holes).toEqual(['fffffe3fc39c0000-fffffe3fc3a00000']);
  });

  test('frees the base page that subsections share where pages are larger than their memmap', () => {
    const [, , removed] = play({ machine: arm64({ pageSize: '16K' }), steps: [add(0, 2), add(2, 2), remove(0, 2)] });
    expect(removed!.holes).toHaveLength(1);
  });

  test('gives leaves to the altmap and tables to the page allocator', () => {
    const altmaps = { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 512 } };
    const [, removed] = play({ machine: arm64(), altmaps, steps: [add(0, 128, 'dev'), remove(0, 128, 'dev')] });
    expect(removed).toMatchObject({ leaves: [], tables: { pmd: 0 }, altmaps: { dev: { alloc: 0 } } });
    expect(removed!.counters).toMatchObject({ altmapFreePages: 512, freePages: 1, tlbFlushRange: 1, tlbFlushTable: 1 });
  });

  test('keeps the PUD table, which covers addresses before the vmemmap begins', () => {
    const [, removed] = play({ machine: arm64(), steps: [add(0, 128), remove(0, 128)] });
    expect(removed).toMatchObject({ tables: { pud: 1, pmd: 0 }, ram: { pages: 1 } });
  });
});

describe('arm64: entries', () => {
  test.each([
    ['5.3', 'e8000000000703'],
    ['5.4', '68000000000703'],
    ['5.10.262', 'e8000000000703'],
    ['6.12', '68000000000703'],
    ['6.12.95', 'e8000000000703'],
    ['6.18.15', '68000000000703'],
    ['6.19', '68000000000703'],
    ['6.19.14', 'e8000000000703'],
    ['7.0', 'e8000000000703'],
  ])('base pages of %s are %s: the software dirty bit came, went and came', (kernel, prot) => {
    const machine = arm64({ kernel, pageSize: 65536, vaBits: 48 });
    const [added] = play({ machine, steps: [add(0, 1024)] });
    expect(added!.prot['pte']).toBe(`0x${prot}`);
  });

  test.each([
    ['7.1', '0x68000000000701'],
    ['7.2', '0xe8000000000701'],
  ])('leaves of %s are %s: PAGE_KERNEL since the helpers are shared', (kernel, prot) => {
    expect(play({ machine: arm64({ kernel }), steps: [add(0, 128)] })[0]!.prot['pmd']).toBe(prot);
  });

  const pageShift = fc.constantFrom(12, 14, 16);
  test('hold every address below 2^52 that the page size and address width allow', () => {
    fc.assert(
      fc.property(
        pageShift,
        fc.constantFrom(48, 52),
        fc.integer({ min: 0, max: 2 ** 36 - 1 }),
        (shift, vaBits, frame) => {
          const layout = addressLayout(shift, vaBits);
          const limit = shift === 16 || vaBits === 52 ? 2 ** 52 : 2 ** 48;
          const pa = (frame * 2 ** shift) % limit;
          const lo = entryLo(layout, pa, 0x703 & ~(layout.foldedMask | (layout.shared ? 0 : 0x300)));
          expect(entryAddress(layout, lo, entryHi(layout, pa, 0x00e80000))).toBe(pa);
        },
      ),
    );
  });

  test('with LPA2 keep address bits 50 and 51 in bits 8 and 9, where SH was', () => {
    const layout = addressLayout(12, 52);
    expect(layout.shared).toBe(0);
    expect(entryLo(layout, 3 * 2 ** 50, 0)).toBe(0x300);
  });

  test('with 64K pages keep address bits 48 to 51 in bits 12 to 15', () => {
    expect(entryLo(addressLayout(16, 52), 2 ** 51 + 2 ** 16, 0)).toBe(0x18000);
  });

  test('LPA2 machines map with five levels of 4K tables, and set no shareability', () => {
    const [state] = play({
      machine: arm64({ vaBits: 52, kernel: '6.12.117' }),
      steps: [{ op: 'add-pages', pfn: 0, nrPages: 0x8000 }],
    });
    expect(state).toMatchObject({ prot: { pmd: '0x68000000000401' }, tables: { p4d: 1, pud: 1, pmd: 1 } });
  });

  test('the geometry follows page size and address width', () => {
    const bits = (shift: number, va: number) => geometry(shift, va).levels.map((l) => l.bits);
    expect([bits(12, 48), bits(14, 48), bits(16, 48)]).toEqual([
      [9, 9, 9, 9],
      [1, 11, 11, 11],
      [6, 13, 13],
    ]);
    expect([bits(12, 52), bits(14, 52), bits(16, 52)]).toEqual([
      [4, 9, 9, 9, 9],
      [5, 11, 11, 11],
      [10, 13, 13],
    ]);
  });
});
