// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { createSystemMemory } from '../../src/mm/boot-memory.js';
import { createIomem, IORESOURCE_BUSY, IORESOURCE_SYSTEM_RAM, SYSTEM_RAM } from '../../src/mm/resource.js';
import type { BootMemory, SystemMemory } from '../../src/mm/system-memory.js';
import { isOnlinePage, zoneOf } from '../../src/mm/zone.js';
import { runStep } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, PFN, SECTION } from '../scenarios.js';

/** What a kernel knows of its memory when it has booted: zones, nodes, the iomem tree. */

const PAGE = 4096;

/** The books of a kernel of x86_64 with memory at boot. */
function booted(boot: readonly BootMemory[], onlineNodes: readonly number[] = [0]): SystemMemory {
  const { kernel } = idle({ arch: 'x86_64' });
  return createSystemMemory(kernel, {
    kernelZones: ['DMA', 'DMA32', 'Normal'],
    possibleNodes: 2,
    onlineNodes,
    boot,
    blockPages: SECTION,
    memmapOnMemory: 'n',
  });
}

const normal = (section: number, sections = 1, nid = 0): BootMemory => ({
  pfn: PFN + section * SECTION,
  nrPages: sections * SECTION,
  nid,
  zone: 'Normal',
});
const spanOf = ({ start, spanned, present }: { start: number; spanned: number; present: number }) => ({
  start,
  spanned,
  present,
});

describe('a zone after boot', () => {
  test('spans all its ranges and the holes between them, and has present what is not a hole', () => {
    const { nodes } = booted([normal(1), normal(4, 2)]);
    expect(spanOf(zoneOf(nodes[0]!, 'Normal'))).toEqual({
      start: PFN + SECTION,
      spanned: 5 * SECTION,
      present: 3 * SECTION,
    });
  });

  test('spans the same in whatever order firmware tells of its ranges', () => {
    const { nodes } = booted([normal(4, 2), normal(1)]);
    expect(spanOf(zoneOf(nodes[0]!, 'Normal'))).toEqual({
      start: PFN + SECTION,
      spanned: 5 * SECTION,
      present: 3 * SECTION,
    });
  });

  test('starts with its first range, and not with frame 0', () => {
    const zone = zoneOf(booted([normal(3)]).nodes[0]!, 'Normal');
    expect(spanOf(zone)).toEqual({ start: PFN + 3 * SECTION, spanned: SECTION, present: SECTION });
  });

  test('spans nothing where no memory is in it', () => {
    const { nodes } = booted([normal(0)]);
    for (const name of ['DMA', 'DMA32', 'Movable', 'Device']) {
      expect(spanOf(zoneOf(nodes[0]!, name)), name).toEqual({ start: 0, spanned: 0, present: 0 });
    }
  });

  test('is one of the kernel’s, with Movable and Device behind them (enum zone_type)', () => {
    const names = booted([]).nodes.map(({ zones }) => zones.map(({ name }) => name));
    expect(names[0]).toEqual(['DMA', 'DMA32', 'Normal', 'Movable', 'Device']);
    expect(names).toHaveLength(2);
  });

  test('is named by the struct pages of its frames, and by none in a hole', () => {
    const memory = booted([normal(1), normal(4, 2), normal(3, 1, 1)]);
    const nodeOf = (section: number) => memory.pageZones.get(PFN + section * SECTION)?.nid;
    expect([0, 1, 2, 3, 4, 5, 6].map(nodeOf)).toEqual([undefined, 0, undefined, 1, 0, 0, undefined]);
    expect(memory.pageZones.get(PFN + 2 * SECTION - 1)?.name).toBe('Normal');
  });
});

