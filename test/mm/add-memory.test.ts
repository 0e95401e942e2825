// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import { describe, expect, test } from 'vitest';
import { idle, PFN, play, scenario, SECTION } from '../scenarios.js';
import { addMemory, offlineAndRemoveMemory, removeMemory, type AddMemoryRequest } from '../../src/mm/add-memory.js';
import { findRelease } from '../../src/history/releases.js';
import { onlineBlock } from '../../src/mm/memory-block.js';
import { isRangeAllowed } from '../../src/mm/memory-hotplug.js';
import { memremapPages } from '../../src/mm/memremap.js';
import { SYSTEM_RAM } from '../../src/mm/resource.js';
import { Faults, type FaultPoint, type SystemMemory } from '../../src/mm/system-memory.js';
import type { OnlineType } from '../../src/mm/zone.js';
import { blockRuns, captureMemory } from '../../src/scenario/hotplug-state.js';
import { runScenario, startRun, type StepResult } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';

const BLOCK = 128 * 2 ** 20;
const at = (block: number, blocks = 1) => ({
  start: `0x${(PFN * 4096 + block * BLOCK).toString(16)}`,
  size: blocks * BLOCK,
});
const own = { arch: 'x86_64', memmapOnMemory: 'y' } as const;

/** A machine that may have a second node, with nothing on it yet. */
function twoNodes(kernel: string): SystemMemory {
  const steps = [{ op: 'add-memory' as const, ...at(0), node: 1 }];
  return startRun(scenario({ machine: { arch: 'x86_64', kernel }, steps })).memory;
}

/** Calls to other parts of the kernel from here on: those of nodes with the node's number. */
function callsOf(memory: SystemMemory): string[] {
  const calls: string[] = [];
  memory.onCall = (call) => calls.push('node' in call ? `${call.call} ${call.node}` : call.call);
  return calls;
}

describe('a range of blocks that hold their memmap', () => {
  const twoBlocks = [{ op: 'add-memory' as const, ...at(0, 2), fail: { blockRegister: 2 } }];
  const failed = (kernel: string) => play({ machine: { ...own, kernel }, steps: twoBlocks })[0]!;

  test('is taken back as a whole when the device of its second block cannot be registered', () => {
    expect(failed('6.12.117')).toMatchObject({ ret: -12, leaves: [], violations: [], blocks: [] });
  });

  test('from 6.8 on to 7.1 gave pages of the second block to the page allocator then', () => {
    const expected = { ret: -12, leaves: [] };
    for (const release of ['6.8', '6.12', '7.1']) {
      expect(failed(release)).toMatchObject(expected);
      expect(failed(release).violations).toContain(`free-not-allocated:${(PFN + SECTION).toString(16)}`);
    }
    expect(failed('7.2')).toMatchObject({ ...expected, violations: [] });
  });

  test('one block alone: before 6.7 the altmap was forgotten when its device failed', () => {
    const steps = [{ op: 'add-memory' as const, ...at(0), fail: { blockRegister: 1 } }];
    const violations = (kernel: string) => play({ machine: { ...own, kernel }, steps })[0]!.violations;
    for (const release of ['5.13', '6.6']) {
      expect(violations(release)).toContain(`free-not-allocated:${PFN.toString(16)}`);
    }
    expect(violations('6.7').filter((text) => text.startsWith('free-'))).toEqual([]);
    expect(violations('6.1.192')).toEqual([]);
  });

  test('is removed block by block, and leaves a reference to each block device from 6.8 to 7.0', () => {
    const steps = [
      { op: 'add-memory' as const, ...at(0, 2) },
      { op: 'remove-memory' as const, ...at(0) },
    ];
    const left = (kernel: string) => play({ machine: { ...own, kernel }, steps })[1]!.unreleasedBlocks;
    expect(left('6.8')).toEqual([32]);
    expect(left('7.0')).toEqual([32]);
    expect(left('7.1')).toEqual([]);
    expect(left('6.12.117')).toEqual([]);
  });

  test('was refused before 6.8: the memmap of two blocks stays in system memory', () => {
    const steps = [{ op: 'add-memory' as const, ...at(0, 2) }];
    const [state] = play({ machine: { ...own, kernel: '6.7' }, steps });
    expect(state).toMatchObject({ ret: 0, blocks: ['32-33 offline 0 -'] });
    expect(state!.leaves[0]).toContain(' ram');
  });
});

