// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { Scenario } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import type { GuestAction, GuestDevice } from './guest-action.js';
import type { GuestMachine } from '../../arch/guest-machine.js';

/** What a guest has plugged where while its actions are put together, and what it is therefore refused. */

/** An action, and the step of the scenario that it is for. */
export interface PlannedAction {
  /** Index of the step, from 0. */
  readonly from: number;
  readonly action: GuestAction;
}

/** Physical addresses, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export const rangeText = ({ start, end }: ByteRange): string => `${hex(start)}-${hex(end - 1)}`;
export const overlap = (a: ByteRange, b: ByteRange): boolean => a.start < b.end && b.start < a.end;

/** @throws ScenarioError */
export const refuse = (sentence: string): never => {
  throw new ScenarioError(sentence);
};

/** Collects devices as steps need them, and keeps what is plugged where. */
export class Slots {
  readonly devices: GuestDevice[] = [];
  /** Actions so far. */
  readonly actions: PlannedAction[] = [];
  /** Devices that the guest's kernel has struct pages for, and the step that brought each. */
  private readonly present = new Map<GuestDevice, number>();
  /** Memory blocks that are online. */
  private readonly online = new Set<number>();

  constructor(
    readonly scenario: Scenario,
    readonly machine: GuestMachine,
    readonly blockSize: number,
  ) {}

  act(from: number, action: GuestAction): void {
    this.actions.push({ from, action });
  }

  /** The device of a kind that covers a range; a new one if there is none. */
  device(kind: GuestDevice['kind'], { start, end }: ByteRange, i: number): GuestDevice {
    const known = this.devices.find((d) => d.kind === kind && d.start === start && d.size === end - start);
    if (known !== undefined) return known;
    // DIMMs come and go, and another may take the place; what is there from the start stays.
    const clash = this.devices.find(
      (d) => !(kind === 'dimm' && d.kind === 'dimm') && overlap(extent(d), { start, end }),
    );
    if (clash !== undefined) {
      return refuse(
        `steps[${i}] needs ${rangeText({ start, end })} as ${KIND_TEXT[kind]}; the guest has ${KIND_TEXT[clash.kind]} at ${rangeText(extent(clash))} already`,
      );
    }
    const number = this.devices.filter((d) => d.kind === kind).length;
    const made: GuestDevice = { kind, id: `${ID_OF_KIND[kind]}${number}`, start, size: end - start };
    this.devices.push(made);
    return made;
  }

  add(device: GuestDevice, from: number): void {
    const other = [...this.present].find(([d]) => overlap(extent(d), extent(device)));
    if (other !== undefined) {
      refuse(
        `steps[${from}] adds ${rangeText(extent(device))}, which steps[${other[1]}] has added; the guest has it once`,
      );
    }
    this.present.set(device, from);
  }

  /** The devices that make up a range and nothing else. */
  within(range: ByteRange, from: number): GuestDevice[] {
    const found = [...this.present.keys()].filter((d) => overlap(extent(d), range)).sort((a, b) => a.start - b.start);
    const bytes = found.reduce((sum, d) => sum + d.size, 0);
    if (bytes !== range.end - range.start || found.some(({ start }) => start < range.start)) {
      return refuse(
        `steps[${from}] takes ${rangeText(range)}; a guest gives up what an earlier step added, as a whole` +
          (found.length === 0
            ? ', and here is nothing of it'
            : `: ${found.map((d) => rangeText(extent(d))).join(', ')}`),
      );
    }
    return found;
  }

  remove(device: GuestDevice): void {
    this.present.delete(device);
  }

  private blocks({ start, end }: ByteRange): number[] {
    const first = start / this.blockSize;
    return Array.from({ length: (end - start) / this.blockSize }, (_, b) => first + b);
  }

  setOnline(range: ByteRange, type: 'auto' | 'kernel' | 'movable', from: number, byPlatform: boolean): void {
    for (const block of this.blocks(range)) this.online.add(block);
    this.act(from, { op: 'online', type, start: range.start, size: range.end - range.start, byPlatform });
  }

  setOffline(range: ByteRange, from: number, byPlatform: boolean): void {
    for (const block of this.blocks(range)) this.online.delete(block);
    this.act(from, { op: 'offline', start: range.start, size: range.end - range.start, byPlatform });
  }

  isOnline(range: ByteRange): boolean {
    return this.blocks(range).some((block) => this.online.has(block));
  }
}

/** The range of a device. */
export const extent = ({ start, size }: GuestDevice): ByteRange => ({ start, end: start + size });

const ID_OF_KIND: Readonly<Record<GuestDevice['kind'], string>> = {
  dimm: 'dimm',
  nvdimm: 'nvdimm',
  'pmem-region': 'pmem',
  'virtio-pmem': 'vpmem',
  'virtio-mem': 'vmem',
};
const KIND_TEXT: Readonly<Record<GuestDevice['kind'], string>> = {
  dimm: 'a DIMM',
  nvdimm: 'an NVDIMM',
  'pmem-region': 'a pmem-region',
  'virtio-pmem': 'a virtio-pmem device',
  'virtio-mem': 'a virtio-mem device',
};
