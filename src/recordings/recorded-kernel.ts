// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { findMachine } from '../scenario/names.js';
import { roomFields } from '../scenario/schema.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { MAX_LEAVES } from '../kernel/vmemmap-view.js';

/** Files that record what a booted kernel put into its page tables, read from outside. */

/** Physical addresses end here on every architecture. */
const ADDRESS_LIMIT = 2 ** 52;

const bytes = z.string().transform((text, context): number => {
  const match = /^(0x[0-9a-f]+|\d+)([KMGT]?)$/i.exec(text);
  const unit = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[match?.[2]?.toUpperCase() ?? ''];
  const value = match && unit !== undefined ? Number(match[1]) * unit : NaN;
  if (value <= ADDRESS_LIMIT) return value;
  const message = 'must be a size such as "128M" or an address such as "0x100000000", up to 2^52';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const hexText = z.string().regex(/^0x[0-9a-f]{1,16}$/i, 'must be a hex string such as "0x100000000"');

const action = z.discriminatedUnion('op', [
  z.object({ op: z.literal('boot') }),
  z.object({ op: z.literal('none') }),
  z.object({
    op: z.literal('add-memory'),
    device: z.string(),
    start: bytes,
    size: bytes,
    onlinedByPlatform: z.boolean().default(false),
  }),
  z.object({ op: z.literal('remove-memory'), device: z.string() }),
  z.object({
    op: z.literal('online'),
    device: z.string().optional(),
    zone: z.enum(['kernel', 'movable']).optional(),
  }),
  z.object({ op: z.literal('offline'), device: z.string().optional() }),
  z.object({
    op: z.literal('create-namespace'),
    device: z.string(),
    mode: z.enum(['devdax', 'fsdax']),
    map: z.enum(['dev', 'mem']),
    align: bytes,
  }),
  z.object({ op: z.literal('destroy-namespace'), device: z.string() }),
  z.object({ op: z.literal('kmem'), device: z.string(), memmapOnMemory: z.boolean() }),
  z.object({ op: z.literal('kmem-release'), device: z.string() }),
  z.object({ op: z.literal('virtio-mem'), requested: bytes }),
]);

const device = z.object({ id: z.string(), start: bytes, end: bytes });

const LEAF_RUN =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) (\w+) phys=([0-9a-f]{1,16})(?: (shared|down))? flags=([0-9a-f]{1,16}) in=(\S+)$/;

const leafRun = z
  .string()
  .regex(LEAF_RUN, 'must be a run of leaves, "start-end level phys=… flags=… in=…"')
  .refine((text) => runBytes(text) > 0n && runBytes(text) <= MAX_RUN_BYTES, {
    error: 'must be a run of leaves that ends behind its start, and at most 64 GiB of them',
  });

/** Bytes that the leaves of a run map. */
function runBytes(text: string): bigint {
  const [, first = '0', last = '0'] = LEAF_RUN.exec(text) ?? [];
  return BigInt(`0x${last}`) - BigInt(`0x${first}`);
}

/** Memmap that a line may tell of: that of 4 TiB of 4 KiB pages. */
const MAX_RUN_BYTES = 2n ** 36n;

const step = z.object({
  step: z.string(),
  action,
  ok: z.boolean().nullish(),
  results: z.array(z.string()).nullish(),
  console: z.array(z.string()).nullish(),
  newDmesg: z.array(z.string()).nullish(),
  devices: z.array(device).nullish(),
  leaves: z.array(leafRun).nullish(),
  leavesSameAsStep: z.number().int().nullish(),
  leafCounts: z.record(z.string(), z.number()).nullish(),
  tableCounts: z.record(z.string(), z.number()).nullish(),
  unusedMarkers: z.array(z.string()).nullish(),
  unusedStart: z.string().nullish(),
  hptBytes: z.number().nullish(),
  meminfo: z.array(z.string()).nullish(),
  memoryBlocks: z.array(z.string()).nullish(),
  iomem: z.array(z.string()).nullish(),
  ptdump: z.array(z.string()).nullish(),
  vmstat: z.array(z.string()).nullish(),
  zones: z.array(z.string()).nullish(),
});

export const recordedKernelSchema = z.object({
  arch: z.string(),
  kernelRelease: z.string(),
  kernelCommandLine: z.string().default(''),
  pageSize: z.number().int(),
  structPage: z.object({ bytes: z.number().int() }),
  vmemmapBase: hexText.optional(),
  vmemmapStart: hexText.optional(),
  memstartAddr: hexText.optional(),
  pagingLevels: z.number().int().optional(),
  levels: z.number().int().optional(),
  vaBits: z.number().int().optional(),
  lpa2: z.boolean().optional(),
  mmu: roomFields.mmu,
  asce: hexText.optional(),
  mmuVmemmapPsizeIndex: z.number().int().optional(),
  blockSizeBytes: z.number().int(),
  memmapOnMemoryParam: z.string().default('N'),
  notes: z.array(z.string()).default([]),
  steps: z.array(step).min(1),
});

export type RecordedKernel = z.output<typeof recordedKernelSchema>;
export type RecordedStep = RecordedKernel['steps'][number];
export type RecordedAction = RecordedStep['action'];
export type RecordedDevice = z.output<typeof device>;

/** A leaf as recorded. */
export interface RecordedLeaf {
  /** Virtual address. */
  start: bigint;
  level: string;
  /** Physical byte address. */
  pa: number;
  flags: bigint;
  /** "boot-ram" or the device that the frame belongs to. */
  owner: string;
}

/**
 * The leaves of run-length coded lines.
 * @param leafSize bytes that a leaf of a level maps
 */
export function expandLeaves(runs: readonly string[], leafSize: (level: string) => number): RecordedLeaf[] {
  return runs.flatMap((run) => {
    const match = LEAF_RUN.exec(run);
    const [, first, last, level = '', phys = '', order, flags, owner = ''] = match ?? [];
    const size = leafSize(level);
    const stride = order === 'shared' ? 0 : order === 'down' ? -size : size;
    const start = BigInt(`0x${first}`);
    const count = Number(BigInt(`0x${last}`) - start) / size;
    if (!Number.isInteger(count) || count > MAX_LEAVES) {
      throw new ScenarioError(`a run of leaves is "${run}"; it must be whole leaves of a level that the machine has`);
    }
    return Array.from({ length: count }, (_, i) => ({
      start: start + BigInt(i * size),
      level,
      pa: parseInt(phys, 16) + i * stride,
      flags: BigInt(`0x${flags}`),
      owner,
    }));
  });
}

/**
 * Physical memory that lines name as that of large leaves, and some around it.
 * @param around bytes of the largest leaf or more
 */
export function largeLeafFrames(runs: readonly string[], around: number): ByteRange[] {
  return runs.flatMap((run) => {
    const [, first, last, level, phys = '', order, , owner] = LEAF_RUN.exec(run) ?? [];
    if (level === undefined || level === BASE_PAGE || owner !== BOOT_RAM) return [];
    const bytes = Number(BigInt(`0x${last}`) - BigInt(`0x${first}`));
    const pa = parseInt(phys, 16);
    return [order === 'down' ? { start: pa - bytes, end: pa + around } : { start: pa, end: pa + bytes }];
  });
}

/** The level of entries that map single pages. */
export const BASE_PAGE = 'pte';

/** What a recording calls memory that is no device's. */
export const BOOT_RAM = 'boot-ram';

/** A range of physical memory in bytes, `end` exclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Ranges that /proc/iomem calls System RAM at the top of the tree. */
export function systemRam(iomem: readonly string[]): ByteRange[] {
  return iomem.flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) : System RAM$/.exec(line);
    return match ? [{ start: parseInt(match[1]!, 16), end: parseInt(match[2]!, 16) + 1 }] : [];
  });
}