describe('set online', () => {
  test('the pages that hold the memmap count as present', () => {
    const states = play({
      machine: own,
      steps: [
        { op: 'add-memory', ...at(0) },
        { op: 'online', ...at(0), type: 'movable' },
        { op: 'remove-memory', ...at(0) },
        { op: 'offline-and-remove-memory', ...at(0) },
      ],
    });
    expect(states[1]).toMatchObject({
      blocks: ['32 online 0 Movable altmap'],
      zones: { 0: { Movable: [PFN, SECTION, SECTION] } },
      altmaps: { block32: { alloc: 512, align: 0 } },
      leaves: ['ffffea0004000000-ffffea0004200000 pmd altmap:100000'],
    });
    expect(states[2]).toMatchObject({ ret: -16, violations: [] });
    expect(states[2]!.log![0]).toMatch(/^removing memory fails/);
    expect(states[3]).toMatchObject({ ret: 0, blocks: [], leaves: [], iomem: [] });
  });

  test('a block whose memory was gone in between cannot be removed twice', () => {
    const { memory } = idle(own);
    expect(removeMemory(memory, PFN, SECTION)).toBe(0);
    expect(memory.kernel.log.take().map(entryText)).toEqual([
      'warn:remove_memory_block_devices',
      'warn:sparse_remove_section',
    ]);
  });
});

