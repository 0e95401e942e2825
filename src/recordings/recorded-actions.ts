// SPDX-License-Identifier: GPL-2.0-only

import type { PfnRange } from '../kernel/pfn-range.js';
import { low52 } from '../hardware/low-bits.js';
import { EBUSY } from '../kernel/errno.js';
import { pfnToPage } from '../kernel/kernel.js';
import { blockIdOf, memoryBlocksOf } from '../mm/memory-block.js';
import { blockPfn, setAsidePages } from '../mm/system-memory.js';
import type { OnlineType } from '../mm/zone.js';
import type { Run, StepReturn } from '../scenario/runner.js';
import type { Step } from '../scenario/scenario.js';
import type { RecordedFrames } from './recorded-frames.js';
import { BASE_PAGE, hugePagesAsked, isRawNamespace, refusedBlocks } from './recorded-kernel.js';
import type { RecordedAction, RecordedDevice, RecordedLeaf, RecordedStep } from './recorded-kernel.js';

/** What was done to a booted kernel, as steps of a scenario. */

/** An action that there are no steps for, and why. */
export class UnknownAction extends Error {}

/** What the replay of a recording knows of a guest's devices. */
export interface GuestDevices {
  /** Ranges in frames that a device's memory blocks cover. */
  readonly memory: Map<string, PfnRange>;
  /** Devices whose memory came block by block, and goes so. */
  readonly addedByBlock: Set<string>;
  /** Devices whose memory the page allocator has: online, without a memmap of their own. */
  readonly systemRam: Set<string>;
  /** Devices that are mapped as raw namespaces. */
  readonly raw: Set<string>;
}

/** What a guest did that no memmap explains, so that it is taken from the recording. */
export interface GuestChoices {
  /** HugeTLB pages whose memmap was folded: those that its page allocator found, and that are not self-hosted. */
  foldedPages: number;
  /** Memory blocks that did not go offline, since their pages could not be moved. */
  refusedBlocks: number;
  /** Devices that stayed, since their pages could not be moved. */
  refusedRemovals: number;
  /** Memory blocks of such devices that had gone by then, and came back. */
  returnedBlocks: number;
}

/** Runs a step. Returns what the kernel returned. */
export type Perform = (step: Step) => StepReturn;

/** What an action is translated with. */
interface Guest {
  readonly run: Run;
  readonly frames: RecordedFrames;
  readonly guest: GuestDevices;
  readonly choices: GuestChoices;
  /** Devices present. */
  readonly devices: readonly RecordedDevice[];
  /** Leaves after the step. */
  readonly leaves: readonly RecordedLeaf[];
}

/** _PAGE_RW of x86_64, which alone folds the memmap of HugeTLB pages here. */
const WRITABLE = 2n;
/**
 * Carries an action out.
 * @throws UnknownAction for one that there are no steps for
 */
export function act(guest: Guest, recorded: RecordedStep, perform: Perform): void {
  const { run, devices } = guest;
  const { memory } = guest.guest;
  const action: RecordedAction = recorded.action;
  const { pageSize } = run.kernel;
  switch (action.op) {
    case 'boot':
      followRawNamespaces(guest, recorded, perform);
      return;
    case 'none':
      followRawNamespaces(guest, recorded, perform);
      askForHugePages(guest, recorded, perform);
      return;
    case 'add-memory':
      addDevice(guest, action, perform);
      return;
    case 'remove-memory':
      removeDevice(guest, action.device, recorded.ok !== false, perform);
      return;
    case 'online':
      for (const device of devicesOf(guest, action)) online(guest, device, action.zone ?? 'auto', perform);
      return;
    case 'offline':
      for (const device of devicesOf(guest, action)) offline(guest, device, recorded, perform);
      return;
    case 'create-namespace': {
      const device = devices.find((d) => d.id === action.device);
      if (device === undefined) throw new UnknownAction(`no device ${action.device}`);
      const { start, end } = device;
      perform({ ...action, start, size: end + 1 - start, node: 0 });
      return;
    }
    case 'destroy-namespace':
      guest.guest.raw.delete(action.device);
      perform(action);
      return;
    case 'kmem': {
      perform({ ...action, node: 0, fail: {} });
      const { kmem } = known(run.devices.namespaces, action.device);
      if (kmem !== null) memory.set(action.device, pfnRange(kmem, pageSize));
      return;
    }
    case 'kmem-release':
      // The recorder took the blocks offline first, as daxctl does; the driver never does.
      if (memory.has(action.device)) offline(guest, action.device, recorded, perform);
      perform({ ...action, fail: {} });
      if (run.devices.namespaces.get(action.device)?.kmem == null) memory.delete(action.device);
      return;
    case 'virtio-mem': {
      const [device] = devices;
      if (device === undefined) throw new UnknownAction('no virtio-mem device');
      const { id, start, end } = device;
      perform({ ...action, device: id, start, size: end + 1 - start, node: 0, fail: {} });
      const plugged = run.devices.virtioMem.get(id)?.size ?? 0;
      if (plugged > 0) memory.set(id, pfnRange({ start, size: plugged }, pageSize));
      else memory.delete(id);
      return;
    }
  }
}

