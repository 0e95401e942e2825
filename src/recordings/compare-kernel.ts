// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { low52 } from '../hardware/low-bits.js';
import { type Leaf, LEVELS, PTE } from '../hardware/page-table.js';
import type { Platform } from '../kernel/platform.js';
import { iomemLines } from '../mm/resource.js';
import {
  type RecordedKernel,
  type RecordedDevice,
  type RecordedLeaf,
  type RecordedStep,
  systemRamLines,
  vmstatOf,
  BOOT_RAM,
  recordedZones,
  recordedBlocks,
} from './recorded-kernel.js';
import { comparePtdump } from './recorded-ptdump.js';
import type { Run } from '../scenario/runner.js';
import type { GuestChoices, GuestDevices } from './recorded-actions.js';
import type { RecordedFrames } from './recorded-frames.js';
import { usedRuns } from '../scenario/state.js';
import {
  type AddressRange,
  type AddressText,
  countTables,
  vmemmapWindow,
  walkVmemmap,
} from '../kernel/vmemmap-view.js';
import type { Failure } from './vectors.js';

/** Compares the emulator's page tables, memory and devices with what was read of a booted kernel after a step. */

export interface Replay {
  readonly recorded: RecordedKernel;
  readonly run: Run;
  readonly text: AddressText;
  readonly frames: RecordedFrames;
  readonly guest: GuestDevices;
  readonly choices: GuestChoices;
  /** What the emulator's iomem tree says of system memory at boot, in whole pages. */
  readonly bootRam: readonly string[];
  devices: readonly RecordedDevice[];
  /** Leaves after the step under way. */
  leaves: readonly RecordedLeaf[];
  /** Memmap that the recording accounts for; the window may hold other things. */
  readonly known: readonly AddressRange[];
  /** Tables that serve the window and no memmap, by level: what the recording counts at boot beyond the emulator. */
  readonly otherTables: number[];
}

export type Difference = Omit<Failure, 'name' | 'step'>;
/** Whether a leaf maps a part of the memmap that the recording accounts for. */
export const isKnown = (replay: Replay, leaf: RecordedLeaf, size: number): boolean => {
  const start = low52(leaf.start);
  return replay.known.some((range) => start < range.end && start + size > range.start);
};

/** Level of a bolted entry of a hashed page table: its leaves are recorded from vmemmap_list, which has no flags. */
export const HPTE_LEVEL = 'hpte';
/** A leaf of the emulator in the words of a recording. */
export function describeLeaf(replay: Replay, leaf: Leaf): RecordedLeaf {
  return {
    start: BigInt(`0x${replay.text.of(leaf.start)}`),
    level: LEVELS[leaf.level],
    pa: leaf.pa,
    flags: replay.run.kernel.platform.leafFlags(leaf),
    owner: ownerOf(replay, leaf.pa),
  };
}

/** Bytes that a leaf of a level maps, by the level's name. */
export function leafSize(platform: Platform): (level: string) => number {
  const sizes = new Map(platform.leafSizes.map(({ name, size }) => [name, size]));
  return (level) => sizes.get(level) ?? NaN;
}

/** Numbers frames by their first leaf, so that two lists agree in which leaves share a frame. */
export function sharing(leaves: readonly RecordedLeaf[]): number[] {
  const first = new Map<number, number>();
  return leaves.map((leaf, i) => {
    const known = first.get(leaf.pa);
    if (known === undefined) first.set(leaf.pa, i);
    return known ?? i;
  });
}

/**
 * A leaf in words that are equal where it agrees. System memory is one owner, be it there since boot or a device that is
 * online by now; which frame of it is told of a large leaf that got it from the recording, and so should have it still.
 */
export function leafText(replay: Replay, leaf: RecordedLeaf | undefined, sharedWith: number | undefined): string {
  if (leaf === undefined) return 'no leaf';
  const isSystemRam = leaf.owner === BOOT_RAM || replay.guest.systemRam.has(leaf.owner);
  const owner = isSystemRam ? 'system RAM' : leaf.owner;
  const isNamed = !isSystemRam || (leaf.level !== LEVELS[PTE] && replay.frames.of(low52(leaf.start)) !== undefined);
  const frame = isNamed ? `phys=${leaf.pa.toString(16)}` : `a frame first seen at leaf ${sharedWith}`;
  const flags = leaf.level === HPTE_LEVEL ? '' : ` flags=${leaf.flags.toString(16)}`;
  return `${leaf.start.toString(16)} ${leaf.level}${flags} in=${owner} ${frame}`;
}

export function compareLeaves(
  replay: Replay,
  expected: readonly RecordedLeaf[],
  actual: readonly RecordedLeaf[],
): Difference | undefined {
  const wantSharing = sharing(expected);
  const haveSharing = sharing(actual);
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const want = leafText(replay, expected[i], wantSharing[i]);
    const have = leafText(replay, actual[i], haveSharing[i]);
    if (want !== have) return { field: `leaves[${i}]`, expected: want, actual: have };
  }
  return undefined;
}

/** Some recordings looked for markers in a part of the vmemmap only, and say so. */
export function markersFrom(recorded: RecordedKernel): bigint {
  for (const note of recorded.notes) {
    const match = /only looked for from (0x[0-9a-f]+) on/.exec(note);
    if (match) return BigInt(match[1]!);
  }
  return 0n;
}

