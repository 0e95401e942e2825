// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import { describe, expect, test } from 'vitest';
import { addMemory } from '../../src/mm/add-memory.js';
import { createSystemMemory } from '../../src/mm/boot-memory.js';
import { createMemoryBlockDevices, memoryBlocksOf, offlineBlock, onlineBlock } from '../../src/mm/memory-block.js';
import {
  type BootMemory,
  type FaultPoint,
  Faults,
  type MemoryBlock,
  type SystemMemory,
} from '../../src/mm/system-memory.js';
import { offlinePages, onlinePages } from '../../src/mm/online-pages.js';
import { adjustPresentPageCount, createNode, isOnlinePage, setSectionsOnline, zoneOf } from '../../src/mm/zone.js';
import { blockRuns, sectionRuns, zonesOf } from '../../src/scenario/hotplug-state.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, PFN, play, SECTION, SUBSECTION } from '../scenarios.js';

/** Memory blocks as people see them in sysfs, and who hears of what they do. */

const EBUSY = -16;
const EEXIST = -17;
const EINVAL = -22;
const MIB = 2 ** 20;

const machine = { arch: 'x86_64', structPageSize: 64 } as const;
/** Number of the block at {@link PFN}. */
const FIRST = PFN / SECTION;

/** A machine with blocks that are offline. */
function added(more: Partial<ScenarioInput['machine']> = {}, blocks = 1): SystemMemory {
  const { memory } = idle({ ...machine, ...more });
  const request = { nid: 0, pfn: PFN, nrPages: blocks * SECTION, memmapOnMemory: true, offlineInaccessible: true };
  expect(addMemory(memory, request)).toBe(0);
  return memory;
}

const blockOf = (memory: SystemMemory, number = 0): MemoryBlock => memory.blocks.get(FIRST + number)!;

/** Does something with a place that fails, and tells what came of it and what others heard. */
function heard(memory: SystemMemory, action: () => number, ...failing: FaultPoint[]) {
  const events: string[] = [];
  memory.faults = new Faults(Object.fromEntries(failing.map((point) => [point, 1])));
  memory.onCall = (call) => {
    if (call.call === 'notify') events.push(`${call.event} ${call.pfn - PFN}+${call.nrPages}`);
  };
  const ret = action();
  memory.faults = new Faults();
  memory.onCall = null;
  return { ret, events };
}

describe('memory blocks of boot memory', () => {
  const booted = (...boot: BootMemory[]): string[] => {
    const { kernel } = idle(machine);
    const memory = createSystemMemory(kernel, {
      kernelZones: ['DMA', 'DMA32', 'Normal'],
      possibleNodes: 2,
      onlineNodes: [0, 1],
      boot,
      blockPages: SECTION,
      memmapOnMemory: 'n',
    });
    const numbers = [...memory.blocks.keys()];
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    return blockRuns(memory);
  };
  const range = (pfn: number, nrPages: number, zone: string, nid = 0): BootMemory => ({ pfn, nrPages, zone, nid });

  test('are online in the zone of all their memory, as much as there is', () => {
    expect(booted(range(10 * SECTION, SECTION / 2, 'Normal'), range(3 * SECTION, 2 * SECTION + 1, 'DMA32'))).toEqual([
      '3-5 online 0 DMA32',
      '10 online 0 Normal',
    ]);
  });

  test('have no zone where there are two, or memory of two nodes; the node that comes last has them', () => {
    const half = SECTION / 2;
    expect(booted(range(0, half, 'DMA'), range(half, SECTION, 'DMA32'))).toEqual(['0 online 0 -', '1 online 0 DMA32']);
    expect(booted(range(half, SECTION, 'Normal', 1), range(0, half, 'Normal'))).toEqual([
      '0 online 1 -',
      '1 online 1 Normal',
    ]);
  });

  test('do not go offline where they have holes, or no single zone', () => {
    const states = (boot: ScenarioInput['machine']['boot'], block: number) =>
      play({ machine: { ...machine, boot }, steps: [{ op: 'offline', pfn: block * SECTION, nrPages: SECTION }] })[0];
    expect(states([{ start: '0x80000000', size: 128 * MIB }], 16)).toMatchObject({
      ret: 0,
      blocks: ['16 offline 0 -'],
    });
    expect(states([{ start: '0x80000000', size: 64 * MIB }], 16)).toMatchObject({
      ret: EINVAL,
      blocks: ['16 online 0 DMA32'],
    });
    // The first 16 MiB are ZONE_DMA.
    expect(states([{ start: '0x0', size: 128 * MIB }], 0)).toMatchObject({
      ret: EINVAL,
      blocks: ['0 online 0 -'],
      violations: [],
    });
  });
});