/**
 * Memory that a kernel had at boot and gave a memmap, by /proc/iomem. Some architectures call "reserved" what the firmware
 * wants left unmapped: it is no system RAM, and has struct pages as such.
 */
export function bootRanges({ arch, steps }: RecordedKernel): ByteRange[] {
  const iomem = steps[0]!.iomem ?? [];
  if (findMachine(arch, 'arch').reservedHasMemmap !== true) return systemRam(iomem);
  const unmapped = iomem.map((line) => line.replace(/ : reserved$/, ' : System RAM'));
  return systemRam(unmapped);
}

/** Blocks as /sys/devices/system/memory shows them: state, and the zone of those that are online and in one. */
export function recordedBlocks(lines: readonly string[]): Map<number, string> {
  return new Map(
    lines.flatMap((line): [number, string][] => {
      const match = /^memory\d+ ([0-9a-f]+) (\S+)(?: (.*))?$/.exec(line);
      if (!match) return [];
      const [, id = '', state = '', zone = ''] = match;
      return [[parseInt(id, 16), state === 'online' ? `online ${zone}` : state]];
    }),
  );
}

/** Zones that /proc/zoneinfo tells of: start pfn, spanned and present pages by "node name"; empty ones too. */
export function recordedZones(
  lines: readonly string[],
): Map<string, [start: number, spanned: number, present: number]> {
  const zones = new Map<string, [number, number, number]>();
  let current: [number, number, number] = [0, 0, 0];
  for (const line of lines) {
    const head = /^Node (\d+), zone +(\S+)/.exec(line);
    if (head) {
      current = [0, 0, 0];
      zones.set(`${head[1]} ${head[2]}`, current);
    }
    const value = /^ +(start_pfn:|spanned|present) +(\d+)$/.exec(line);
    if (value) current[['start_pfn:', 'spanned', 'present'].indexOf(value[1]!)] = Number(value[2]);
  }
  return zones;
}

