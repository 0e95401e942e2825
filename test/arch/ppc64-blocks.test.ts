// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import { describe, expect, test } from 'vitest';
import { freeVmemmapPages } from '../../arch/ppc64/block-vmemmap.js';
import { VmemmapList } from '../../arch/ppc64/vmemmap-list.js';
import { observe, pfnToPage, type Kernel } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, play } from '../scenarios.js';

/** __vmemmap_populate(), __vmemmap_free() and vmemmap_list of arch/powerpc/mm/init_64.c. */

type Machine = ScenarioInput['machine'];

const ENOMEM = 12;
const BLOCK = 2 ** 24;
/** Pages of 64K in a block, in a section of 16 MiB, and those that a block of 64-byte struct pages describes. */
const BLOCK_PAGES = 256;
const SECTION = 256;
const DESCRIBED = BLOCK / 64;
const FIRST = 2 ** 24;

const hash = (more: Partial<Machine> = {}): Machine => ({ arch: 'ppc64', mmu: 'hash', kernel: '6.12.117', ...more });
const pages = (op: 'add-pages' | 'remove-pages', pfn: number, nrPages: number, altmap?: string) => ({
  op,
  pfn: FIRST + pfn,
  nrPages,
  altmap,
});
const add = (section: number, altmap?: string) => pages('add-pages', section * SECTION, SECTION, altmap);
const remove = (section: number, altmap?: string) => pages('remove-pages', section * SECTION, SECTION, altmap);
/** A device whose altmap has room for that many blocks, and which has no end within a block. */
const device = (blocks: number) => ({
  dev: { basePfn: FIRST, endPfn: FIRST + 2 * DESCRIBED, free: blocks * BLOCK_PAGES },
});

describe('a block without room in the altmap', () => {
  const added = (kernel: string, blocks: number, altmap?: string) =>
    play({ machine: hash({ kernel }), altmaps: device(blocks), steps: [add(0, altmap)] })[0]!;

  test('comes from system memory since 5.1; before, adding failed', () => {
    expect(added('5.1', 0, 'dev')).toMatchObject({ ret: 0, altmaps: { dev: { alloc: 0 } }, holes: [] });
    expect(added('5.0', 0, 'dev')).toMatchObject({ ret: -ENOMEM, leaves: [], ram: { pages: 0 } });
  });

  test('is no matter where there is room, or no altmap', () => {
    expect(added('5.0', 1, 'dev')).toMatchObject({ ret: 0, altmaps: { dev: { alloc: BLOCK_PAGES } } });
    expect(added('5.0', 0)).toMatchObject({ ret: 0, leaves: [expect.stringMatching(/ hpte ram$/)] });
  });
});

describe('where a block goes', () => {
  test('is told by its frame since 5.1; before, whoever brought an altmap gave everything to it', () => {
    const removed = (kernel: string) =>
      play({ machine: hash({ kernel }), altmaps: device(1), steps: [add(0), remove(0, 'dev')] })[1]!;
    expect(removed('5.1')).toMatchObject({ violations: [], altmaps: { dev: { alloc: 0 } }, ram: { pages: 1 } });
    expect(removed('5.0')).toMatchObject({
      violations: ['altmap-underflow:dev'],
      altmaps: { dev: { alloc: -BLOCK_PAGES } },
    });
  });

  test('before 6.5 frames behind the altmap counted as its own, as many as it had given out and lost to alignment', () => {
    const altmap = { name: 'dev', basePfn: 100, endPfn: 2 ** 20, reserve: 3, free: 10, alloc: 8, align: 4 };
    const goesToAltmap = (release: string, pfn: number): boolean => {
      const { kernel } = idle(hash({ kernel: release }));
      const mine = { ...altmap };
      freeVmemmapPages(kernel, pfn, 0, mine);
      expect(kernel.log.take().map(entryText)).toEqual(
        mine.alloc === 7 ? [] : [`free-not-allocated:${pfn.toString(16)}`],
      );
      return mine.alloc === 7;
    };
    const end = 100 + 3 + 10;
    const frames = [99, 100, end - 1, end, end + 8 + 4 - 1, end + 8 + 4];
    expect(frames.map((pfn) => goesToAltmap('6.5', pfn))).toEqual([false, true, true, false, false, false]);
    expect(frames.map((pfn) => goesToAltmap('6.4', pfn))).toEqual([false, true, true, true, true, false]);
  });

  test('freeing ends with the range: the block behind it stays', () => {
    const { kernel } = idle(hash());
    const { code, vmemmap } = kernel;
    code.vmemmapPopulate(vmemmap, vmemmap + 2 * BLOCK, 0, null);
    code.vmemmapFree(vmemmap, vmemmap + BLOCK, null);
    expect(kernel.platform.mmu.walk(vmemmap)).toBeUndefined();
    expect(kernel.platform.mmu.walk(vmemmap + BLOCK)).toBeDefined();
    expect(kernel.counters.freePages).toBe(BLOCK_PAGES);
  });
});