describe('the iomem tree', () => {
  test('memory that a driver manages has its name below the device, and merges with its neighbours', () => {
    const steps = [64, 128, 64, 0].map((blocks) => ({
      op: 'virtio-mem' as const,
      device: 'virtio0',
      ...at(0, 128),
      requested: blocks * BLOCK || 0,
    }));
    const iomem = play({ machine: own, steps }).map((state) => state.iomem);
    expect(iomem[0]).toEqual(['100000000-4ffffffff : virtio0', '  100000000-2ffffffff : System RAM (virtio_mem)']);
    expect(iomem[1]![1]).toBe('  100000000-4ffffffff : System RAM (virtio_mem)');
    expect(iomem[2]).toEqual(iomem[0]);
    expect(iomem[3]).toEqual(['100000000-4ffffffff : virtio0']);
  });

  test('memory of a device that is online stays when its driver goes, until the next boot', () => {
    const nv = { device: 'nv', start: '0x100000000', size: '512M' } as const;
    const states = play({
      machine: own,
      steps: [
        { op: 'create-namespace', ...nv, mode: 'devdax' },
        { op: 'kmem', device: 'nv' },
        { op: 'online', start: '0x108000000', size: '128M', type: 'movable' },
        { op: 'kmem-release', device: 'nv' },
        { op: 'kmem', device: 'nv' },
        { op: 'destroy-namespace', device: 'nv' },
        { op: 'create-namespace', ...nv, mode: 'devdax' },
        { op: 'offline', start: '0x108000000', size: '128M' },
        { op: 'kmem-release', device: 'nv' },
      ],
    });
    // The bus unbinds a driver whatever its remove() found (dev_dax_kmem_remove(): one shot); nothing then holds the namespace,
    // which went on the booted arm64 7.3.4 with what is here, and no driver is left to be unbound a second time.
    expect(states.map((state) => state.ret)).toEqual([0, 0, 0, EBUSY, EBUSY, 0, EBUSY, 0, ENODEV]);
    expect(states[3]!.blocks).toEqual(states[2]!.blocks);
    expect(states[8]!.blocks).toEqual(['33-35 offline 0 - altmap']);
    for (const state of states.slice(5)) {
      expect(state.iomem).toEqual([
        '100000000-11fffffff : Persistent Memory',
        '  108000000-11fffffff : dax0.0',
        '    108000000-11fffffff : System RAM (kmem)',
      ]);
    }
  });

  test('a namespace outlives its memmap: what the firmware says of it stays', () => {
    const states = play({
      machine: own,
      steps: [
        { op: 'create-namespace', device: 'nv', start: '0x100000000', size: '512M', mode: 'devdax' },
        { op: 'kmem', device: 'nv' },
        { op: 'kmem-release', device: 'nv' },
        { op: 'create-namespace', device: 'nv', start: '0x100000000', size: '512M', mode: 'fsdax', map: 'mem' },
        { op: 'destroy-namespace', device: 'nv' },
      ],
    });
    expect(states.map((state) => state.ret)).toEqual([0, 0, 0, 0, null]);
    expect(states[0]!.iomem).toEqual([
      '100000000-11fffffff : Persistent Memory',
      '  100000000-1009fffff : namespace0.0',
      '  100a00000-11fffffff : dax0.0',
    ]);
    expect(states[1]!.iomem!.slice(2)).toEqual([
      '  108000000-11fffffff : dax0.0',
      '    108000000-11fffffff : System RAM (kmem)',
    ]);
    expect(states[1]!.blocks).toEqual(['33-35 offline 0 - altmap']);
    expect(states.at(-1)).toMatchObject({ leaves: [], iomem: ['100000000-11fffffff : Persistent Memory'] });
  });

  test('private memory of a device has struct pages, in ZONE_DEVICE, and no block', () => {
    const [state] = play({
      machine: own,
      steps: [
        { op: 'memremap-pages', device: 'gpu', pfn: PFN, nrPages: SECTION, type: 'private' },
        { op: 'online', pfn: PFN, nrPages: SECTION },
      ],
    });
    expect(state).toMatchObject({ ret: 0, blocks: [], zones: { 0: { Device: [PFN, SECTION, 0] } } });
  });
});

const ENOMEM = -12;
const EBUSY = -16;
const EEXIST = -17;
const ENODEV = -19;
const EINVAL = -22;
const E2BIG = -7;

const plain = { arch: 'x86_64', structPageSize: 64 } as const;
const request = (block: number, blocks = 1, more: Partial<AddMemoryRequest> = {}): AddMemoryRequest => ({
  nid: 0,
  pfn: PFN + block * SECTION,
  nrPages: blocks * SECTION,
  memmapOnMemory: false,
  ...more,
});
const logOf = (memory: SystemMemory): readonly string[] => memory.kernel.log.take().map(entryText);
const failAt = (memory: SystemMemory, plan: Partial<Record<FaultPoint, number>>): void => {
  memory.faults = new Faults(plan);
};
/** Everything that people see of memory above sections. */
const seen = (memory: SystemMemory): unknown => captureMemory(memory);