export function unusedMarkers(replay: Replay, leaves: readonly Leaf[]): string[] {
  const from = markersFrom(replay.recorded);
  return leaves.flatMap((leaf) => {
    const address = replay.text.of(leaf.start);
    if (leaf.level === PTE || BigInt(`0x${address}`) < from) return [];
    const runs = usedRuns(replay.run.kernel, leaf);
    if (runs === undefined) return [];
    return [`${address} ${runs.map((r) => `${r.used ? 'used' : 'unused'} ${hex(r.from)}-${hex(r.to)}`).join(' ')}`];
  });
}

export function compareStep(replay: Replay, step: RecordedStep): Difference | undefined {
  const { kernel, scenario } = replay.run;
  const walk = walkVmemmap(kernel, vmemmapWindow(kernel));
  const { leaves } = walk;
  const tables = countTables(walk.tables);
  const sizeOf = leafSize(kernel.platform);
  const known = (list: readonly RecordedLeaf[]): RecordedLeaf[] =>
    list.filter((leaf) => isKnown(replay, leaf, sizeOf(leaf.level)));
  const difference = compareLeaves(
    replay,
    known(replay.leaves),
    known(leaves.map((leaf) => describeLeaf(replay, leaf))),
  );
  if (difference !== undefined) return difference;
  for (const [name, count] of Object.entries(step.tableCounts ?? {})) {
    const level = (LEVELS as readonly string[]).indexOf(name);
    if (step.action.op === 'boot') replay.otherTables[level] = count - tables[level]!;
    const expected = count - replay.otherTables[level]!;
    if (replay.otherTables[level]! < 0 || tables[level] !== expected) {
      return { field: `tableCounts.${name}`, expected, actual: tables[level] };
    }
  }
  const started = replay.text.pointer(kernel.code.unusedStart());
  if (step.unusedStart != null && step.unusedStart !== started) {
    return { field: 'unusedStart', expected: step.unusedStart, actual: started };
  }
  if (step.unusedMarkers != null) {
    const want = step.unusedMarkers.join('\n');
    const have = unusedMarkers(replay, leaves).join('\n');
    if (want !== have) return { field: 'unusedMarkers', expected: want, actual: have };
  }
  if (step.ptdump == null) return undefined;
  return comparePtdump(kernel, scenario, step.ptdump, (pa) => ownerOf(replay, pa) !== BOOT_RAM);
}

/** Pages of memmap as the kernel counts them: exactly, and not per CPU. */
function compareCounters({ run }: Replay, step: RecordedStep): Difference | undefined {
  const { nrMemmapPages, nrMemmapBootPages } = run.kernel.vmstat;
  for (const [name, actual] of [
    ['nr_memmap_pages', nrMemmapPages],
    ['nr_memmap_boot_pages', nrMemmapBootPages],
  ] as const) {
    const expected = vmstatOf(step.vmstat ?? [], name);
    if (expected !== undefined && expected !== actual) return { field: `vmstat.${name}`, expected, actual };
  }
  return undefined;
}

/** Memory blocks and system memory in the iomem tree that were not there at boot, and zones that were empty then. */
export function compareMemory(replay: Replay, step: RecordedStep): Difference | undefined {
  const { memory } = replay.run;
  const [boot] = replay.recorded.steps;
  const blocksAtBoot = recordedBlocks(boot?.memoryBlocks ?? []);
  for (const [id, expected] of recordedBlocks(step.memoryBlocks ?? [])) {
    if (blocksAtBoot.has(id)) continue;
    const block = memory.blocks.get(id);
    const state = block && (block.state === 'online' ? `online ${block.zone?.name ?? 'none'}` : block.state);
    // A block that is on its way out is online until it is gone.
    if (expected === 'going-offline' && block?.state === 'online') continue;
    if (state !== expected) return { field: `memoryBlocks[${id}]`, expected, actual: state };
  }
  const emptyAtBoot = recordedZones(boot?.zones ?? []);
  for (const [name, expected] of recordedZones(step.zones ?? [])) {
    if (emptyAtBoot.get(name)?.[1] !== 0) continue;
    const zone = memory.nodes.flatMap((node) => node.zones).find((z) => `${z.nid} ${z.name}` === name);
    // /proc/zoneinfo names the start of populated zones only.
    const actual = zone && [zone.present > 0 ? zone.start : 0, zone.spanned, zone.present];
    if (expected.join() !== actual?.join()) return { field: `zones.${name}`, expected, actual };
  }
  const atBoot = systemRamLines(boot?.iomem ?? []);
  const expected = systemRamLines(step.iomem ?? []).filter((line) => !atBoot.includes(line));
  const actual = systemRamLines(iomemLines(memory.iomem)).filter(
    (line) => !atBoot.includes(line) && !replay.bootRam.includes(line),
  );
  if (expected.join('\n') !== actual.join('\n')) return { field: 'iomem', expected, actual };
  return compareCounters(replay, step);
}

/** The device that a frame belongs to. @param pa physical byte address */
export const ownerOf = (replay: Replay, pa: number): string =>
  replay.devices.find((device) => pa >= device.start && pa <= device.end)?.id ?? BOOT_RAM;
