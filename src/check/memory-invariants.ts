// SPDX-License-Identifier: GPL-2.0-only

import { pfnToPage } from '../kernel/kernel.js';
import { pfnFirst } from '../mm/memremap.js';
import type { DevicePages } from '../mm/pgmap-array.js';
import type { BootResource, Resource } from '../mm/resource.js';
import { INITIALISED, type SystemMemory } from '../mm/system-memory.js';
import { DEVICE, type Zone } from '../mm/zone.js';
import type { Complaint } from './complaint.js';
import type { Check, StepView } from './step-view.js';

/** What must hold of zones, memory blocks and the iomem tree after every step. */

export const MEMORY_INVARIANT_NAMES = [
  'zone-spans',
  'pages-present',
  'memmap-is-there',
  'driver-regions',
  'boot-resources',
  'block-references',
  'initialised-pages',
] as const;
export type MemoryInvariantName = (typeof MEMORY_INVARIANT_NAMES)[number];

const spans = (zone: Zone, pfn: number, nrPages: number): boolean =>
  zone.start <= pfn && zone.start + zone.spanned >= pfn + nrPages;

/** The zone as complaints have it. */
const zoneFacts = ({ name, nid, start, spanned }: Zone) => ({ zone: name, node: nid, start, spanned });

/** Devices that the zone of devices does not reach over. */
const unspannedDevices = (zone: Zone | undefined, devices: readonly DevicePages[]): Complaint[] =>
  devices
    .filter(({ nid, pfn, nrPages }) => zone?.nid === nid && !spans(zone, pfn, nrPages))
    .map(({ id }) => ({ kind: 'device-outside-zone', ...zoneFacts(zone!), device: id }));

/** What most of them look at. */
type MemoryView = Pick<StepView, 'memory' | 'kernel' | 'mishaps'>;

/** What is asked of the books alone, whatever the page table says. */
export const MEMORY_BOOKS: readonly (Omit<Check<MemoryInvariantName>, 'check'> & {
  check: (view: MemoryView) => Complaint[];
})[] = [
  {
    name: 'zone-spans',
    sentence: 'A zone spans every online block and every device that is in it.',
    check({ memory }): Complaint[] {
      const { blockPages, devices } = memory;
      const complaints: Complaint[] = [];
      for (const { id, zone, state } of memory.blocks.values()) {
        if (
          state !== 'online' ||
          zone === null ||
          spans(zone, id * blockPages, blockPages) ||
          isBootBlock(memory, id)
        ) {
          continue;
        }
        complaints.push({ kind: 'block-outside-zone', ...zoneFacts(zone), block: id });
      }
      if (devices.isEmpty) return complaints;
      for (const node of memory.nodes) {
        const zone = node.zones.find(({ name }) => name === DEVICE);
        complaints.push(...unspannedDevices(zone, devices.mapped()));
      }
      return complaints;
    },
  },
  {
    name: 'pages-present',
    sentence: 'No zone has more pages present than it spans, and none fewer than no page.',
    check({ memory }) {
      const complaints: Complaint[] = [];
      for (const { zones } of memory.nodes) {
        for (const zone of zones) {
          const { present, spanned } = zone;
          if (present >= 0 && present <= spanned) continue;
          complaints.push({ kind: 'present-beyond-span', ...zoneFacts(zone), present });
        }
      }
      return complaints;
    },
  },
  {
    name: 'driver-regions',
    sentence: 'A range that a driver claimed is in the iomem tree until the driver gives it back.',
    check: ({ memory }) =>
      [...memory.driverRegions]
        .filter(([, region]) => region.parent === null)
        .map(([device]): Complaint => ({ kind: 'region-lost', device })),
  },
  {
    name: 'boot-resources',
    sentence: 'What boot named inside System RAM is in the iomem tree as long as its memory is there.',
    check: ({ memory }) =>
      memory.bootResources
        .filter((resource) => !hasDeparted(memory, resource) && !isInTree(memory.iomem, resource))
        .map(({ start, size, name }): Complaint => ({ kind: 'resource-lost', name, start, end: start + size - 1 })),
  },
  {
    name: 'block-references',
    sentence: 'A memory block that was removed is released.',
    check: ({ memory }) => memory.unreleasedBlocks.map((block): Complaint => ({ kind: 'block-unreleased', block })),
  },
  {
    name: 'initialised-pages',
    sentence:
      'No struct page is read that nobody initialised, and a compound device page has all of its tails initialised.',
    check: (view) => [
      ...view.mishaps.flatMap((mishap): Complaint[] =>
        mishap.kind === 'uninitialised-struct-page' ? [{ kind: 'struct-page-uninitialised', pfn: mishap.pfn }] : [],
      ),
      ...uninitialisedTails(view),
    ],
  },
];

const MEMMAP_IS_THERE: Check<MemoryInvariantName> = {
  name: 'memmap-is-there',
  sentence: 'No active memmap lies in memory that was removed.',
  check({ memory, kernel, after }: StepView) {
    const { pageSize } = kernel;
    const isActive = (start: number, end: number): boolean =>
      after.active.some((range) => start < range.end && end > range.start);
    return after.leaves
      .filter(
        ({ start, size, pa }) =>
          memory.departed.get(Math.floor(pa / pageSize)) === true && isActive(start, start + size),
      )
      .map(({ start, size, pa }): Complaint => ({
        kind: 'memmap-in-removed-memory',
        at: { start, end: start + size },
        pfn: pa / pageSize,
      }));
  },
};

/** All of them, in the order of their names. */
export const MEMORY_INVARIANTS: readonly Check<MemoryInvariantName>[] = MEMORY_INVARIANT_NAMES.map(
  (name) => MEMORY_BOOKS.find((check) => check.name === name) ?? MEMMAP_IS_THERE,
);

/** Whether the memory of a resource was removed, at one of its ends at least. */
const hasDeparted = ({ kernel, departed }: SystemMemory, { start, size }: BootResource): boolean =>
  [start, start + size - 1].some((address) => departed.get(Math.floor(address / kernel.pageSize)) === true);

const isInTree = ({ children }: Resource, wanted: BootResource): boolean =>
  children.some(
    (child) =>
      (child.start === wanted.start &&
        child.end === wanted.start + wanted.size - 1 &&
        child.name.text === wanted.name) ||
      isInTree(child, wanted),
  );

/** Boot memory may have holes at the ends of a block, which no zone spans. */
const isBootBlock = ({ kernel, blockPages }: StepView['memory'], id: number): boolean =>
  kernel.sections.isEarly((id * blockPages) / kernel.pagesPerSection);

/** Compound pages of mapped devices whose last tail nobody wrote. */
function uninitialisedTails({ memory, kernel }: MemoryView): Complaint[] {
  if (memory.devices.isEmpty) return [];
  return memory.devices.mapped().flatMap((device): Complaint[] => {
    const compound = 2 ** device.vmemmapShift;
    if (compound === 1) return [];
    for (let head = pfnFirst(device); head + compound <= device.pfn + device.nrPages; head += compound) {
      const address = pfnToPage(kernel, head + compound) - 1;
      const leaf = kernel.platform.mmu.walk(address);
      if (leaf === undefined || kernel.ram.isFilled(leaf.pa + (address - leaf.start), INITIALISED, 1)) continue;
      return [{ kind: 'tails-uninitialised', head, device: device.id }];
    }
    return [];
  });
}