describe('without memory for a list node', () => {
  // The block is the first that is asked for, and the page of nodes the second; an altmap block asks for nothing.
  const added = (kernel: string, call: number, altmap?: string, blocks = 1) =>
    play({ machine: hash({ kernel }), altmaps: device(blocks), steps: [add(0, altmap)], failAllocations: [call] })[0]!;

  test('since 5.10 the block is given back to where it came from, and adding fails', () => {
    const fromRam = added('5.10', 2);
    expect(fromRam).toMatchObject({ ret: -ENOMEM, leaves: [], ram: { pages: 0 } });
    expect(fromRam.violations).toEqual(['warn:vmemmap_list_alloc']);
    expect(fromRam.counters).toMatchObject({ allocPages: BLOCK_PAGES, freePages: BLOCK_PAGES });
    const fromAltmap = added('5.10', 1, 'dev');
    expect(fromAltmap).toMatchObject({ ret: -ENOMEM, altmaps: { dev: { alloc: 0 } }, ram: { pages: 0 } });
    expect(fromAltmap.counters).toMatchObject({ altmapAllocPages: BLOCK_PAGES, altmapFreePages: BLOCK_PAGES });
    expect(fromAltmap.counters['freePages']).toBeUndefined();
    const inPlaceOfAltmap = added('5.10', 2, 'dev', 0);
    expect(inPlaceOfAltmap).toMatchObject({ ret: -ENOMEM, altmaps: { dev: { alloc: 0 } }, ram: { pages: 0 } });
    expect(inPlaceOfAltmap.violations).toEqual(['warn:vmemmap_list_alloc']);
  });

  test('before, it was mapped with two warnings, and nobody could find it again', () => {
    const state = added('5.9', 2);
    expect(state).toMatchObject({ ret: 0, ram: { pages: BLOCK_PAGES } });
    expect(state.violations).toEqual(['warn:vmemmap_list_alloc', 'warn:vmemmap_list_populate']);
    const [, removed] = play({ machine: hash({ kernel: '5.9' }), steps: [add(0), remove(0)], failAllocations: [2] });
    expect(removed).toMatchObject({ ram: { pages: BLOCK_PAGES } });
  });
});

describe('vmemmap_populated()', () => {
  /** Bytes of memmap and pages are counted from the first block. */
  const machine = (kernel = '6.12.117'): Kernel => idle(hash({ kernel })).kernel;
  const populate = (kernel: Kernel): number => {
    let checked = 0;
    observe(kernel, { ...DEAF_OBSERVER, checkSubsections: (count) => (checked += count) });
    const start = pfnToPage(kernel, FIRST);
    expect(kernel.code.vmemmapPopulate(start, start + BLOCK, 0, null)).toBe(0);
    observe(kernel, null);
    return checked;
  };
  /** Subsections of 2 MiB have 32 pages. */
  const SUBSECTION = 32;

  test('looks at every subsection that the block describes until one is valid', () => {
    expect(populate(machine())).toBe(DESCRIBED / SUBSECTION);
    const kernel = machine();
    kernel.memoryHotplug.addPages(0, FIRST, SUBSECTION, null);
    expect(populate(kernel)).toBe(1);
    const later = machine();
    later.memoryHotplug.addPages(0, FIRST + 3 * SECTION + 2 * SUBSECTION, SUBSECTION, null);
    expect(populate(later)).toBe((3 * SECTION) / SUBSECTION + 3);
  });

  test('before 5.5 looked at the first page of each section: a section that begins later did not count', () => {
    const blocks = (kernel: string, ...steps: ReturnType<typeof pages>[]) => {
      const states = play({ machine: hash({ kernel }), steps });
      return states.map((state) => (state.counters['allocPages']! - 1) / BLOCK_PAGES);
    };
    const second = pages('add-pages', SUBSECTION, SUBSECTION);
    expect(blocks('5.4', add(0), add(1))).toEqual([1, 1]);
    expect(blocks('5.4', add(3), add(0))).toEqual([1, 1]);
    expect(blocks('5.4', second, add(1))).toEqual([1, 2]);
    expect(blocks('5.5', second, add(1))).toEqual([1, 1]);
  });

  test.each(['5.4', '5.5'])(
    'in %s a block stays while a section of it is valid; one behind it does not count',
    (kernel) => {
      const sections = DESCRIBED / SECTION;
      const states = play({
        machine: hash({ kernel }),
        steps: [add(sections), add(0), add(1), remove(0), remove(1)],
      });
      expect(states.map((state) => state.hptes!.length)).toEqual([1, 2, 2, 2, 1]);
      expect(states[4]!.holes).toEqual([]);
    },
  );

  test.each(['5.4', '5.5'])('in %s counts memory of the boot', (kernel) => {
    const boot = [{ start: '0x0', size: '64M' }];
    const steps = [{ op: 'add-pages' as const, pfn: 4 * SECTION, nrPages: SECTION }];
    const [state] = play({ machine: hash({ kernel, boot }), steps });
    expect(state).toMatchObject({ ret: 0, holes: [] });
    expect(state!.counters['allocPages']).toBeUndefined();
  });
});