describe('create_memory_block_devices()', () => {
  test('is -EEXIST where a block is, which stays; those before it go again', () => {
    const { memory } = idle(machine);
    expect(createMemoryBlockDevices(memory, PFN + SECTION, SECTION, null)).toBe(0);
    expect(createMemoryBlockDevices(memory, PFN, 3 * SECTION, null)).toBe(EEXIST);
    expect([...memory.blocks.keys()]).toEqual([FIRST + 1]);
  });

  test('warns from 6.6 to 7.1 when a block is released that has its altmap still', () => {
    const failed = (kernel: string, memmapOnMemory: boolean, point: 'blockRegister' | 'blockIndex') =>
      play({
        machine: { ...machine, kernel, memmapOnMemory: 'y' },
        steps: [{ op: 'add-memory', pfn: PFN, nrPages: SECTION, memmapOnMemory, fail: { [point]: 1 } }],
      })[0]!;
    const warnsOf = (...args: Parameters<typeof failed>) =>
      failed(...args).violations.filter((text) => text === 'warn:memory_block_release');
    for (const point of ['blockRegister', 'blockIndex'] as const) {
      for (const release of ['6.6', '6.8', '7.1']) expect(warnsOf(release, true, point)).toHaveLength(1);
      for (const release of ['6.1', '7.2']) expect(warnsOf(release, true, point)).toEqual([]);
      expect(warnsOf('6.8', false, point)).toEqual([]);
      expect(failed('6.8', false, point)).toMatchObject({ ret: -12, blocks: [], leaves: [] });
    }
  });
});

test('walk_memory_blocks() sees all blocks that a range touches, and none for a range of no pages', () => {
  const memory = added({}, 3);
  const seen = (pfn: number, nrPages: number) => memoryBlocksOf(memory, PFN + pfn, nrPages).map(({ id }) => id - FIRST);
  expect(seen(SECTION - 1, SECTION + 2)).toEqual([0, 1, 2]);
  expect(seen(SECTION, SECTION)).toEqual([1]);
  expect(seen(5, 0)).toEqual([]);
});

