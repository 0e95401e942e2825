// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { ScenarioInput } from '../scenario/schema.js';

/** What is done to a guest, and the step of a scenario that models it. */

/** Memory that a guest gets from QEMU. */
export interface GuestDevice {
  readonly kind: 'dimm' | 'nvdimm' | 'pmem-region' | 'virtio-pmem' | 'virtio-mem';
  /** The id of the device; that of its memory backend is `mem-` and the id. */
  readonly id: string;
  /** First byte. */
  readonly start: number;
  /** Bytes. */
  readonly size: number;
}

/** Memory blocks, bytes. */
interface Blocks {
  readonly start: number;
  readonly size: number;
  /** The platform does it with the device, and nobody has to. */
  readonly byPlatform: boolean;
}

export type GuestAction =
  | { readonly op: 'plug' | 'unplug'; readonly device: GuestDevice }
  | ({ readonly op: 'online'; readonly type: 'auto' | 'kernel' | 'movable' } & Blocks)
  | ({ readonly op: 'offline' } & Blocks)
  | { readonly op: 'bind' | 'unbind'; readonly device: GuestDevice }
  | {
      readonly op: 'create';
      readonly device: GuestDevice;
      readonly mode: 'fsdax' | 'devdax';
      readonly map: 'dev' | 'mem';
      /** Bytes. */
      readonly align: number;
    }
  | { readonly op: 'destroy' | 'kmem-release'; readonly device: GuestDevice }
  | { readonly op: 'kmem'; readonly device: GuestDevice; readonly memmapOnMemory: boolean }
  | { readonly op: 'request'; readonly device: GuestDevice; readonly requested: number };

type StepInput = ScenarioInput['steps'][number];
type StepOf = { readonly [Op in GuestAction['op']]: (action: GuestAction & { op: Op }) => StepInput };

const range = ({ start, size }: { start: number; size: number }): { start: string; size: number } => ({
  start: hex(start),
  size,
});

const STEP_OF: StepOf = {
  plug: ({ device }) => ({ op: 'add-memory', ...range(device) }),
  unplug: ({ device }) => ({ op: 'remove-memory', ...range(device) }),
  online: ({ type, ...blocks }) => ({ op: 'online', type, ...range(blocks) }),
  offline: (blocks) => ({ op: 'offline', ...range(blocks) }),
  bind: ({ device }) => ({ op: 'memremap-pages', device: device.id, ...range(device) }),
  unbind: ({ device }) => ({ op: 'memunmap-pages', device: device.id }),
  create: ({ device, mode, map, align }) => ({
    op: 'create-namespace',
    device: device.id,
    ...range(device),
    mode,
    map,
    align,
  }),
  destroy: ({ device }) => ({ op: 'destroy-namespace', device: device.id }),
  kmem: ({ device, memmapOnMemory }) => ({ op: 'kmem', device: device.id, memmapOnMemory }),
  'kmem-release': ({ device }) => ({ op: 'kmem-release', device: device.id }),
  request: ({ device, requested }) => ({ op: 'virtio-mem', device: device.id, ...range(device), requested }),
};

/** The step of a scenario that models an action. */
export const stepOfAction = (action: GuestAction): StepInput =>
  (STEP_OF[action.op] as (action: GuestAction) => StepInput)(action);