/** Maps and unmaps raw namespaces of pmem-region nodes as /proc/iomem says that the guest did. */
function followRawNamespaces({ guest: { raw }, devices }: Guest, { iomem }: RecordedStep, perform: Perform): void {
  if (iomem == null) return;
  for (const { id, start, end } of devices) {
    const isBound = isRawNamespace(iomem, start, end);
    if (isBound && !raw.has(id)) {
      raw.add(id);
      const size = end + 1 - start;
      perform({ op: 'create-namespace', device: id, start, size, mode: 'raw', map: 'mem', align: size, node: 0 });
    } else if (!isBound && raw.delete(id)) {
      perform({ op: 'destroy-namespace', device: id });
    }
  }
}

const pfnRange = ({ start, size }: { start: number; size: number }, pageSize: number): PfnRange => ({
  pfn: start / pageSize,
  nrPages: size / pageSize,
});

const devicesOf = ({ guest }: Guest, { device }: { device?: string | undefined }): string[] =>
  device === undefined ? [...guest.memory.keys()] : [device];

function known<T>(map: ReadonlyMap<string, T>, device: string): T {
  const value = map.get(device);
  if (value === undefined) throw new UnknownAction(`nothing is known of device ${device}`);
  return value;
}

/** A range in pieces. @param unit pages of each */
const pieces = ({ pfn, nrPages }: PfnRange, unit: number): PfnRange[] =>
  Array.from({ length: nrPages / unit }, (_, i) => ({ pfn: pfn + i * unit, nrPages: unit }));

/**
 * acpi_memory_enable_device() adds a range in one go; dlpar_add_lmb() of pseries adds block by block, and sets each online.
 * Both ask for a memmap in the range where it can be.
 */
function addDevice(guest: Guest, action: Extract<RecordedAction, { op: 'add-memory' }>, perform: Perform): void {
  const { run } = guest;
  const { memory, addedByBlock } = guest.guest;
  const range = pfnRange(action, run.kernel.pageSize);
  memory.set(action.device, range);
  if (action.onlinedByPlatform) addedByBlock.add(action.device);
  for (const piece of unitsOf(guest, action.device)) perform(addition(piece));
  if (action.onlinedByPlatform) online(guest, action.device, 'auto', perform);
}

const addition = (range: PfnRange): Step => ({
  op: 'add-memory',
  ...range,
  memmapOnMemory: true,
  mergeResource: false,
  offlineInaccessible: false,
  driver: null,
  nid: 0,
  fail: {},
});

/** What a device's memory comes and goes in: as a whole, or block by block. */
function unitsOf({ run, guest }: Guest, device: string): PfnRange[] {
  const range = known(guest.memory, device);
  return pieces(range, guest.addedByBlock.has(device) ? run.scenario.blockPages : range.nrPages);
}

function removeDevice(guest: Guest, device: string, succeeds: boolean, perform: Perform): void {
  const { memory, systemRam } = guest.guest;
  if (!succeeds) {
    returnDevice(guest, device, perform);
    return;
  }
  for (const unit of unitsOf(guest, device)) perform({ op: 'offline-and-remove-memory', ...unit, fail: {} });
  memory.delete(device);
  systemRam.delete(device);
}

/**
 * Where a page could not be moved away the platform gives up, and puts back what it had taken by then (pseries:
 * dlpar_memory_remove_by_ic()). Which blocks these are shows in leaves that have other frames than before.
 */
