// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { alignDown, alignUp } from '../hardware/align.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { EBUSY, EINVAL, ENODEV, ENXIO } from '../kernel/errno.js';
import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import { addMemory, offlineAndRemoveMemory, removeMemory } from '../mm/add-memory.js';
import { memremapPages, memunmapPages } from '../mm/memremap.js';
import {
  createResource,
  IORESOURCE_MEM,
  IORESOURCE_SYSTEM_RAM,
  KMEM,
  pa,
  regionIntersects,
  releaseResource,
  requestRegion,
  requestResource,
  VIRTIO_MEM,
  type Resource,
  type ResourceName,
  type ResourceReader,
  type ResourceWriter,
} from '../mm/resource.js';
import type { SystemMemory } from '../mm/system-memory.js';
import {
  createNamespace,
  createSectionNamespace,
  MAX_STRUCT_PAGE_SIZE,
  trimNamespace,
  type Namespace,
} from './nvdimm.js';

/**
 * Drivers that bring memory: namespaces of persistent memory (drivers/nvdimm, drivers/dax), their hand-over as system
 * memory (drivers/dax/kmem.c), and virtio-mem (drivers/virtio/virtio_mem.c). Addresses and sizes in bytes.
 */

const PERSISTENT_MEMORY: ResourceName = { text: 'Persistent Memory' };

/** A range of physical memory, bytes. */
export interface ByteRegion {
  readonly start: number;
  readonly size: number;
}

interface Region {
  start: number;
  size: number;
}

/** What a virtio-mem device has brought. */
export interface VirtioMem extends Region {
  /** Bytes of its last memory block that are plugged; the rest of that block is there and nobody may use it. */
  lastPlugged: number;
}

/** Device memory that is system memory. */
export interface KmemRange extends Region {
  /** A driver that could not remove its memory is gone all the same, and its memory stays until the next boot. */
  isBound: boolean;
}

/** A namespace and what drivers made of it. */
export interface NamespaceDevice {
  readonly number: number;
  readonly namespace: Namespace;
  /** The namespace is there; one that was destroyed leaves the device. */
  exists: boolean;
  /** What the drivers have claimed. */
  readonly claims: Resource[];
  /** The range that is system memory. */
  kmem: KmemRange | null;
}

/** ndctl create-namespace: what is asked for. */
export interface NamespaceRequest {
  device: string;
  start: number;
  size: number;
  /**
   * raw is mapped where the region asks for struct pages (ND_REGION_PAGEMAP), as pmem-region nodes of a device tree do:
   * all of it, memmap in system memory.
   */
  mode: 'fsdax' | 'devdax' | 'raw';
  /** Where the memmap goes, as ndctl names it: on the device, or in system memory. */
  map: 'dev' | 'mem';
  /** Alignment of the data; for device-dax also the size of a compound page. */
  align: number;
  node: number;
}

/** The devices of one machine. */
export interface Devices {
  readonly memory: SystemMemory;
  /** CONFIG_NVDIMM_KMSAN: a namespace may hold struct pages of more than MAX_STRUCT_PAGE_SIZE. */
  readonly nvdimmKmsan: boolean;
  readonly namespaces: Map<string, NamespaceDevice>;
  /** Regions of persistent memory that the firmware tells of, by the device that the namespace makes. */
  readonly regions: ReadonlyMap<string, ByteRegion>;
  /** Memory blocks that virtio-mem devices have added, by device. */
  readonly virtioMem: Map<string, VirtioMem>;
}

export const createDevices = (
  memory: SystemMemory,
  nvdimmKmsan = false,
  regions: ReadonlyMap<string, ByteRegion> = new Map(),
): Devices => ({
  memory,
  nvdimmKmsan,
  namespaces: new Map(),
  regions,
  virtioMem: new Map(),
});

/** The ranges that the drivers of a namespace claim, by name; device-dax has the data to itself. */
function claimsOf(number: number, { start, size, mode }: NamespaceRequest, namespace: Namespace): [Region, string][] {
  const name = `namespace${number}.0`;
  if (mode !== 'devdax') return [[{ start, size }, name]];
  const data = namespace.start + namespace.dataOffset;
  return [
    [{ start, size: data - start }, name],
    [{ start: data, size: namespace.start + namespace.size - data }, `dax${number}.0`],
  ];
}

/**
 * Makes a namespace and maps it: the drivers claim its range and ask for struct pages. A namespace that nobody uses makes
 * room for it.
 * @returns 0 or a negative errno; -EBUSY for a device that is in use or a range that is claimed, -EINVAL for one too small,
 *   or for struct pages on the device that are larger than the driver allows
 */