describe('add_memory() refuses', () => {
  const refused = (asked: AddMemoryRequest, fail: Partial<Record<FaultPoint, number>> = {}) => {
    const { memory } = idle(own);
    const before = seen(memory);
    failAt(memory, fail);
    const ret = addMemory(memory, asked);
    expect(seen(memory)).toEqual(before);
    return { ret, log: logOf(memory) };
  };

  test.each([
    ['the start is in a block', { pfn: PFN + SECTION / 2 }, 'start 0x104000000, size 0x8000000'],
    ['half a block', { nrPages: SECTION / 2 }, 'start 0x100000000, size 0x4000000'],
  ])('what is not made of memory blocks: %s', (_what, range, text) => {
    expect(refused({ ...request(0), ...range })).toEqual({
      ret: EINVAL,
      log: [`log:Block size [0x8000000] unaligned hotplug range: ${text}`],
    });
  });

  test('a range that nobody can address, or that is none', () => {
    const limit = 2 ** 52 - 1;
    const { memory } = idle(own);
    const size = SECTION * 4096;
    expect(isRangeAllowed(memory.kernel, limit + 1 - size, size, limit)).toBe(true);
    expect(logOf(memory)).toEqual([]);
    expect(isRangeAllowed(memory.kernel, limit + 2 - size, size, limit)).toBe(false);
    const range = (text: string): string =>
      `log:Hotplug memory [${text}] exceeds maximum addressable range [0x0-0xfffffffffffff]`;
    expect(logOf(memory)).toEqual([range('0xffffff8000001-0x10000000000001')]);
    const none = { ...memory, addressLimit: limit };
    expect(addMemory(none, request(0, 0))).toBe(E2BIG);
    expect(logOf(memory)).toEqual([range('0x100000000-0x100000000')]);
  });

  test('names that are not "System RAM (DRIVER)", before anything else', () => {
    const named = (text: string) => refused(request(0, 0, { name: { text } })).ret;
    for (const name of ['System RAM', 'my System RAM (dimm)', 'System RAM (dimm) 0', 'System RAM dimm', '']) {
      expect(named(name)).toBe(EINVAL);
    }
    expect(named('System RAM (dimm)')).toBe(E2BIG);
    expect(refused(request(0, 0, { name: SYSTEM_RAM })).ret).toBe(E2BIG);
  });

  test('a range of which something is taken, or a node that cannot be', () => {
    expect(refused(request(0), { resourceAlloc: 1 })).toEqual({ ret: EEXIST, log: [] });
    expect(refused(request(0, 1, { nid: 77 }))).toEqual({
      ret: EINVAL,
      log: ['warn:node 77 was absent from the node_possible_map'],
    });
    const { memory } = idle(own);
    expect([addMemory(memory, request(0, 2)), addMemory(memory, request(1, 2))]).toEqual([0, EEXIST]);
    expect(blockRuns(memory)).toEqual(['32-33 offline 0 -']);
  });

  test.each<[point: FaultPoint, nth: number]>([
    ['archAdd', 1],
    ['archAdd', 2],
    ['altmapAlloc', 1],
    ['altmapAlloc', 2],
    ['blockAlloc', 1],
    ['blockAlloc', 2],
    ['blockRegister', 2],
    ['blockIndex', 2],
  ])('where there is no memory, at %s the time number %i, and all is as before', (point, nth) => {
    const { ret } = refused(request(0, 2, { memmapOnMemory: true }), { [point]: nth });
    expect(ret).toBe(ENOMEM);
  });

  test('before 6.6 a memmap in the block where that cannot be; since then it lies in system memory', () => {
    const ret = (kernel: string) => {
      const { memory } = idle({ ...own, kernel });
      return [addMemory(memory, request(0, 2, { memmapOnMemory: true })), blockRuns(memory)];
    };
    expect(ret('6.1')).toEqual([EINVAL, []]);
    expect(ret('6.7')).toEqual([0, ['32-33 offline 0 -']]);
    expect(ret('6.8')).toEqual([0, ['32-33 offline 0 - altmap']]);
  });
});