describe('struct pages of a hole in a section of boot memory (init_unavailable_range)', () => {
  const QUARTER = SECTION / 4;
  /** Quarters of the first sections, each of a node. */
  const quarters = (...of: readonly (readonly [first: number, count: number, nid: number])[]): BootMemory[] =>
    of.map(([first, count, nid]) => ({ pfn: PFN + first * QUARTER, nrPages: count * QUARTER, nid, zone: 'Normal' }));
  /** The nodes that struct pages of the first eight quarters name. */
  const nodesOf = (boot: readonly BootMemory[]) => {
    const { pageZones } = booted(boot, [0, 1]);
    return Array.from({ length: 8 }, (_, i) => [
      pageZones.get(PFN + i * QUARTER)?.nid,
      pageZones.get(PFN + (i + 1) * QUARTER - 1)?.nid,
    ]).map(([first, last]) => (first === last ? first : [first, last]));
  };

  test('name the zone of the memory behind it; behind the last memory of a section, the zone before it', () => {
    expect(nodesOf(quarters([1, 1, 0]))).toEqual([0, 0, 0, 0, undefined, undefined, undefined, undefined]);
    expect(nodesOf(quarters([0, 1, 0], [2, 1, 1]))).toEqual([0, 1, 1, 1, undefined, undefined, undefined, undefined]);
  });

  test('name it over the border of a section too, as far as the section of that memory goes', () => {
    expect(nodesOf(quarters([2, 1, 0], [5, 1, 1]))).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test('are the same in whatever order firmware tells of the memory', () => {
    expect(nodesOf(quarters([2, 1, 1], [0, 1, 0]))).toEqual(nodesOf(quarters([0, 1, 0], [2, 1, 1])));
    expect(nodesOf(quarters([5, 1, 1], [2, 1, 0]))).toEqual(nodesOf(quarters([2, 1, 0], [5, 1, 1])));
  });

  test('are none where the next memory begins with the next section', () => {
    expect(nodesOf(quarters([0, 3, 0], [4, 4, 1]))).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });
});

describe('a node after boot', () => {
  test('spans its zones, and counts the pages of all of them', () => {
    const below4G: BootMemory = { pfn: 4096, nrPages: SECTION, nid: 0, zone: 'DMA32' };
    const { nodes } = booted([below4G, normal(0), normal(2)]);
    expect(spanOf(nodes[0]!)).toEqual({ start: 4096, spanned: PFN + 3 * SECTION - 4096, present: 3 * SECTION });
    expect(spanOf(nodes[1]!)).toEqual({ start: 0, spanned: 0, present: 0 });
  });

  test('is online if firmware said so', () => {
    const online = (nodes: readonly number[]) => booted([], nodes).nodes.map((node) => node.online);
    expect(online([0])).toEqual([true, false]);
    expect(online([0, 1])).toEqual([true, true]);
  });
});

describe('/proc/iomem after boot', () => {
  test('has a busy System RAM for each range, its end inclusive', () => {
    const { iomem } = booted([normal(4, 2), normal(1)]);
    const rows = iomem.children.map(({ start, end, name, flags }) => [start, end, name, flags]);
    const flags = (IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY) >>> 0;
    const byte = (section: number): number => (PFN + section * SECTION) * PAGE;
    expect(rows).toEqual([
      [byte(1), byte(2) - 1, SYSTEM_RAM, flags],
      [byte(4), byte(6) - 1, SYSTEM_RAM, flags],
    ]);
  });

  test('has one for memory of a node without a hole, whatever its zones; nodes and holes cut it', () => {
    const below: BootMemory = { pfn: PFN - SECTION, nrPages: SECTION, nid: 0, zone: 'DMA32' };
    const first = (boot: readonly BootMemory[]) =>
      booted(boot, [0, 1]).iomem.children.map(({ start, end }) => [start / PAGE - PFN, (end + 1) / PAGE - PFN]);
    expect(first([normal(0), below])).toEqual([[-SECTION, SECTION]]);
    expect(first([below, normal(0, 1, 1)])).toEqual([
      [-SECTION, 0],
      [0, SECTION],
    ]);
    expect(first([normal(0), normal(2), normal(3)])).toEqual([
      [0, SECTION],
      [2 * SECTION, 4 * SECTION],
    ]);
  });
});

describe('a kernel that is told nothing more', () => {
  test('folds no memmap of huge pages, drops memblock, and takes memory wherever the tree reaches', () => {
    const { hugetlbOptimized, keepsMemblock, addressLimit } = booted([]);
    expect({ hugetlbOptimized, keepsMemblock, addressLimit }).toEqual({
      hugetlbOptimized: false,
      keepsMemblock: false,
      addressLimit: createIomem().end,
    });
  });

  test('has lost and released nothing yet', () => {
    const { addedRanges, unreleasedBlocks, hugetlbPages, driverRegions, onCall } = booted([normal(0)]);
    expect([addedRanges, unreleasedBlocks, [...hugetlbPages], [...driverRegions], onCall]).toEqual([
      [],
      [],
      [],
      [],
      null,
    ]);
  });

  test('keeps memblock where the architecture selects ARCH_KEEP_MEMBLOCK', () => {
    const keeps = (arch: string) => idle({ arch }).memory.keepsMemblock;
    expect(['x86_64', 'arm64', 's390', 'ppc64'].map(keeps)).toEqual([false, true, false, true]);
  });
});

describe('memmap_on_memory=force on the command line', () => {
  const mode = (kernel: string): string =>
    idle({ arch: 'x86_64', kernel, memmapOnMemory: 'force' }).memory.memmapOnMemory;

  test('is the boolean "f" to releases that do not know the word', () => {
    expect([mode('6.5'), mode('6.6')]).toEqual(['n', 'force']);
  });
});

describe('pfn_to_online_page()', () => {
  test('tells system memory from a device in the same section', () => {
    const half = SECTION / 2;
    const machine: ScenarioInput['machine'] = { arch: 'x86_64', boot: [{ start: '0x100000000', size: '64M' }] };
    const run = idle(machine);
    const { memory } = run;
    expect(memory.isDevicePage(PFN + half)).toBe(false);
    runStep(run, {
      op: 'memremap-pages',
      device: 'd',
      altmap: null,
      vmemmapShift: 0,
      isPrivate: false,
      nid: 0,
      pfn: PFN + half,
      nrPages: half,
    });
    expect([memory.isDevicePage(PFN), memory.isDevicePage(PFN + half)]).toEqual([false, true]);
    expect([isOnlinePage(memory, PFN), isOnlinePage(memory, PFN + half)]).toEqual([true, false]);
  });
});
