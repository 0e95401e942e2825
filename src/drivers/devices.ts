// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { EBUSY, EINVAL } from '../kernel/errno.js';
import { addMemory, offlineAndRemoveMemory, removeMemory } from '../mm/add-memory.js';
import { memremapPages, memunmapPages } from '../mm/memremap.js';
import {
  createResource,
  IORESOURCE_MEM,
  IORESOURCE_SYSTEM_RAM,
  KMEM,
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
import { createNamespace, MAX_STRUCT_PAGE_SIZE, type Namespace } from './nvdimm.js';

/**
 * Drivers that bring memory: namespaces of persistent memory (drivers/nvdimm, drivers/dax), their hand-over as system
 * memory (drivers/dax/kmem.c), and virtio-mem (drivers/virtio/virtio_mem.c). Addresses and sizes in bytes.
 */

const PERSISTENT_MEMORY: ResourceName = { text: 'Persistent Memory' };

interface Region {
  start: number;
  size: number;
}

interface NamespaceDevice {
  readonly number: number;
  readonly namespace: Namespace;
  /** What the drivers have claimed. */
  readonly claims: Resource[];
  /** The range that is system memory. */
  kmem: Region | null;
}

export interface NamespaceRequest {
  device: string;
  start: number;
  size: number;
  mode: 'fsdax' | 'devdax';
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
  /** Bytes that are plugged, by virtio-mem device. */
  readonly virtioMem: Map<string, Region>;
}

export const createDevices = (memory: SystemMemory, nvdimmKmsan = false): Devices => ({
  memory,
  nvdimmKmsan,
  namespaces: new Map(),
  virtioMem: new Map(),
});

/** The ranges that the drivers of a namespace claim, by name; device-dax has the data to itself. */
function claimsOf(number: number, { start, size, mode }: NamespaceRequest, namespace: Namespace): [Region, string][] {
  const name = `namespace${number}.0`;
  if (mode === 'fsdax') return [[{ start, size }, name]];
  const data = start + namespace.dataOffset;
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
  if (map === 'dev' && kernel.structPageSize > MAX_STRUCT_PAGE_SIZE && !devices.nvdimmKmsan) return -EINVAL;
  const namespace = createNamespace(start, size, align, map, kernel.pageSize, kernel.structPageSize);
  if (namespace.dataOffset >= namespace.size) return -EINVAL;
  // The firmware's range stays in the tree whatever becomes of the namespace.
  requestResource(iomem, createResource(start, start + size - 1, PERSISTENT_MEMORY, IORESOURCE_MEM));
  const number = former?.number ?? namespaces.size;
  const claims: Resource[] = [];
  namespaces.set(device, { number, namespace, claims, kmem: null });
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

/** Unmaps a namespace; the data on the device stays. Returns null as a void function, -EINVAL without a namespace. */
export function destroyNamespaceDevice(devices: Devices, id: string): number | null {
  const ret = memunmapPages(devices.memory, id);
  releaseNamespace(devices, id);
  return ret;
}

/** dev_dax_kmem_probe(): device memory becomes system memory, cut to whole memory blocks. Returns 0 or a negative errno. */
export function kmem(devices: Devices, id: string, wantsMemmapOnMemory: boolean, nid = 0): number {
  const { memory, namespaces } = devices;
  const { kernel, blockPages, iomem } = memory;
  const device = namespaces.get(id);
  if (device?.kmem !== null) return -EINVAL;
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
  if (err === 0) device.kmem = { start, size };
  else releaseResource(device.claims.pop()!);
  return err;
}

/**
 * dev_dax_kmem_remove(): device memory is system memory no more, if all of its blocks are offline. If not, it stays so for
 * good: the driver is gone, and what it claimed is not.
 * @returns 0 or a negative errno
 */
export function kmemRelease({ memory, namespaces }: Devices, id: string): number {
  const device = namespaces.get(id);
  if (device?.kmem == null) return -EINVAL;
  const { start, size } = device.kmem;
  const { pageSize } = memory.kernel;
  const err = removeMemory(memory, start / pageSize, size / pageSize);
  if (err !== 0) return err;
  const region = device.claims.pop();
  if (region !== undefined) releaseResource(region);
  device.kmem = null;
  return 0;
}

/**
 * virtio_mem_config_changed(): memory comes from the device's start up and goes from its end down, in whole memory blocks;
 * a block of which a part is asked for is there as a whole.
 * @param region the device's range
 * @param requested bytes
 * @returns 0 or the errno of the block that could not come or go
 */
export function resizeVirtioMem(devices: Devices, id: string, region: Region, requested: number, nid = 0): number {
  const { memory, virtioMem } = devices;
  const { kernel, blockPages, iomem } = memory;
  const blockSize = blockPages * kernel.pageSize;
  requestResource(
    iomem,
    createResource(region.start, region.start + region.size - 1, { text: id }, IORESOURCE_SYSTEM_RAM),
  );
  const wanted = Math.min(alignUp(requested, blockSize), alignDown(region.size, blockSize));
  let plugged = virtioMem.get(id)?.size ?? 0;
  let err = 0;
  const first = region.start / kernel.pageSize;
  while (plugged !== wanted && err === 0) {
    const grows = plugged < wanted;
    const at = first + (grows ? plugged : plugged - blockSize) / kernel.pageSize;
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
    if (err === 0) plugged += grows ? blockSize : -blockSize;
  }
  virtioMem.set(id, { start: region.start, size: plugged });
  return err;
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
  for (const [id, { number, namespace, claims, kmem: region }] of namespaces) {
    to.text(id);
    to.word(number);
    saveNamespace(to, namespace);
    to.word(claims.length);
    for (const claim of claims) resources.pointer(claim);
    to.word(region === null ? 0 : 1);
    if (region !== null) saveRegion(to, region);
  }
  to.word(virtioMem.size);
  for (const [id, region] of virtioMem) {
    to.text(id);
    saveRegion(to, region);
  }
}

/** Takes back what {@link saveDevices} wrote. */
export function restoreDevices(from: StateReader, { namespaces, virtioMem }: Devices, resources: ResourceReader): void {
  namespaces.clear();
  for (let left = from.word(); left > 0; left--) {
    namespaces.set(from.text(), {
      number: from.word(),
      namespace: restoreNamespace(from),
      claims: Array.from({ length: from.word() }, () => resources.pointer()),
      kmem: isNone(from) ? null : restoreRegion(from),
    });
  }
  virtioMem.clear();
  for (let left = from.word(); left > 0; left--) virtioMem.set(from.text(), restoreRegion(from));
}