describe('remove_memory()', () => {
  test('is a BUG() for what is not made of memory blocks', () => {
    const { memory } = idle(plain);
    addMemory(memory, request(0));
    for (const nrPages of [0, SECTION / 2]) {
      expect(() => removeMemory(memory, PFN, nrPages)).toThrow('BUG_ON in try_remove_memory()');
    }
  });

  test('names the first block that is online, and changes nothing', () => {
    const { memory } = idle(plain);
    addMemory(memory, request(0, 3));
    onlineBlock(memory, memory.blocks.get(33)!, 'movable');
    const before = seen(memory);
    expect(removeMemory(memory, PFN, 3 * SECTION)).toBe(EBUSY);
    expect(logOf(memory)).toEqual([
      'log:removing memory fails, because memory [0x0000000108000000-0x000000010fffffff] is onlined',
    ]);
    expect(seen(memory)).toEqual(before);
  });

  test('from 6.8 on warns of a range of which some blocks hold their memmap; before, of any such range of several', () => {
    const removed = (kernel: string, ...holds: boolean[]) => {
      const { memory } = idle({ ...own, kernel });
      for (const [block, memmapOnMemory] of holds.entries()) addMemory(memory, request(block, 1, { memmapOnMemory }));
      const ret = removeMemory(memory, PFN, holds.length * SECTION);
      return { ret, log: logOf(memory), left: memory.blocks.size };
    };
    const done = { ret: 0, log: [], left: 0 };
    const mixed = { ret: EINVAL, log: ['warn:memory_blocks_have_altmaps'], left: 2 };
    const several = { ret: EINVAL, log: ['log:Refuse to remove 0x100000000 - 0x110000000,wrong granularity'], left: 2 };
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      expect(removed('6.12.117', ...order)).toEqual(mixed);
      for (const release of ['5.13', '6.1', '6.7']) expect(removed(release, ...order)).toEqual(several);
    }
    expect(removed('6.12.117', true, true)).toEqual(done);
    expect(removed('6.7', true, true)).toEqual(several);
    for (const release of ['6.1', '6.7', '6.12.117']) {
      expect(removed(release, false, false)).toEqual(done);
      expect(removed(release, true)).toEqual(done);
    }
  });

  test('warns of an altmap of which pages are still out, from 6.6 on', () => {
    for (const release of ['6.6', '6.12.117']) {
      const { memory } = idle({ ...own, kernel: release });
      addMemory(memory, request(0, 1, { memmapOnMemory: true }));
      memory.blocks.get(32)!.altmap!.alloc += 1;
      expect(removeMemory(memory, PFN, SECTION)).toBe(0);
      expect(logOf(memory)).toEqual(['warn:Altmap not fully unmapped']);
    }
  });

  test('takes a node offline with the last of its blocks, unless a device of it is spanned still', () => {
    const course = (device: boolean) => {
      const memory = twoNodes('6.12.117');
      const calls: string[] = [];
      addMemory(memory, request(0, 1, { nid: 0 }));
      addMemory(memory, request(1, 2, { nid: 1 }));
      if (device) {
        const pages = { id: 'd', nid: 1, pfn: PFN + 4 * SECTION, nrPages: SECTION };
        memremapPages(memory, { ...pages, altmap: null, vmemmapShift: 0, isPrivate: false });
      }
      memory.onCall = (call) => {
        if ('node' in call) calls.push(`${call.call} ${call.node}`);
      };
      removeMemory(memory, PFN + SECTION, SECTION);
      const online = [memory.nodes[1]!.online];
      removeMemory(memory, PFN + 2 * SECTION, SECTION);
      online.push(memory.nodes[1]!.online);
      return { online, calls };
    };
    expect(course(false)).toEqual({ online: [true, false], calls: ['node-offline 1', 'node-unregister 1'] });
    expect(course(true)).toEqual({ online: [true, true], calls: [] });
  });

  test('listens to the caller on which node the memory is up to 5.14; later it asks the blocks', () => {
    const offline = (kernel: string) => {
      const memory = twoNodes(kernel);
      addMemory(memory, request(0, 1, { nid: 1 }));
      const calls = callsOf(memory);
      removeMemory(memory, PFN + SECTION, SECTION, 0);
      removeMemory(memory, PFN, SECTION, 0);
      return calls.filter((call) => call.startsWith('node-offline'));
    };
    expect(offline('5.10.262')).toEqual(['node-offline 0', 'node-offline 0']);
    expect(offline('5.15')).toEqual(['node-offline 1']);
  });

  test('tells which memory has gone, until it comes again', () => {
    const { memory } = idle(plain);
    const gone = () => [0, SECTION, 2 * SECTION - 1, 2 * SECTION].map((pfn) => memory.departed.get(PFN + pfn) ?? false);
    addMemory(memory, request(0, 3));
    removeMemory(memory, PFN, 2 * SECTION);
    expect(gone()).toEqual([true, true, true, false]);
    addMemory(memory, request(1));
    expect(gone()).toEqual([true, false, false, false]);
  });

  test('and what was there need not be made reachable any more', () => {
    const { memory } = idle({ ...plain, kernel: '6.12.117' });
    addMemory(memory, request(0, 2, { offlineInaccessible: true }));
    removeMemory(memory, PFN, SECTION);
    const hidden = [0, SECTION - 1, SECTION].map((pfn) => memory.inaccessible.get(PFN + pfn) ?? false);
    expect(hidden).toEqual([false, false, true]);
  });
});

