// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { idle, PFN, play, SECTION } from '../scenarios.js';
import { removeMemory } from '../../src/mm/add-memory.js';

const BLOCK = 128 * 2 ** 20;
const at = (block: number, blocks = 1) => ({
  start: `0x${(PFN * 4096 + block * BLOCK).toString(16)}`,
  size: blocks * BLOCK,
});
const own = { arch: 'x86_64', memmapOnMemory: 'y' } as const;

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
    expect(memory.kernel.log.take()).toEqual(['warn:remove_memory_block_devices', 'warn:sparse_remove_section']);
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