/**
 * Whether a range is a raw namespace that its driver mapped: one of a pmem-region node, which stands at the top of
 * /proc/iomem. ACPI puts namespaces below "Persistent Memory" and asks for no struct pages of raw ones.
 * @param end inclusive
 */
export function isRawNamespace(iomem: readonly string[], start: number, end: number): boolean {
  const range = [start, end].map((byte) => byte.toString(16).padStart(8, '0')).join('-');
  return iomem.some((line) => line.startsWith(`${range} : namespace`));
}

/** A line "name 123" of /proc/vmstat; undefined where a kernel has no such counter. */
export function vmstatOf(lines: readonly string[], name: string): number | undefined {
  const line = lines.find((text) => text.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

/** Lines of /proc/iomem that name system memory, without their indent. */
export const systemRamLines = (iomem: readonly string[]): string[] =>
  iomem.map((line) => line.trim()).filter((line) => line.includes(' : System RAM'));

/** Huge pages that a guest was told to have: their size in bytes and how many it got; undefined for any other step. */
export function hugePagesAsked({
  step: text,
  console: lines,
}: RecordedStep): { size: number; count: number } | undefined {
  const asked = /^\d+ huge pages of (\d+)M asked for$/.exec(text);
  if (asked) return { size: Number(asked[1]) * 2 ** 20, count: Number(lines?.[0]) };
  return text === 'huge pages given back' ? { size: 0, count: Number(lines?.[0]) } : undefined;
}

/** Numbers of memory blocks whose state could not be changed: the exit status of the shell that tried is not 0. */
export const refusedBlocks = ({ results }: RecordedStep): number[] =>
  (results ?? []).flatMap((line) => {
    const match = /^memory(\d+) rc=(\d+)$/.exec(line);
    return match && match[2] !== '0' ? [Number(match[1])] : [];
  });
