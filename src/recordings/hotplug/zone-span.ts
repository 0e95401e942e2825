// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { roomFields } from '../../scenario/schema.js';
import { addMemory, removeMemory } from '../../mm/add-memory.js';
import { eachBlock, offlineBlock, onlineBlock } from '../../mm/memory-block.js';
import { memremapPages, memunmapPages } from '../../mm/memremap.js';
import { Faults, type FaultPoint, type SystemMemory } from '../../mm/system-memory.js';
import { createSystemMemory } from '../../mm/boot-memory.js';
import { DEVICE, MOVABLE } from '../../mm/zone.js';
import { malformed, type Failure } from '../vectors.js';
import { blockRuns, nodesOf, sectionRuns, zonesOf } from '../../scenario/hotplug-state.js';
import { compareSteps, firstDifference, takeWarnings } from './compare.js';
import * as fields from './fields.js';
import { MODES } from './memmap-on-memory.js';
import { bootStandIn } from './stand-in.js';

/** Spans and present pages of zones and nodes, and the state of sections. */

/** Numbers of nodes that the recorder's machine can have. */
export const POSSIBLE_NODES = 4;

const FAILS: Readonly<Record<string, FaultPoint>> = {
  isolate: 'isolate',
  unmovable: 'unmovable',
  'notify-going-online': 'notifyGoingOnline',
  'notify-going-offline': 'notifyGoingOffline',
  'notify-prepare-online': 'notifyPrepareOnline',
};

const range = { pfn: fields.pfn, nrPages: fields.nrPages };
const failing = {
  fail: z.enum(Object.keys(FAILS) as [string, ...string[]]).optional(),
  failAt: fields.count.default(1),
};

const step = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('add'),
    node: z.int(),
    ...range,
    memmapOnMemory: z.boolean().default(false),
    ...failing,
  }),
  z.strictObject({ op: z.literal('online'), type: z.enum(['kernel', 'movable', 'auto']), ...range, ...failing }),
  z.strictObject({ op: z.literal('offline'), ...range, ...failing }),
  z.strictObject({ op: z.literal('remove'), ...range, ...failing }),
  z.strictObject({
    op: z.literal('device-map'),
    id: z.int(),
    node: z
      .int()
      .min(0)
      .max(POSSIBLE_NODES - 1),
    ...range,
    altmap: z.strictObject({ reserve: fields.nrPages, free: fields.nrPages }).optional(),
    ...failing,
  }),
  z.strictObject({ op: z.literal('device-unmap'), id: z.int(), ...failing }),
]);

/** The zones that every kernel with memory hot-plug has, in the order of enum zone_type. */
const LAST_ZONES = ['Normal', MOVABLE, DEVICE];

const isZoneOrder = (names: readonly string[]): boolean =>
  new Set(names).size === names.length && LAST_ZONES.every((name, i) => names.at(i - LAST_ZONES.length) === name);

export const zoneSpanVector = z.strictObject({
  name: z.string(),
  machine: z.strictObject({
    arch: fields.arch,
    kernel: fields.release,
    mmu: roomFields.mmu,
    pageSize: fields.pageSize,
    structPageSize: fields.structPageSize,
    sectionSize: fields.sectionSize,
    subsectionSize: z.int(),
    memoryBlockSize: fields.blockSize,
    pageblockOrder: fields.pageblockOrder,
    memmapOnMemory: z.enum(['disable', 'enable', 'force']),
    zones: z.array(z.string()).refine(isZoneOrder, { error: 'must end with Normal, Movable, Device' }),
  }),
  boot: z.array(
    z.strictObject({
      node: z
        .int()
        .min(0)
        .max(POSSIBLE_NODES - 1),
      zone: z.string(),
      ...range,
    }),
  ),
  initial: z.looseObject({ nodes: z.record(z.string(), z.array(z.unknown())) }),
  steps: z.array(step),
  expect: z.array(z.record(z.string(), z.unknown())),
});

type Vector = z.output<typeof zoneSpanVector>;
type Step = z.output<typeof step>;

const stateOf = (memory: SystemMemory): Record<string, unknown> => ({
  zones: zonesOf(memory.nodes),
  nodes: nodesOf(memory.nodes),
  sections: sectionRuns(memory.kernel),
  blocks: blockRuns(memory),
});

function run(memory: SystemMemory, s: Step): number | null {
  switch (s.op) {
    case 'add':
      return addMemory(memory, { nid: s.node, pfn: s.pfn, nrPages: s.nrPages, memmapOnMemory: s.memmapOnMemory });
    case 'online':
      return eachBlock(memory, s.pfn, s.nrPages, (block) => onlineBlock(memory, block, s.type));
    case 'offline':
      return eachBlock(memory, s.pfn, s.nrPages, (block) => offlineBlock(memory, block));
    case 'remove':
      return removeMemory(memory, s.pfn, s.nrPages);
    case 'device-map':
      return memremapPages(memory, {
        id: String(s.id),
        nid: s.node,
        pfn: s.pfn,
        nrPages: s.nrPages,
        altmap:
          s.altmap === undefined
            ? null
            : { name: String(s.id), basePfn: s.pfn, endPfn: s.pfn + s.nrPages - 1, ...s.altmap, align: 0, alloc: 0 },
        vmemmapShift: 0,
        isPrivate: false,
      });
    case 'device-unmap':
      return memunmapPages(memory, String(s.id));
  }
}

/** Compares one vector. */
export function verifyZoneSpan(vector: Vector): Failure | undefined {
  const { machine, boot, initial, name } = vector;
  const stray = boot.find(({ zone }) => !machine.zones.includes(zone));
  if (stray !== undefined)
    return malformed(name, `boot names the zone ${stray.zone}; allowed are ${machine.zones.join(', ')}`);
  const ranges = boot.map(({ node, ...rest }) => ({ ...rest, nid: node }));
  const { kernel } = bootStandIn(machine, ranges, false);
  const memory = createSystemMemory(kernel, {
    kernelZones: machine.zones.slice(0, machine.zones.indexOf(MOVABLE)),
    possibleNodes: POSSIBLE_NODES,
    onlineNodes: Object.entries(initial.nodes).flatMap(([nid, state]) => (state[3] === true ? [Number(nid)] : [])),
    boot: ranges,
    blockPages: machine.memoryBlockSize / machine.pageSize,
    memmapOnMemory: MODES[machine.memmapOnMemory]!,
  });
  const difference = firstDifference(initial, stateOf(memory));
  if (difference !== undefined) return { name, step: -1, ...difference, field: `initial.${difference.field}` };
  return compareSteps(name, vector.steps, vector.expect, (s) => {
    memory.faults = new Faults(s.fail === undefined ? {} : { [FAILS[s.fail]!]: s.failAt });
    const ret = run(memory, s);
    return { ret, warn: takeWarnings(kernel.log), ...stateOf(memory) };
  });
}