export function createNamespaceDevice(devices: Devices, request: NamespaceRequest): number {
  const { memory, namespaces } = devices;
  const { kernel, iomem } = memory;
  const { device, start, size, mode, map, align, node } = request;
  const former = namespaces.get(device);
  if (former?.kmem || memory.devices.get(device) !== undefined) return -EBUSY;
  releaseNamespace(devices, device);
  if (mode !== 'raw' && map === 'dev' && kernel.structPageSize > MAX_STRUCT_PAGE_SIZE && !devices.nvdimmKmsan)
    return -EINVAL;
  // The firmware's range stays in the tree whatever becomes of the namespace.
  requestResource(iomem, createResource(start, start + size - 1, PERSISTENT_MEMORY, IORESOURCE_MEM));
  const namespace = layoutOf(devices, request);
  if (typeof namespace === 'number') return namespace;
  const number = former?.number ?? namespaces.size;
  const claims: Resource[] = [];
  namespaces.set(device, { number, namespace, exists: true, claims, kmem: null });
  for (const [region, name] of claimsOf(number, request, namespace)) {
    const resource = requestRegion(iomem, region.start, region.size, { text: name });
    if (resource !== null) claims.push(resource);
    else {
      releaseNamespace(devices, device);
      return -EBUSY;
    }
  }
  const err = mapNamespace(devices, device, namespace, mode === 'devdax' ? align : kernel.pageSize, node);
  if (err !== 0) releaseNamespace(devices, device);
  return err;
}

/** nd_pfn_init(): where the data of a new namespace lies. Returns a negative errno where there is no such layout. */
function layoutOf({ memory, regions }: Devices, request: NamespaceRequest): Namespace | number {
  const { kernel, iomem } = memory;
  const { device, start, size, mode, align, map } = request;
  if (mode === 'raw') return { start, size, dataOffset: 0, altmap: null };
  const { pageSize, structPageSize, traits } = kernel;
  const unsatisfied = (namespace: Namespace): Namespace | number => {
    if (namespace.size > namespace.dataOffset) return namespace;
    kernel.log.print(`${device} unable to satisfy requested alignment`);
    return -ENXIO;
  };
  if (traits.genericSubsections) {
    if (traits.nvdimmChecksStart && start % SUBSECTION_SIZE !== 0) {
      kernel.log.print(`${device}: start ${pa(start)} misaligned to ${hex(SUBSECTION_SIZE)}`);
      return -EINVAL;
    }
    return unsatisfied(createNamespace(start, size, align, map, pageSize, structPageSize));
  }
  const sectionSize = kernel.pagesPerSection * pageSize;
  const others = traits.nvdimmAvoidsRegions
    ? [...regions].flatMap(([id, region]) => (id === device ? [] : [region]))
    : [];
  const collides = (from: number, bytes: number): boolean =>
    regionIntersects(iomem, from, bytes, IORESOURCE_SYSTEM_RAM) === 'mixed' ||
    others.some((region) => region.start < from + bytes && from < region.start + region.size);
  const trim = trimNamespace(start, size, align, sectionSize, collides);
  const trimmed = trim.startPad + trim.endTrunc;
  if (trimmed > 0) kernel.log.print(`${device} alignment collision, truncate ${trimmed} bytes`);
  return unsatisfied(
    createSectionNamespace({ start, size, align, map }, trim, {
      pageSize,
      sectionSize,
      pmdSize: kernel.platform.pmdSize,
    }),
  );
}

function mapNamespace({ memory }: Devices, id: string, namespace: Namespace, align: number, nid: number): number {
  const { pageSize } = memory.kernel;
  return memremapPages(memory, {
    id,
    nid,
    pfn: namespace.start / pageSize,
    nrPages: namespace.size / pageSize,
    altmap: namespace.altmap === null ? null : { name: id, align: 0, alloc: 0, ...namespace.altmap },
    vmemmapShift: Math.log2(align / pageSize),
    isPrivate: false,
  });
}

/** Gives back what the drivers of a namespace have claimed; what is system memory by now, the last claim, stays claimed. */
function releaseNamespace({ namespaces }: Devices, id: string): void {
  const device = namespaces.get(id);
  if (device === undefined) return;
  const released = device.claims.length - (device.kmem === null ? 0 : 1);
  for (const resource of device.claims.splice(0, released)) releaseResource(resource);
}

/**
 * Unmaps a namespace; the data on the device stays.
 * @returns null as a void function where it was mapped, and 0 where there was nothing to unmap; -EBUSY while kmem is bound to
 *   it, -EINVAL without a namespace
 */