describe('a node that gets its first memory', () => {
  const NODE = 1;
  const course = (kernel: string, fail?: Partial<Record<FaultPoint, number>>) => {
    const memory = twoNodes(kernel);
    memory.nodes[NODE]!.online = false;
    const calls = callsOf(memory);
    if (fail !== undefined) failAt(memory, fail);
    const ret = addMemory(memory, request(0, 1, { nid: NODE }));
    return { ret, online: memory.nodes[NODE]!.online, calls };
  };

  test('is online before its memory is made from 6.19 on, and after it before', () => {
    const late = ['arch-add', 'block-register', 'node-online 1', 'node-register 1', 'firmware-map-add'];
    const early = ['node-online 1', 'node-register 1', 'arch-add', 'block-register', 'firmware-map-add'];
    for (const kernel of ['6.12.117', '6.18']) expect(course(kernel)).toEqual({ ret: 0, online: true, calls: late });
    for (const kernel of ['6.19', '7.3.4']) expect(course(kernel)).toEqual({ ret: 0, online: true, calls: early });
  });

  test('goes offline again from 6.19 on when a later step fails; before, it never came', () => {
    for (const fail of [{ archAdd: 1 }, { blockRegister: 1 }]) {
      expect(course('6.18', fail)).toMatchObject({ ret: -12, online: false });
      expect(course('6.18', fail).calls.filter((call) => call.startsWith('node'))).toEqual([]);
      const { ret, online, calls } = course('7.2.13', fail);
      expect({ ret, online }).toEqual({ ret: -12, online: false });
      expect(calls.slice(0, 2)).toEqual(['node-online 1', 'node-register 1']);
      expect(calls.slice(-2)).toEqual(['node-offline 1', 'node-unregister 1']);
    }
  });

  test('loses its data when the add fails, before 5.18: zones that a device of it is in vanish', () => {
    const device = (kernel: string) => {
      const memory = twoNodes(kernel);
      const node = memory.nodes[NODE]!;
      node.online = false;
      const pages = { id: 'd', nid: NODE, pfn: PFN + 4 * SECTION, nrPages: SECTION };
      memremapPages(memory, { ...pages, altmap: null, vmemmapShift: 0, isPrivate: false });
      failAt(memory, { archAdd: 1 });
      addMemory(memory, request(0, 1, { nid: NODE }));
      return node.zones.find((zone) => zone.name === 'Device');
    };
    expect(device('5.10.262')).toMatchObject({ start: 0, spanned: 0 });
    expect(device('5.18')).toMatchObject({ start: PFN + 4 * SECTION, spanned: SECTION });
  });
});

describe('an altmap that is given up', () => {
  test('is looked at from 7.2 on also where a block could not be added: earlier sections of it stay', () => {
    const warned = (kernel: string) => {
      const twoSections = { ...own, kernel, blockSize: '256M' };
      const { memory } = idle(twoSections);
      const pages = { id: 'd', nid: 0, pfn: PFN + SECTION, nrPages: SECTION };
      memremapPages(memory, { ...pages, altmap: null, vmemmapShift: 0, isPrivate: false });
      expect(addMemory(memory, { nid: 0, pfn: PFN, nrPages: 2 * SECTION, memmapOnMemory: true })).toBe(-17);
      return logOf(memory).filter((line) => line.includes('Altmap'));
    };
    expect(warned('7.1')).toEqual([]);
    expect(warned('7.2.13')).toEqual(['warn:Altmap not fully unmapped']);
  });
});