describe('a block that holds its memmap', () => {
  /** Pages of 2 MiB of memmap. */
  const MEMMAP = 512;
  const usable = `${MEMMAP}+${SECTION - MEMMAP}`;
  const own = { memmapOnMemory: 'y' } as const;

  /** Who hears of a block that goes online and offline again, in order. */
  const course = (kernel: string): string[] => {
    const memory = added({ ...own, kernel });
    const on = heard(memory, () => onlineBlock(memory, blockOf(memory), 'movable'));
    expect(zonesOf(memory.nodes)).toEqual({ 0: { Movable: [PFN, SECTION, SECTION] } });
    const off = heard(memory, () => offlineBlock(memory, blockOf(memory)));
    expect(zonesOf(memory.nodes)).toEqual({});
    expect([on.ret, off.ret]).toEqual([0, 0]);
    return [...on.events, ...off.events].map((event) => event.replace(` ${usable}`, ''));
  };

  test('tells others of its usable pages; from 6.8 to 6.18 also before it is online and after it is offline', () => {
    const plain = ['going-online', 'online', 'going-offline', 'offline'];
    expect(['6.1', '6.7', '6.19'].map(course)).toEqual([plain, plain, plain]);
    const more = ['prepare-online', ...plain, 'finish-offline'];
    expect(['6.8', '6.12.117', '6.18'].map(course)).toEqual([more, more, more]);
  });

  test.each<[point: FaultPoint, events: string[]]>([
    ['notifyPrepareOnline', ['prepare-online']],
    ['notifyGoingOnline', ['prepare-online', 'going-online', 'cancel-online', 'finish-offline']],
  ])('that fails at %s is offline as before, in no zone', (point, events) => {
    const memory = added({ ...own, kernel: '6.12.117' });
    const before = sectionRuns(memory.kernel);
    const failed = heard(memory, () => onlineBlock(memory, blockOf(memory), 'movable'), point);
    expect(failed).toEqual({ ret: EBUSY, events: events.map((event) => `${event} ${usable}`) });
    expect([zonesOf(memory.nodes), blockOf(memory).state, blockOf(memory).zone]).toEqual([{}, 'offline', null]);
    expect(sectionRuns(memory.kernel)).toEqual(before);
    expect(heard(memory, () => onlineBlock(memory, blockOf(memory), 'movable')).ret).toBe(0);
  });

  test.each<[point: FaultPoint, events: string[]]>([
    ['isolate', []],
    ['notifyGoingOffline', ['going-offline', 'cancel-offline']],
    ['unmovable', ['going-offline', 'cancel-offline']],
  ])('that does not go offline because of %s is online as before, and all of it is present', (point, events) => {
    const memory = added({ ...own, kernel: '6.12.117' });
    onlineBlock(memory, blockOf(memory), 'movable');
    const failed = heard(memory, () => offlineBlock(memory, blockOf(memory)), point);
    expect(failed).toEqual({ ret: EBUSY, events: events.map((event) => `${event} ${usable}`) });
    expect(zonesOf(memory.nodes)).toEqual({ 0: { Movable: [PFN, SECTION, SECTION] } });
    expect([sectionRuns(memory.kernel), blockOf(memory).state]).toEqual([[`${FIRST} mo`], 'online']);
    expect(heard(memory, () => offlineBlock(memory, blockOf(memory))).ret).toBe(0);
  });

  test('can be reached once others have heard that it goes online; the blocks beside it cannot', () => {
    const memory = added({ ...own, kernel: '6.12.117' }, 3);
    const reached = () =>
      [0, SECTION - 1, SECTION, 2 * SECTION - 1, 2 * SECTION].map((pfn) => !memory.inaccessible.get(PFN + pfn));
    expect(reached()).toEqual([false, false, false, false, false]);
    heard(memory, () => onlineBlock(memory, blockOf(memory, 1), 'kernel'), 'notifyPrepareOnline');
    expect(reached()).toEqual([false, false, false, false, false]);
    onlineBlock(memory, blockOf(memory, 1), 'kernel');
    expect(reached()).toEqual([false, false, true, true, false]);
  });

  test.each([
    ['8G', 1],
    ['16G', 2],
  ] as const)('of %s has sections full of memmap: they are online with the rest', (blockSize, filled) => {
    // A section of 128 MiB holds the memmap of 8 GiB.
    const GIB = 2 ** 30;
    const range = { start: `0x${(32 * GIB).toString(16)}`, size: filled * 8 * GIB };
    const sections = filled * 64;
    const first = (32 * GIB) / (128 * MIB);
    const flags = play({
      machine: { ...machine, ...own, blockSize },
      steps: [
        { op: 'add-memory', ...range },
        { op: 'online', ...range, type: 'movable' },
        { op: 'offline', ...range },
      ],
    }).map((state) => state.sectionFlags);
    const all = `${first}-${first + sections - 1}`;
    expect(flags).toEqual([[`${all} m`], [`${all} mo`], [`${all} m`]]);
  });
});