function returnDevice(guest: Guest, device: string, perform: Perform): void {
  const { run, frames, leaves, choices } = guest;
  const { kernel } = run;
  choices.refusedRemovals++;
  const moved = leaves
    .filter(({ level }) => level !== BASE_PAGE)
    .map(({ start, pa }) => ({ address: low52(start), pa }))
    .filter(({ address, pa }) => (frames.of(address) ?? pa) !== pa);
  const returned = unitsOf(guest, device).filter(({ pfn, nrPages }) =>
    moved.some(({ address }) => {
      const leaf = kernel.platform.mmu.walk(address);
      return (
        leaf !== undefined && address < pfnToPage(kernel, pfn + nrPages) && address + leaf.size > pfnToPage(kernel, pfn)
      );
    }),
  );
  choices.returnedBlocks += returned.length;
  for (const block of returned) perform({ op: 'offline-and-remove-memory', ...block, fail: {} });
  for (const block of returned) {
    perform(addition(block));
    perform({ op: 'online', ...block, type: 'auto', fail: {} });
  }
}

const blocksOf = ({ run, guest }: Guest, device: string): PfnRange[] => {
  const { pfn, nrPages } = known(guest.memory, device);
  const unit = run.scenario.blockPages;
  return memoryBlocksOf(run.memory, pfn, nrPages).map(({ id }) => ({ pfn: blockPfn(run.memory, id), nrPages: unit }));
};

/** Every memory block of a device is set online. */
function online(guest: Guest, device: string, type: OnlineType, perform: Perform): void {
  const { run } = guest;
  for (const block of blocksOf(guest, device)) perform({ op: 'online', ...block, type, fail: {} });
  const first = run.memory.blocks.get(blockIdOf(run.memory, known(guest.guest.memory, device).pfn));
  if (first === undefined || setAsidePages(run.kernel, first) === 0) guest.guest.systemRam.add(device);
}

/** Every memory block of a device is taken offline, but for those of which the guest could not move the pages away. */
function offline(guest: Guest, device: string, recorded: RecordedStep, perform: Perform): void {
  const { run, choices } = guest;
  const refused = refusedBlocks(recorded);
  for (const block of blocksOf(guest, device)) {
    const isRefused = refused.includes(blockIdOf(run.memory, block.pfn));
    const ret = perform({ op: 'offline', ...block, fail: isRefused ? { unmovable: 1 } : {} });
    // A kernel that refuses for a reason of its own does not come to moving pages.
    if (isRefused && ret === -EBUSY) choices.refusedBlocks++;
  }
}

/** HugeTLB pages that the guest got, or gave back. */
function askForHugePages(guest: Guest, recorded: RecordedStep, perform: Perform): void {
  const asked = hugePagesAsked(recorded);
  const { run, choices } = guest;
  if (asked === undefined) return;
  if (asked.count === 0) {
    for (const [pfn, nrPages] of [...run.memory.hugetlbPages]) {
      perform({ op: 'hugetlb-restore', pfn, nrPages, hugePages: nrPages });
    }
    return;
  }
  const hugePages = asked.size / run.kernel.pageSize;
  const folded = foldedPages(guest, hugePages);
  if (folded.length > asked.count) {
    throw new UnknownAction(`${folded.length} huge pages are folded, and the guest has ${asked.count}`);
  }
  choices.foldedPages += folded.length;
  for (const pfn of folded) perform({ op: 'hugetlb-optimize', pfn, nrPages: hugePages, hugePages });
}

/**
 * Where the guest's page allocator found room for huge pages is nothing that the emulator could know, and the recording
 * says it in its leaves alone: there is one choice of pages that can explain them, those whose memmap has a page that may
 * not be written. There may be huge pages besides that are not folded.
 */
function foldedPages({ run, leaves }: Guest, hugePages: number): number[] {
  const { kernel } = run;
  const bytes = hugePages * kernel.structPageSize;
  const folded = new Set<number>();
  for (const { start, flags } of leaves) {
    if ((flags & WRITABLE) !== 0n) continue;
    folded.add(Math.floor((low52(start) - kernel.vmemmap) / bytes));
  }
  return [...folded].map((page) => page * hugePages);
}
