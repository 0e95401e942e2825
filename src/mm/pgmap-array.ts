// SPDX-License-Identifier: GPL-2.0-only

import type { PfnRange } from '../kernel/pfn-range.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { RangeMap } from './range-map.js';
import { restoreAltmap, saveAltmap } from './vmem-altmap.js';

/** mm/memremap.c: pgmap_array, which device is mapped at a frame. */

/** struct dev_pagemap of one range. */
export interface DevicePages {
  readonly id: string;
  readonly nid: number;
  readonly pfn: number;
  readonly nrPages: number;
  readonly altmap: VmemAltmap | null;
  /** log2 of the base pages of a compound page; 0 for none. */
  readonly vmemmapShift: number;
  /** MEMORY_DEVICE_PRIVATE: memory that the CPU cannot reach; it has struct pages and no linear mapping. */
  readonly isPrivate: boolean;
}

/** pgmap_array, and the devices by their name. */
export class DeviceMaps {
  private readonly byId = new Map<string, DevicePages>();
  private readonly byPfn = new RangeMap<DevicePages>();

  /** The device of a name, if it is mapped. */
  get(id: string): DevicePages | undefined {
    return this.byId.get(id);
  }

  /** Whether no device is mapped. */
  get isEmpty(): boolean {
    return this.byId.size === 0;
  }

  /** Devices that are mapped. */
  mapped(): DevicePages[] {
    return [...this.byId.values()];
  }

  /** Whether a device is mapped at a frame. */
  covers(pfn: number): boolean {
    return this.byPfn.get(pfn) !== undefined;
  }

  /** Takes a range for a device; frames that another had there are lost to it. */
  store({ pfn, nrPages }: PfnRange, device: DevicePages): void {
    this.byPfn.set(pfn, pfn + nrPages, device);
  }

  /** pgmap_array_delete(). */
  erase({ pfn, nrPages }: PfnRange): void {
    this.byPfn.set(pfn, pfn + nrPages, undefined);
  }

  /** A device is mapped from here on, or is not any more. */
  setMapped(device: DevicePages, mapped: boolean): void {
    if (mapped) this.byId.set(device.id, device);
    else this.byId.delete(device.id);
  }

  /**
   * Writes the devices and their ranges down.
   * @param named altmaps that are kept elsewhere
   */
  save(to: StateWriter, named: readonly VmemAltmap[]): void {
    const devices = [...new Set([...this.byId.values(), ...this.byPfn.values()])];
    to.word(devices.length);
    for (const device of devices) {
      to.text(device.id);
      to.word(device.nid);
      to.wide(device.pfn);
      to.wide(device.nrPages);
      saveAltmap(to, device.altmap, named);
      to.word(device.vmemmapShift);
      to.word(device.isPrivate ? 1 : 0);
      to.word(this.byId.get(device.id) === device ? 1 : 0);
    }
    this.byPfn.save(to, (device) => devices.indexOf(device));
  }

  /** Reads back what {@link save} wrote. */
  restore(from: StateReader, named: readonly VmemAltmap[]): void {
    this.byId.clear();
    const devices = Array.from({ length: from.word() }, () => {
      const device: DevicePages = {
        id: from.text(),
        nid: from.word(),
        pfn: from.wide(),
        nrPages: from.wide(),
        altmap: restoreAltmap(from, named),
        vmemmapShift: from.word(),
        isPrivate: from.word() === 1,
      };
      this.setMapped(device, from.word() === 1);
      return device;
    });
    this.byPfn.restore(from, (index) => devices[index]!);
  }
}