describe('online_pages() and offline_pages()', () => {
  const both = () => {
    const memory = added({ kernel: '6.12.117' }, 2);
    const [normal, movable] = [zoneOf(memory.nodes[0]!, 'Normal'), zoneOf(memory.nodes[0]!, 'Movable')];
    return { memory, normal, movable };
  };

  test('take a range from a pageblock to the end of a section, and warn of any other', () => {
    const { memory, normal } = both();
    const PAGEBLOCK = 512;
    for (const [pfn, nrPages] of [
      [1, SECTION - 1],
      [0, SECTION - PAGEBLOCK],
      [SECTION, 0],
    ] as const) {
      expect(onlinePages(memory, normal, PFN + pfn, nrPages)).toBe(EINVAL);
      expect(offlinePages(memory, normal, PFN + pfn, nrPages)).toBe(EINVAL);
    }
    // Each warns once.
    expect(memory.kernel.log.take().map(entryText)).toEqual(['warn:online_pages', 'warn:offline_pages']);
    expect(zonesOf(memory.nodes)).toEqual({});
    expect(onlinePages(memory, normal, PFN + PAGEBLOCK, SECTION - PAGEBLOCK)).toBe(0);
    expect(offlinePages(memory, normal, PFN + PAGEBLOCK, SECTION - 2 * PAGEBLOCK)).toBe(EINVAL);
    expect(zonesOf(memory.nodes)['0']!['Normal']![2]).toBe(SECTION - PAGEBLOCK);
    expect(offlinePages(memory, normal, PFN + PAGEBLOCK, SECTION - PAGEBLOCK)).toBe(0);
    expect(memory.kernel.log.take().map(entryText)).toEqual([]);
  });

  test('pages of two zones do not go offline in one go, and the kernel warns', () => {
    const { memory, normal, movable } = both();
    onlinePages(memory, normal, PFN, SECTION);
    onlinePages(memory, movable, PFN + SECTION, SECTION);
    expect(offlinePages(memory, normal, PFN, 2 * SECTION)).toBe(EINVAL);
    expect(memory.kernel.log.take().map(entryText)).toEqual(['warn:offline_pages']);
    expect(offlinePages(memory, movable, PFN, 2 * SECTION)).toBe(EINVAL);
    expect(zonesOf(memory.nodes)['0']).toEqual({
      Normal: [PFN, SECTION, SECTION],
      Movable: [PFN + SECTION, SECTION, SECTION],
    });
  });

  test('memory that is no System RAM any more does not go offline', () => {
    const { memory, normal } = both();
    onlinePages(memory, normal, PFN, SECTION);
    memory.iomem.children.length = 0;
    expect(offlinePages(memory, normal, PFN, SECTION)).toBe(EINVAL);
    expect(memory.kernel.log.take().map(entryText)).toEqual([]);
  });
});