describe('the firmware map', () => {
  test('has the memory that is System RAM, and not what a driver manages', () => {
    const { memory } = idle(plain);
    const calls: unknown[] = [];
    memory.onCall = (call) => {
      if (call.call.startsWith('firmware-map')) calls.push(call);
    };
    addMemory(memory, request(0));
    const range = { start: 0x100000000, end: 0x108000000 };
    expect(calls).toEqual([{ call: 'firmware-map-add', ...range }]);
    addMemory(memory, request(1, 1, { name: { text: 'System RAM (kmem)' } }));
    expect(calls).toHaveLength(1);
    removeMemory(memory, PFN, SECTION);
    expect(calls.slice(1)).toEqual([{ call: 'firmware-map-remove', ...range }]);
  });
});

describe('offline_and_remove_memory()', () => {
  /** Blocks, each online as said, or offline. */
  const blocks = (...types: (OnlineType | null)[]): SystemMemory => blocksOf('6.12.117', types);
  const blocksOf = (kernel: string, types: readonly (OnlineType | null)[]): SystemMemory => {
    const { memory } = idle({ ...own, kernel });
    for (const [block, type] of types.entries()) {
      addMemory(memory, request(block));
      if (type !== null) onlineBlock(memory, memory.blocks.get(32 + block)!, type);
    }
    return memory;
  };

  test('takes whole blocks, at least one', () => {
    const memory = blocks('movable', 'movable');
    for (const [pfn, nrPages] of [
      [PFN, 0],
      [PFN + SECTION / 2, SECTION],
      [PFN, SECTION / 2],
    ] as const) {
      expect(offlineAndRemoveMemory(memory, pfn, nrPages)).toBe(EINVAL);
    }
    expect(blockRuns(memory)).toEqual(['32-33 online 0 Movable']);
    expect(offlineAndRemoveMemory(memory, PFN, 2 * SECTION)).toBe(0);
    expect([blockRuns(memory), logOf(memory)]).toEqual([[], []]);
  });

  test('sets what it took offline online again, each in its kind of zone, when a later block is in use', () => {
    const memory = blocks('movable', 'kernel', null, 'movable');
    const before = seen(memory);
    // Blocks that are offline already are not asked.
    failAt(memory, { unmovable: 3 });
    expect(offlineAndRemoveMemory(memory, PFN, 4 * SECTION)).toBe(EBUSY);
    expect(blockRuns(memory)).toEqual([
      '32 online 0 Movable',
      '33 online 0 Normal',
      '34 offline 0 -',
      '35 online 0 Movable',
    ]);
    expect(seen(memory)).toEqual(before);
    expect(logOf(memory)).toEqual([]);
  });

  test('does so too when the memory cannot be removed', () => {
    const memory = blocks('movable', null);
    addMemory(memory, request(2, 1, { memmapOnMemory: true }));
    expect(offlineAndRemoveMemory(memory, PFN, 3 * SECTION)).toBe(EINVAL);
    expect(logOf(memory)).toEqual([
      'warn:memory_blocks_have_altmaps',
      'log:offline_and_remove_memory: Failed to remove memory: -22',
    ]);
    expect(blockRuns(memory)).toEqual(['32 online 0 Movable', '33 offline 0 -', '34 offline 0 - altmap']);
  });

  test('from 7.3 on only warns then: it answers 0, and what it took offline stays so', () => {
    const memory = blocksOf('7.3.4', ['movable', null]);
    addMemory(memory, request(2, 1, { memmapOnMemory: true }));
    expect(offlineAndRemoveMemory(memory, PFN, 3 * SECTION)).toBe(0);
    expect(logOf(memory)).toEqual(['warn:memory_blocks_have_altmaps', 'warn:offline_and_remove_memory_ranges']);
    expect(blockRuns(memory)).toEqual(['32-33 offline 0 -', '34 offline 0 - altmap']);
  });

  test('says which error it met when a block does not come online again, and gives back the first one', () => {
    const memory = blocks('movable', 'movable', 'movable');
    failAt(memory, { isolate: 3, notifyPrepareOnline: 1 });
    expect(offlineAndRemoveMemory(memory, PFN, 3 * SECTION)).toBe(EBUSY);
    expect(logOf(memory)).toEqual(['log:try_reonline_memory_block: Failed to re-online memory: -16']);
    expect(blockRuns(memory)).toEqual(['32 offline 0 -', '33-34 online 0 Movable']);
  });
});

