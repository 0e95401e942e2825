// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../hardware/hex.js';
import { z } from 'zod';
import { E2BIG, EBUSY, EINVAL } from '../../kernel/errno.js';
import { KernelLog } from '../../kernel/log.js';
import {
  createIomem,
  createResource,
  insertResource,
  IORESOURCE_SYSTEM_RAM,
  mergeSystemRamResource,
  regionIntersects,
  registerMemoryResource,
  releaseMemRegionAdjustable,
  releaseRegion,
  releaseResource,
  removeResource,
  requestRegion,
  requestResource,
  SYSTEM_RAM,
  walkSystemRamRange,
  walkSystemRamRes,
  type Resource,
  type ResourceName,
} from '../../mm/resource.js';
import type { Failure } from '../vectors.js';
import { treeOf } from '../../scenario/hotplug-state.js';
import { compareSteps, takeWarnings } from './compare.js';
import { hexNumber, nrPages, pageSize, pfn } from './fields.js';
import { traitsOf } from './stand-in.js';

/** The tree of physical address ranges. */

const step = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal(['request-resource', 'insert-resource']),
    start: hexNumber,
    end: hexNumber,
    name: z.string(),
    flags: hexNumber,
  }),
  z.strictObject({
    op: z.literal('add-memory'),
    start: hexNumber,
    size: hexNumber,
    name: z.string(),
    nameObject: z.int().optional(),
  }),
  z.strictObject({
    op: z.literal('request-region'),
    start: hexNumber,
    size: hexNumber,
    name: z.string(),
    flags: hexNumber.optional(),
  }),
  z.strictObject({
    op: z.literal(['release-region', 'release-adjustable', 'intersects-ram']),
    start: hexNumber,
    size: hexNumber,
  }),
  z.strictObject({
    op: z.literal(['release-memory', 'remove-resource', 'merge', 'walk-ram']),
    start: hexNumber,
    end: hexNumber,
  }),
  z.strictObject({ op: z.literal('walk-ram-pages'), pfn, nrPages }),
]);

export const resourceTreeVector = z.strictObject({
  name: z.string(),
  kernel: z.string(),
  pageSize,
  root: z.tuple([hexNumber, hexNumber]),
  addressLimit: hexNumber,
  steps: z.array(step),
  expect: z.array(z.record(z.string(), z.unknown())),
});

type Vector = z.output<typeof resourceTreeVector>;
type Step = z.output<typeof step>;
type Left = Record<string, unknown>;

/** Resources with just this range, outermost first. */
function withRange(root: Resource, start: number, end: number): Resource[] {
  return root.children.flatMap((child) => [
    ...(child.start === start && child.end === end ? [child] : []),
    ...withRange(child, start, end),
  ]);
}

/** Compares one vector. */
export function verifyResourceTree(vector: Vector): Failure | undefined {
  const traits = traitsOf(vector.kernel);
  const root = createIomem(vector.root[1]);
  const log = new KernelLog(true);
  const names = new Map<string, ResourceName>();
  const nameOf = (text: string, object: number | undefined): ResourceName => {
    if (text === SYSTEM_RAM.text && object === undefined) return SYSTEM_RAM;
    const key = `${text} ${object ?? 'literal'}`;
    const name = names.get(key) ?? { text };
    names.set(key, name);
    return name;
  };

  const addMemory = (start: number, size: number, name: ResourceName): number => {
    if (traits.callersCheckRange && start + size - 1 > vector.addressLimit) {
      log.print(`Hotplug memory [${hex(start)}-${hex(start + size)}] exceeds maximum addressable range`);
      return -E2BIG;
    }
    const added = registerMemoryResource(root, start, size, name);
    return typeof added === 'number' ? added : 0;
  };

  const run = (s: Step): Left => {
    switch (s.op) {
      case 'request-resource':
        return { ret: requestResource(root, createResource(s.start, s.end, nameOf(s.name, undefined), s.flags)) };
      case 'insert-resource':
        return { ret: insertResource(root, createResource(s.start, s.end, nameOf(s.name, undefined), s.flags)) };
      case 'add-memory':
        return { ret: addMemory(s.start, s.size, nameOf(s.name, s.nameObject)) };
      case 'request-region':
        return { ret: requestRegion(root, s.start, s.size, nameOf(s.name, undefined), s.flags) === null ? -EBUSY : 0 };
      case 'release-region':
        releaseRegion(root, s.start, s.size, log);
        return { ret: null };
      case 'release-adjustable':
        releaseMemRegionAdjustable(root, s.start, s.size, log, traits.resourceSplitMovesChildren);
        return { ret: null };
      case 'intersects-ram':
        return { ret: null, intersects: regionIntersects(root, s.start, s.size, IORESOURCE_SYSTEM_RAM) };
      case 'release-memory': {
        const innermost = withRange(root, s.start, s.end).at(-1);
        if (innermost !== undefined) releaseResource(innermost);
        return { ret: null };
      }
      case 'remove-resource': {
        const outermost = withRange(root, s.start, s.end)[0];
        return { ret: outermost === undefined ? -EINVAL : removeResource(outermost) };
      }
      case 'merge': {
        const innermost = withRange(root, s.start, s.end).at(-1);
        if (innermost !== undefined) mergeSystemRamResource(innermost, log);
        return { ret: null };
      }
      case 'walk-ram': {
        const walk: string[][] = [];
        const ret = walkSystemRamRes(root, s.start, s.end, ({ start, end }) => {
          walk.push([hex(start), hex(end)]);
          return 0;
        });
        return { ret, walk };
      }
      case 'walk-ram-pages': {
        const walk: number[][] = [];
        const ret = walkSystemRamRange(root, s.pfn, s.nrPages, vector.pageSize, (pfn, nrPages) => {
          walk.push([pfn, nrPages]);
          return 0;
        });
        return { ret, walk };
      }
    }
  };

  return compareSteps(vector.name, vector.steps, vector.expect, (s) => ({
    ...run(s),
    warn: takeWarnings(log),
    tree: treeOf(root),
  }));
}
