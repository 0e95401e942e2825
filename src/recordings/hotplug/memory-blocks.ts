// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../hardware/hex.js';
import { z } from 'zod';
import { roomFields } from '../../scenario/schema.js';
import { KernelBug } from '../../kernel/log.js';
import { addMemory, offlineAndRemoveMemory, removeMemory } from '../../mm/add-memory.js';
import { eachBlock, offlineBlock, onlineBlock } from '../../mm/memory-block.js';
import { SYSTEM_RAM, type ResourceName } from '../../mm/resource.js';
import { FAULT_POINTS, Faults, type FaultPoint, type HotplugCall, type SystemMemory } from '../../mm/system-memory.js';
import { createSystemMemory } from '../../mm/boot-memory.js';
import type { Failure } from '../vectors.js';
import { sectionRuns, treeOf } from '../../scenario/hotplug-state.js';
import { compareSteps, takeWarnings } from './compare.js';
import * as fields from './fields.js';
import { MODES } from './memmap-on-memory.js';
import { architectureOf, bootStandIn } from './stand-in.js';
import { POSSIBLE_NODES } from './zone-span.js';

/** Adding and removing memory: blocks, altmaps, roll-back. */

const fail = z.strictObject({
  ...(Object.fromEntries(FAULT_POINTS.map((point) => [point, fields.count.optional()])) as Record<
    FaultPoint,
    z.ZodOptional<typeof fields.count>
  >),
  section: fields.count.optional(),
  unfreed: z.strictObject({ archRemove: fields.count, pages: fields.nrPages }).optional(),
});

const range = { start: fields.hexNumber, size: fields.hexSize, fail: fail.optional() };

const step = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('add'),
    node: z.int(),
    ...range,
    flags: z.array(z.enum(['memmap-on-memory', 'merge-resource'])),
    name: z.string().optional(),
    nameObject: z.int().optional(),
  }),
  z.strictObject({ op: z.literal('online'), type: z.enum(['kernel', 'movable', 'auto']), ...range }),
  z.strictObject({ op: z.literal('offline'), ...range }),
  z.strictObject({ op: z.literal(['remove', 'offline-and-remove']), node: z.int().optional(), ...range }),
]);

export const memoryBlocksVector = z.strictObject({
  name: z.string(),
  machine: z.strictObject({
    arch: fields.arch,
    kernel: fields.release,
    mmu: roomFields.mmu,
    pageSize: fields.pageSize,
    structPageSize: fields.structPageSize,
    sectionSize: fields.sectionSize,
    memoryBlockSize: fields.blockSize,
    pageblockOrder: fields.pageblockOrder,
    memmapOnMemory: z.enum(['disable', 'enable', 'force']),
    keepMemblock: z.boolean(),
  }),
  steps: z.array(step),
  expect: z.array(z.record(z.string(), z.unknown())),
});

type Vector = z.output<typeof memoryBlocksVector>;
type Step = z.output<typeof step>;

/** A call as the recordings list it. */
function callRow(call: HotplugCall): unknown[] {
  switch (call.call) {
    case 'arch-add':
      return [call.call, hex(call.start), hex(call.size), call.altmap, call.ret];
    case 'arch-remove':
      return [call.call, hex(call.start), hex(call.size), call.altmap];
    case 'block-register':
    case 'block-unregister':
      return [call.call, call.block];
    case 'firmware-map-add':
    case 'firmware-map-remove':
      return [call.call, hex(call.start), hex(call.end)];
    case 'memblock-add':
    case 'memblock-remove':
      return [call.call, hex(call.start), hex(call.size)];
    case 'notify':
      return [call.call, call.event, call.pfn, call.nrPages];
    default:
      return [call.call, call.node];
  }
}

const blockStates = (memory: SystemMemory): unknown[] =>
  [...memory.blocks.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id, state, nid, zone, altmap }) => ({
      id,
      state,
      node: nid,
      zone: zone?.name ?? null,
      ...(altmap && {
        altmap: {
          basePfn: altmap.basePfn,
          endPfn: altmap.endPfn,
          free: altmap.free,
          alloc: altmap.alloc,
          align: altmap.align,
        },
      }),
    }));

/** Compares one vector. */
export function verifyMemoryBlocks(vector: Vector): Failure | undefined {
  const { machine, name } = vector;
  const standIn = bootStandIn(machine, [], true);
  const { kernel } = standIn;
  const { pageSize } = machine;
  let calls: unknown[][] = [];
  const memory = createSystemMemory(kernel, {
    kernelZones: architectureOf(machine.arch).kernelZones.map((zone) => zone.name),
    possibleNodes: POSSIBLE_NODES,
    onlineNodes: [0],
    boot: [],
    blockPages: machine.memoryBlockSize / pageSize,
    memmapOnMemory: MODES[machine.memmapOnMemory]!,
    keepsMemblock: machine.keepMemblock,
  });
  memory.onCall = (call) => {
    if (call.call === 'arch-remove') standIn.startArchRemove();
    calls.push(callRow(call));
  };

  const names = new Map<string, ResourceName>();
  const nameOf = (text: string, object: number | undefined): ResourceName => {
    const key = `${text} ${object ?? 'literal'}`;
    const found = names.get(key) ?? { text };
    names.set(key, found);
    return found;
  };

  const run = (s: Step): number | null => {
    const pfn = s.start / pageSize;
    const nrPages = s.size / pageSize;
    switch (s.op) {
      case 'add':
        return addMemory(memory, {
          nid: s.node,
          pfn,
          nrPages,
          memmapOnMemory: s.flags.includes('memmap-on-memory'),
          mergeResource: s.flags.includes('merge-resource'),
          name: s.name === undefined ? SYSTEM_RAM : nameOf(s.name, s.nameObject),
        });
      case 'online':
        return eachBlock(memory, pfn, nrPages, (block) => onlineBlock(memory, block, s.type));
      case 'offline':
        return eachBlock(memory, pfn, nrPages, (block) => offlineBlock(memory, block));
      case 'remove':
        return removeMemory(memory, pfn, nrPages, s.node);
      case 'offline-and-remove':
        return offlineAndRemoveMemory(memory, pfn, nrPages, s.node);
    }
  };

  return compareSteps(name, vector.steps, vector.expect, (s) => {
    calls = [];
    const { section, unfreed, ...points } = s.fail ?? {};
    memory.faults = new Faults(points as Partial<Record<FaultPoint, number>>);
    standIn.startStep({ section, unfreed });
    let ret: number | null;
    let stopped = false;
    try {
      ret = run(s);
    } catch (error) {
      if (!(error instanceof KernelBug)) throw error;
      ret = null;
      stopped = true;
    }
    return {
      ret,
      ...(stopped && { bug: true }),
      // The only BUG of this layer is the one on a range that is not made of blocks.
      warn: [...takeWarnings(kernel.log), ...(stopped ? ['bug:range-not-block-aligned'] : [])],
      calls,
      blocks: blockStates(memory),
      sections: sectionRuns(kernel),
      systemPages: standIn.systemPages(),
      tree: treeOf(memory.iomem),
    };
  });
}