export function destroyNamespaceDevice(devices: Devices, id: string): number | null {
  const { memory, namespaces } = devices;
  const device = namespaces.get(id);
  if (device?.exists !== true) return -EINVAL;
  if (device.kmem?.isBound === true) return -EBUSY;
  const ret = memory.devices.get(id) === undefined ? 0 : memunmapPages(memory, id);
  releaseNamespace(devices, id);
  device.exists = false;
  return ret;
}

/**
 * dev_dax_kmem_probe(): device memory becomes system memory, cut to whole memory blocks.
 * @returns 0 or a negative errno; -EBUSY where it is system memory already, whether the driver is still bound or not
 */
export function kmem(devices: Devices, id: string, wantsMemmapOnMemory: boolean, nid = 0): number {
  const { memory, namespaces } = devices;
  const { kernel, blockPages, iomem } = memory;
  const device = namespaces.get(id);
  if (device?.exists !== true) return -EINVAL;
  if (device.kmem !== null) return -EBUSY;
  const { namespace } = device;
  const data = namespace.start + namespace.dataOffset;
  const namespaceEnd = namespace.start + namespace.size;
  if (memory.devices.get(id) !== undefined) {
    memunmapPages(memory, id);
    const daxClaim = device.claims.pop();
    if (daxClaim !== undefined) releaseResource(daxClaim);
  }
  const blockSize = blockPages * kernel.pageSize;
  const start = alignUp(data, blockSize);
  const size = alignDown(namespaceEnd, blockSize) - start;
  if (size <= 0) return -EINVAL;
  const region = requestRegion(iomem, start, size, { text: `dax${device.number}.0` });
  if (region === null) return -EBUSY;
  device.claims.push(region);
  // The driver lets memory be claimed below its own range.
  region.flags = IORESOURCE_SYSTEM_RAM;
  const err = addMemory(memory, {
    nid,
    pfn: start / kernel.pageSize,
    nrPages: size / kernel.pageSize,
    memmapOnMemory: wantsMemmapOnMemory && kernel.traits.kmemMemmapOnMemory,
    name: KMEM,
  });
  if (err === 0) device.kmem = { start, size, isBound: true };
  else releaseResource(device.claims.pop()!);
  return err;
}

/**
 * dev_dax_kmem_remove(): device memory is system memory no more, if all of its blocks are offline. If not, it stays so for
 * good: the driver is gone, and what it claimed is not.
 * @returns 0 or a negative errno; -ENODEV where the driver is not bound
 */
export function kmemRelease({ memory, namespaces }: Devices, id: string): number {
  const device = namespaces.get(id);
  if (device?.kmem?.isBound !== true) return -ENODEV;
  const { start, size } = device.kmem;
  const { pageSize } = memory.kernel;
  device.kmem.isBound = false;
  const err = removeMemory(memory, start / pageSize, size / pageSize);
  if (err !== 0) return err;
  const region = device.claims.pop();
  if (region !== undefined) releaseResource(region);
  device.kmem = null;
  return 0;
}

const UNALIGNED_START = 'The alignment of the physical start address can make some memory unusable.';
const UNALIGNED_END = 'The alignment of the physical end address can make some memory unusable.';

/** virtio_mem_init_hotplug(): claims the region, and says what of it no memory block can have. Returns 0 or -EBUSY. */
function probeVirtioMem({ memory }: Devices, id: string, { start, size }: ByteRegion): number {
  const { kernel, blockPages, iomem } = memory;
  const blockSize = blockPages * kernel.pageSize;
  if (start % blockSize !== 0) kernel.log.print(UNALIGNED_START);
  if ((start + size) % blockSize !== 0) kernel.log.print(UNALIGNED_END);
  const resource = requestRegion(iomem, start, size, { text: id }, IORESOURCE_SYSTEM_RAM);
  if (resource === null) {
    kernel.log.print('could not reserve device region');
    return -EBUSY;
  }
  // The memory is not busy: it can be added below.
  resource.flags = IORESOURCE_SYSTEM_RAM;
  return 0;
}

/**
 * virtio_mem_config_changed(): memory comes from the first memory block that lies in the device's region up, and goes from
 * the end down. A block of which a part is asked for is there as a whole, and that part of it is plugged, in pageblocks.
 * @param region the device's range
 * @param requested bytes
 * @returns 0; -EBUSY where the region is claimed, or the errno of the block that could not come or go
 */