describe('pfn_to_online_page()', () => {
  test('before 5.12 asks for the section alone: a zone shrinks to the end of a boot section that is not full', () => {
    const spanned = (arch: 'x86_64' | 'arm64', kernel: string) => {
      const boot = [{ start: '0x100000000', size: 64 * MIB }];
      const pages = { x86_64: SECTION, arm64: kernel === '5.10.262' ? 8 * SECTION : SECTION }[arch];
      const range = { pfn: PFN + pages, nrPages: pages };
      const states = play({
        machine: { arch, kernel, boot },
        steps: [
          { op: 'add-memory', ...range },
          { op: 'online', ...range, type: 'kernel' },
          { op: 'offline', ...range },
        ],
      });
      return Object.values(states[2]!.zones![0]!).map(([, zoneSpanned]) => zoneSpanned);
    };
    const exact = [SECTION / 2];
    expect(spanned('x86_64', '5.10.262')).toEqual([SECTION]);
    expect(spanned('x86_64', '5.12')).toEqual(exact);
    expect(spanned('arm64', '5.10.262')).toEqual(exact);
    expect(spanned('arm64', '6.12.117')).toEqual(exact);
  });

  test('knows no page of a hole in an early section, nor of a device in it', () => {
    const { memory } = idle({ ...machine, boot: [{ start: '0x80000000', size: 20 * MIB }] });
    const section = 0x80000000 / 4096;
    const device = { pfn: section + SECTION / 2, nrPages: SUBSECTION };
    const ram = section + 9 * SUBSECTION;
    const hole = section + 10 * SUBSECTION;
    const pages = () => [ram, hole, device.pfn].map((pfn) => isOnlinePage(memory, pfn));
    expect(pages()).toEqual([true, false, false]);
    const { kernel, devices } = memory;
    kernel.sections.set(section / SECTION, SECTION / 2 / SUBSECTION, SECTION / 2 / SUBSECTION + 1);
    // What has a memmap there is online until a device says that it is its own, and the section that one is in it.
    expect(pages()).toEqual([true, false, true]);
    devices.store(device, { id: 'd', nid: 0, ...device, altmap: null, vmemmapShift: 0, isPrivate: false });
    expect(pages()).toEqual([true, false, true]);
    kernel.sections.taint(section / SECTION);
    expect(pages()).toEqual([true, false, false]);
  });

  test('knows none of a section that is offline or has no memmap', () => {
    const memory = added();
    expect(isOnlinePage(memory, PFN)).toBe(false);
    onlineBlock(memory, blockOf(memory), 'kernel');
    expect([isOnlinePage(memory, PFN), isOnlinePage(memory, PFN + SECTION)]).toEqual([true, false]);
  });
});

describe('zones', () => {
  test('online_mem_sections() and offline_mem_sections() warn of a section without a memmap', () => {
    const { kernel } = idle(machine);
    kernel.sections.indexInit(FIRST);
    for (const online of [true, false]) setSectionsOnline(kernel, PFN, PFN + SECTION, online);
    expect(kernel.log.take().map(entryText)).toEqual(['warn:online_mem_sections', 'warn:offline_mem_sections']);
    expect(kernel.sections.isOnline(FIRST)).toBe(false);
  });

  test('a frame without a zone, and a zone that a node has not, are mistakes of the caller', () => {
    const { memory } = idle(machine);
    expect(() => adjustPresentPageCount(memory, PFN, 1)).toThrow(`the struct page of frame ${PFN} names no zone`);
    expect(() => zoneOf(createNode(3, ['Normal'], true), 'DMA')).toThrow('node 3 has no zone DMA');
  });

  test('before 5.4 the search for the end of a span stops at any struct page of the zone, and then at online ones', () => {
    const range = (block: number, blocks = 1) => ({ pfn: PFN + block * SECTION, nrPages: blocks * SECTION });
    const spans = (kernel: string) =>
      play({
        machine: { ...machine, kernel },
        steps: [
          { op: 'add-memory', ...range(0, 6) },
          { op: 'online', ...range(0, 6), type: 'movable' },
          { op: 'offline', ...range(0, 3) },
          { op: 'offline', ...range(4, 2) },
          { op: 'remove-memory', ...range(1) },
          // The search from the first block on goes over the one that is gone.
          { op: 'remove-memory', ...range(0) },
          { op: 'remove-memory', ...range(5) },
        ],
      }).map((state) => state.zones?.['0']?.['Movable']?.slice(0, 2));
    const all = [PFN, 6 * SECTION];
    expect(spans('5.3')).toEqual([
      undefined,
      all,
      all,
      all,
      all,
      [PFN + 2 * SECTION, 4 * SECTION],
      [PFN + 2 * SECTION, 3 * SECTION],
    ]);
    expect(spans('5.4')).toEqual([
      undefined,
      all,
      all,
      all,
      all,
      [PFN + 3 * SECTION, 3 * SECTION],
      [PFN + 3 * SECTION, SECTION],
    ]);
  });
});