describe('one altmap for a range of blocks, as was proposed', () => {
  const on = (kernel: string, steps: ScenarioInput['steps']) =>
    runScenario(resolveScenario(scenarioSchema.parse({ machine: own, steps }), { release: findRelease(kernel)! }));
  const add = (block: number, blocks = 1, more: object = {}) => ({
    op: 'add-memory' as const,
    ...at(block, blocks),
    ...more,
  });
  const remove = (block: number, blocks = 1) => ({ op: 'remove-memory' as const, ...at(block, blocks) });
  const inRam = { memmapOnMemory: false };
  /** The release that it was proposed for reads struct pages that nobody initialised, of all memory that goes. */
  const complaints = (states: readonly StepResult[]): string[] =>
    states.flatMap(({ violations }) => violations).filter((text) => !text.startsWith('uninitialised-struct-page'));

  test('is taken back as a whole when one of its blocks cannot be made', () => {
    for (const fail of [{ archAdd: 1 }, { blockRegister: 3 }, { blockAlloc: 4 }]) {
      const [failed, again] = on('proposal/page-vmemmap', [add(0, 4, { fail }), add(0, 4)]);
      expect(failed).toMatchObject({ ret: ENOMEM, blocks: [], leaves: [], iomem: [] });
      expect(complaints([failed!, again!])).toEqual([]);
      // Only tables of pages take system memory: the memmap lies in the blocks.
      const tables = 2;
      expect(again).toMatchObject({ ret: 0, ram: { pages: tables } });
      expect(again!.leaves).toHaveLength(1);
    }
  });

  test('goes as it came, each range by itself, and the blocks beside it as any other', () => {
    const states = on('proposal/page-vmemmap', [
      add(0, 1, inRam),
      add(3, 2),
      add(1, 2),
      add(5, 1, inRam),
      remove(3),
      remove(1, 4),
      remove(0),
      remove(5),
      remove(3, 2),
      remove(1, 2),
      // What comes there next has nothing to do with the range that was.
      add(3, 1, inRam),
      remove(3),
    ]);
    expect(states.map((state) => state.ret)).toEqual([0, 0, 0, 0, EINVAL, EINVAL, 0, 0, 0, 0, 0, 0]);
    expect(states.at(-1)).toMatchObject({ blocks: [], leaves: [], leaks: [] });
    expect(complaints(states)).toEqual([]);
    // The memmap of a range lies in the first of its blocks.
    expect(states[8]!.blocks).toEqual(['33 offline 0 - altmap', '34 offline 0 -']);
  });

  test('without the check blocks go one by one, the one with the memmap last', () => {
    const states = on('proposal/page-vmemmap-unchecked', [add(0, 2), remove(1), remove(0)]);
    expect(states.map((state) => state.ret)).toEqual([0, 0, 0]);
    expect(complaints(states)).toEqual([]);
    expect(states[2]).toMatchObject({ blocks: [], leaves: [], leaks: [] });
  });
});