export function resizeVirtioMem(devices: Devices, id: string, region: ByteRegion, requested: number, nid = 0): number {
  const { memory, virtioMem } = devices;
  const { kernel, blockPages } = memory;
  const blockSize = blockPages * kernel.pageSize;
  const first = alignUp(region.start, blockSize);
  const former = virtioMem.get(id);
  if (former === undefined) {
    const probed = probeVirtioMem(devices, id, region);
    if (probed !== 0) return probed;
  }
  const usable = Math.max(0, alignDown(region.start + region.size, blockSize) - first);
  const unit = Math.min(blockSize, kernel.platform.pageblockPages * kernel.pageSize);
  const plug = Math.min(alignUp(requested, unit), usable);
  const wanted = alignUp(plug, blockSize);
  let added = former?.size ?? 0;
  let err = 0;
  while (added !== wanted && err === 0) {
    const grows = added < wanted;
    const at = (first + (grows ? added : added - blockSize)) / kernel.pageSize;
    err = grows
      ? addMemory(memory, {
          nid,
          pfn: at,
          nrPages: blockPages,
          memmapOnMemory: false,
          mergeResource: true,
          name: VIRTIO_MEM,
        })
      : offlineAndRemoveMemory(memory, at, blockPages);
    if (err === 0) added += grows ? blockSize : -blockSize;
  }
  const lastPlugged = err === 0 && added > 0 ? blockSize - (added - plug) : Math.min(added, blockSize);
  virtioMem.set(id, { start: first, size: added, lastPlugged });
  return err;
}

/** What virtio-mem devices have plugged, a line each: memory blocks, and the bytes of the last one where it is not whole. */
export function virtioMemLines({ memory, virtioMem }: Devices): string[] {
  const blockSize = memory.blockPages * memory.kernel.pageSize;
  return [...virtioMem].flatMap(([id, { start, size, lastPlugged }]) => {
    if (size === 0) return [];
    const first = start / blockSize;
    const last = first + size / blockSize - 1;
    const part = lastPlugged === blockSize ? '' : `, of block ${last} the first ${hex(lastPlugged)} bytes`;
    return [`${id} blocks ${first === last ? first : `${first}-${last}`}${part}`];
  });
}

const isNone = (from: StateReader): boolean => from.word() === 0;

function saveRegion(to: StateWriter, { start, size }: Region): void {
  to.wide(start);
  to.wide(size);
}

const restoreRegion = (from: StateReader): Region => ({ start: from.wide(), size: from.wide() });

function saveNamespace(to: StateWriter, namespace: Namespace): void {
  saveRegion(to, namespace);
  to.wide(namespace.dataOffset);
  const { altmap } = namespace;
  to.word(altmap === null ? 0 : 1);
  if (altmap === null) return;
  for (const count of [altmap.basePfn, altmap.endPfn, altmap.reserve, altmap.free]) to.wide(count);
}

const restoreNamespace = (from: StateReader): Namespace => ({
  ...restoreRegion(from),
  dataOffset: from.wide(),
  altmap: isNone(from) ? null : { basePfn: from.wide(), endPfn: from.wide(), reserve: from.wide(), free: from.wide() },
});

/** Writes the devices. @param resources what numbered the iomem tree, in which their claims lie */
export function saveDevices(to: StateWriter, { namespaces, virtioMem }: Devices, resources: ResourceWriter): void {
  to.word(namespaces.size);
  for (const [id, { number, namespace, exists, claims, kmem: region }] of namespaces) {
    to.text(id);
    to.word(number);
    to.word(exists ? 1 : 0);
    saveNamespace(to, namespace);
    to.word(claims.length);
    for (const claim of claims) resources.pointer(claim);
    to.word(region === null ? 0 : 1);
    if (region === null) continue;
    saveRegion(to, region);
    to.word(region.isBound ? 1 : 0);
  }
  to.word(virtioMem.size);
  for (const [id, region] of virtioMem) {
    to.text(id);
    saveRegion(to, region);
    to.wide(region.lastPlugged);
  }
}

/** Takes back what {@link saveDevices} wrote. */
export function restoreDevices(from: StateReader, { namespaces, virtioMem }: Devices, resources: ResourceReader): void {
  namespaces.clear();
  for (let left = from.word(); left > 0; left--) {
    namespaces.set(from.text(), {
      number: from.word(),
      exists: from.word() === 1,
      namespace: restoreNamespace(from),
      claims: Array.from({ length: from.word() }, () => resources.pointer()),
      kmem: isNone(from) ? null : { ...restoreRegion(from), isBound: from.word() === 1 },
    });
  }
  virtioMem.clear();
  for (let left = from.word(); left > 0; left--) {
    virtioMem.set(from.text(), { ...restoreRegion(from), lastPlugged: from.wide() });
  }
}