describe('vmemmap_list in memory', () => {
  /** The words of struct vmemmap_backing, big-endian: list, phys, virt_addr. */
  const nodeAt = (kernel: Kernel, pa: number): bigint[] => {
    const frame = Math.floor(pa / kernel.pageSize);
    const bytes = Buffer.from(kernel.ram.readFrame(frame)).subarray(pa % kernel.pageSize);
    return [0, 8, 16].map((at) => bytes.readBigUInt64BE(at));
  };
  const noted = (count: number) => {
    const { kernel } = idle(hash());
    const list = new VmemmapList(kernel);
    const nodes: number[] = [];
    const heard: number[] = [];
    observe(kernel, { ...DEAF_OBSERVER, listNode: (pa) => heard.push(pa) });
    for (let i = 0; i < count; i++) list.populate((i + 1) * BLOCK, kernel.vmemmap + i * BLOCK, 0);
    nodes.push(...heard.splice(0));
    return { kernel, list, nodes, heard };
  };
  /** PAGE_OFFSET: where the kernel has physical memory. */
  const linear = (pa: number): bigint => 0xc000000000000000n + BigInt(pa);
  const VMEMMAP = 0xc00c000000000000n;

  test('a node has the address of the next, where its block lies and what it maps; the oldest is the last', () => {
    const { kernel, nodes } = noted(3);
    expect(nodes.map((node) => nodeAt(kernel, node))).toEqual([
      [0n, BigInt(BLOCK), VMEMMAP],
      [linear(nodes[0]!), BigInt(2 * BLOCK), VMEMMAP + BigInt(BLOCK)],
      [linear(nodes[1]!), BigInt(3 * BLOCK), VMEMMAP + BigInt(2 * BLOCK)],
    ]);
    expect(nodes.map((node) => node - nodes[0]!)).toEqual([0, 24, 48]);
  });

  test('the node before one that goes is linked to the one behind it', () => {
    const { kernel, list, nodes } = noted(3);
    list.free(kernel.vmemmap + BLOCK);
    expect(nodeAt(kernel, nodes[2]!)[0]).toBe(linear(nodes[0]!));
    list.free(kernel.vmemmap);
    expect(nodeAt(kernel, nodes[2]!)[0]).toBe(0n);
  });

  test('a node that goes is linked to the one that went before, and they come back in turn', () => {
    const { kernel, list, nodes, heard } = noted(3);
    list.free(kernel.vmemmap);
    list.free(kernel.vmemmap + 2 * BLOCK);
    expect(nodeAt(kernel, nodes[2]!)[0]).toBe(linear(nodes[0]!));
    heard.length = 0;
    for (const i of [7, 8]) list.populate(BLOCK, kernel.vmemmap + i * BLOCK, 0);
    expect(heard).toEqual([nodes[2], nodes[0]]);
  });

  test('is walked from the newest node to the one that is looked for, or to its end', () => {
    const { kernel, list, nodes, heard } = noted(4);
    list.free(kernel.vmemmap + BLOCK);
    expect(heard.splice(0)).toEqual([nodes[3], nodes[2], nodes[1]]);
    list.free(kernel.vmemmap + 9 * BLOCK);
    expect(heard).toEqual([nodes[3], nodes[2], nodes[0]]);
  });

  test('takes no page as long as there are nodes that came back', () => {
    const NODES = Math.floor(65536 / 24);
    const { kernel, list } = noted(NODES);
    expect(kernel.counters.allocPages).toBe(1);
    list.free(kernel.vmemmap);
    list.populate(BLOCK, kernel.vmemmap, 0);
    expect(kernel.counters.allocPages).toBe(1);
    list.populate(BLOCK, kernel.vmemmap + NODES * BLOCK, 0);
    expect(kernel.counters.allocPages).toBe(2);
    expect(list.pages).toBe(2);
  });

  test('pages of the boot are none that it has taken since', () => {
    const { kernel } = idle(hash({ boot: [{ start: '0x0', size: '64M' }] }));
    expect(kernel.code.bookPages!()).toBe(0);
    expect(idle(hash()).kernel.code.bookPages!()).toBe(0);
  });
});
