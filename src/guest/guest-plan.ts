// SPDX-License-Identifier: GPL-2.0-only

import type { PfnRange } from '../kernel/pfn-range.js';
import { alignDown, alignUp, isAligned } from '../hardware/align.js';
import type { AltmapSpec, Scenario, Step } from '../scenario/scenario.js';
import { createNamespace } from '../drivers/nvdimm.js';
import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import type { GuestDevice } from './guest-action.js';
import { hex } from '../hardware/hex.js';
import { DEFAULT_RAM, type GuestMachine, type RamRange } from '../../arch/guest-machine.js';
import { GUEST_ADDRESS_LIMIT, GUEST_ARCHITECTURES } from './guest-machine.js';
import { extent, overlap, rangeText, refuse, Slots, type ByteRange, type PlannedAction } from './slots.js';

/**
 * From a scenario to what makes a guest's kernel take the same paths: memory of whole memory blocks comes as DIMMs, a range
 * with an altmap as the namespace of an NVDIMM, any other range as a virtio-pmem device, whose driver asks for struct pages
 * of just that range.
 */

export interface GuestPlan {
  readonly machine: GuestMachine;
  /** RAM that the kernel boots with, bytes. */
  readonly ram: number;
  /** RAM of the machine, bytes: regions of persistent memory lie in it, too. */
  readonly machineRam: number;
  /** What QEMU is told as maxmem, bytes. */
  readonly maxmem: number;
  /** Bytes of a memory block. */
  readonly blockSize: number;
  /** In the order in which steps need them. */
  readonly devices: readonly GuestDevice[];
  readonly actions: readonly PlannedAction[];
}

/** Refuses what no guest here can be. */
function chooseMachine(scenario: Scenario): GuestMachine {
  const { architecture, config, release } = scenario.machine;
  const { guest: machine } = architecture;
  const why = machine === undefined ? `machine.arch is "${config.arch}"` : machine.refuses?.(config);
  if (machine === undefined || why !== undefined) {
    const known = GUEST_ARCHITECTURES.map(({ name, guest }) => guest.only ?? name);
    return refuse(`${why}; there are recipes for ${known.slice(0, -1).join(', ')}, and ${known.at(-1)}`);
  }
  if (release.proposal !== undefined) {
    return refuse(`machine.kernel is "${release.name}"; allowed are releases, since no kernel to boot has a proposal`);
  }
  if (!config.hugeVmemmap) {
    return refuse('machine.hugeVmemmap is false; the CPUs that QEMU emulates here have large pages');
  }
  return machine;
}

/** RAM of the guest, bytes: what the scenario says of boot memory, or what memory blocks of its size need. */
function chooseRam({ machine: { boot, config }, blockPages, steps }: Scenario, machine: GuestMachine): number {
  const { pageSize } = config;
  const asked = blockPages * pageSize;
  const usual = machine.memoryBlockSize(config);
  const { largerBlocks } = machine;
  const needsBlocks = steps.some((step) => BLOCK_OPS.has(step.op));
  const largeBlocks = needsBlocks && asked > usual;
  const ram = largeBlocks ? largerBlocks?.ramFor(asked) : DEFAULT_RAM;
  if (ram === undefined) {
    return refuse(
      `machine.blockSize is ${asked}; a guest of ${config.arch} has memory blocks of ${usual} bytes` +
        (largerBlocks === undefined ? '' : `, or ${largerBlocks.text}`),
    );
  }
  if (boot.length === 0) return ram;
  const asWritten = boot.map(({ pfn, nrPages }) => ({ start: pfn * pageSize, size: nrPages * pageSize }));
  const size = asWritten.reduce((sum, range) => sum + range.size, 0);
  const there = machine.ramRanges(size);
  if (JSON.stringify(asWritten) !== JSON.stringify(there)) {
    const text = (ranges: readonly RamRange[]): string =>
      ranges.map((range) => rangeText({ start: range.start, end: range.start + range.size })).join(' and ');
    return refuse(
      `machine.boot is ${text(asWritten)}; allowed is ${text(there)}, where a guest with so much RAM has it`,
    );
  }
  return size;
}

/** Steps that take whole memory blocks. */
const BLOCK_OPS: ReadonlySet<Step['op']> = new Set<Step['op']>([
  'add-memory',
  'online',
  'offline',
  'remove-memory',
  'offline-and-remove-memory',
]);

/** Steps that no guest can do, and why. */
const IMPOSSIBLE: Readonly<Partial<Record<Step['op'], string>>> = {
  'going-offline': 'what the notifier of the architecture answers is not seen from outside',
  'hugetlb-optimize': 'a guest has no way to choose which frames become huge pages',
  'hugetlb-restore': 'a guest has no way to choose which huge pages it gives back',
};

/** Refuses steps that a guest cannot do. */
function refuseImpossible({ steps }: Scenario): void {
  steps.forEach((step, i) => {
    const why = IMPOSSIBLE[step.op];
    if (why !== undefined) refuse(`steps[${i}].op is "${step.op}"; ${why}`);
    if ('fail' in step && Object.keys(step.fail).length > 0) {
      refuse(
        `steps[${i}].fail names ${Object.keys(step.fail).join(', ')}; a guest has fault injection for the page allocator only, which is failAllocations`,
      );
    }
    if ('frameContent' in step && step.frameContent !== undefined) {
      refuse(
        `steps[${i}].frameContent is "${step.frameContent}"; the memory of a guest holds what the steps before left, as with machine.recycledPages "keep"`,
      );
    }
    if ((step.op === 'add-pages' || step.op === 'remove-pages') && step.vmemmapShift > 0) {
      refuse(
        `steps[${i}].compoundPages is ${2 ** step.vmemmapShift}; a guest has compound pages by memremap-pages only`,
      );
    }
    const node = 'nid' in step ? step.nid : 'node' in step ? step.node : 0;
    if (node !== 0) refuse(`steps[${i}].node is ${node}; allowed is 0, the one node of the guests here`);
    if (step.op === 'memremap-pages' && step.isPrivate) {
      refuse(`steps[${i}].type is "private"; QEMU has no device with memory that the CPU cannot reach`);
    }
    if (step.op === 'add-memory') refuseForeignMemory(step, i);
  });
}

/** What ACPI and pseries never ask for when they add a DIMM. */
function refuseForeignMemory(step: Extract<Step, { op: 'add-memory' }>, i: number): void {
  const field = step.mergeResource
    ? 'mergeResource is true'
    : step.offlineInaccessible
      ? 'offlineInaccessible is true'
      : step.driver !== null
        ? `driver is "${step.driver}"`
        : undefined;
  if (field !== undefined) {
    refuse(`steps[${i}].${field}; a DIMM is added without it; allowed are the steps virtio-mem and kmem`);
  }
}

const TAKES: ReadonlySet<Step['op']> = new Set<Step['op']>([
  'remove-pages',
  'remove-memory',
  'offline-and-remove-memory',
]);

/** Addresses within a range at which later steps cut it when they take a part, ascending. */
function cutsOf({ scenario: { steps, machine } }: Slots, range: ByteRange, from: number): number[] {
  const { pageSize } = machine.config;
  const cuts = new Set<number>();
  for (const step of steps.slice(from + 1)) {
    if (!('pfn' in step)) continue;
    const other = { start: step.pfn * pageSize, end: (step.pfn + step.nrPages) * pageSize };
    if (!overlap(other, range)) continue;
    if (step.op === 'add-memory' || step.op === 'add-pages') break;
    if (TAKES.has(step.op)) for (const cut of [other.start, other.end]) cuts.add(cut);
  }
  return [...cuts].filter((cut) => cut > range.start && cut < range.end).sort((a, b) => a - b);
}

/** Plugs the DIMMs of a range, one from each cut to the next. */
function plugDimms(slots: Slots, range: ByteRange, from: number): void {
  const { machine } = slots;
  const ends = [...cutsOf(slots, range, from), range.end];
  let start = range.start;
  for (const end of ends) {
    const device = slots.device('dimm', { start, end }, from);
    slots.add(device, from);
    slots.act(from, { op: 'plug', device });
    if (machine.onlinesItself) slots.setOnline({ start, end }, 'auto', from, true);
    start = end;
  }
}

/** Whether a driver was bound to what is there, or a namespace made. */
const isBound = ({ actions }: Slots, device: GuestDevice): boolean =>
  actions.findLast(({ action }) => (action.op === 'bind' || action.op === 'create') && action.device === device)?.action
    .op === 'bind';

function removeRange(slots: Slots, range: ByteRange, from: number): void {
  for (const device of slots.within(range, from)) {
    slots.remove(device);
    if (device.kind === 'dimm') {
      if (slots.isOnline(extent(device))) slots.setOffline(extent(device), from, true);
      slots.act(from, { op: 'unplug', device });
    } else slots.act(from, { op: isBound(slots, device) ? 'unbind' : 'destroy', device });
  }
}

/** What ndctl aligns data to unless told otherwise, bytes: a PMD. */
const USUAL_ALIGN = 2 ** 21;

interface NamespaceWish {
  range: ByteRange;
  mode: 'fsdax' | 'devdax';
  map: 'dev' | 'mem';
  align: number;
}

function createOnNvdimm(slots: Slots, { range, mode, map, align }: NamespaceWish, from: number): void {
  const { machine, scenario } = slots;
  const { arch, pageSize, structPageSize } = scenario.machine.config;
  const kind = machine.pmemRegions === undefined ? 'nvdimm' : 'pmem-region';
  if (kind === 'nvdimm' && !machine.nvdimm) {
    refuse(
      `steps[${from}] needs a device with struct pages at ${rangeText(range)}; recipes for ${arch} know DIMMs only`,
    );
  }
  const size = range.end - range.start;
  if (createNamespace(range.start, size, align, map, pageSize, structPageSize).dataOffset >= size) {
    refuse(
      `steps[${from}] needs a namespace of ${size} bytes; its info block and memmap take all of it with data aligned to ${Math.max(align, SUBSECTION_SIZE)} bytes`,
    );
  }
  const device = slots.device(kind, range, from);
  slots.add(device, from);
  slots.act(from, { op: 'create', device, mode, map, align });
}

/** A range with struct pages in system memory that is no system memory itself. */
function mapPlain(slots: Slots, range: ByteRange, from: number): void {
  const { virtioPmem, pmemRegions } = slots.machine;
  if (!virtioPmem && pmemRegions === undefined) {
    createOnNvdimm(slots, { range, mode: 'fsdax', map: 'mem', align: USUAL_ALIGN }, from);
    return;
  }
  const device = slots.device(virtioPmem ? 'virtio-pmem' : 'pmem-region', range, from);
  slots.add(device, from);
  slots.act(from, { op: 'bind', device });
}

/** The altmap serves one range only. */
function refuseSharedAltmap({ scenario }: Slots, altmap: string, { pfn, nrPages }: PfnRange, from: number): void {
  const spec: AltmapSpec = scenario.altmaps.find(({ name }) => name === altmap)!;
  const other = scenario.steps.findIndex(
    (step) =>
      (step.op === 'add-pages' || step.op === 'memremap-pages') &&
      step.altmap === altmap &&
      (step.pfn !== pfn || step.nrPages !== nrPages),
  );
  if (other >= 0) {
    refuse(
      `steps[${from}].altmap is "${altmap}", which steps[${other}] uses for another range; a namespace has an altmap of its own`,
    );
  }
  if (spec.basePfn < pfn || spec.basePfn >= pfn + nrPages) {
    refuse(`altmaps.${altmap}.basePfn is ${spec.basePfn}; the altmap of a namespace lies at its start, frame ${pfn}`);
  }
}

type Lower = {
  readonly [Op in Step['op']]: (slots: Slots, step: Step & { op: Op }, from: number) => void;
};

const bytesOf = ({ scenario }: Slots, { pfn, nrPages }: PfnRange): ByteRange => {
  const { pageSize } = scenario.machine.config;
  return { start: pfn * pageSize, end: (pfn + nrPages) * pageSize };
};

/** The device that the scenario calls by a name: made by an earlier step. */
function named(slots: Slots, name: string, from: number): GuestDevice {
  const made = slots.scenario.steps
    .slice(0, from)
    .findLast(
      (step): step is Extract<Step, { op: 'create-namespace' | 'memremap-pages' }> =>
        (step.op === 'create-namespace' || step.op === 'memremap-pages') && step.device === name,
    );
  if (made === undefined) return refuse(`steps[${from}].device is "${name}"; no step before it makes such a device`);
  const range = 'pfn' in made ? bytesOf(slots, made) : { start: made.start, end: made.start + made.size };
  const device = slots.devices.find((d) => d.start === range.start && d.size === range.end - range.start);
  return device ?? refuse(`steps[${from}].device is "${name}"; no step before it makes such a device`);
}

/** What struct pages a driver asks for: cut to whole subsections, as memremap_pages() does. */
const roundToSubsections = ({ start, end }: ByteRange): ByteRange => ({
  start: alignDown(start, SUBSECTION_SIZE),
  end: alignUp(end, SUBSECTION_SIZE),
});

const removeMemory: Lower['remove-memory'] = (slots, step, from) => removeRange(slots, bytesOf(slots, step), from);

const impossible = (_slots: Slots, step: Step, from: number): void =>
  refuse(`steps[${from}].op is "${step.op}"; ${IMPOSSIBLE[step.op] ?? 'a guest cannot do it'}`);

const LOWER: Lower = {
  'add-pages': (slots, step, from) => {
    const range = bytesOf(slots, step);
    if (step.altmap !== null) {
      refuseSharedAltmap(slots, step.altmap, step, from);
      createOnNvdimm(slots, { range, mode: 'fsdax', map: 'dev', align: USUAL_ALIGN }, from);
    } else if (
      slots.machine.noDimms === undefined &&
      isAligned(range.start, slots.blockSize) &&
      isAligned(range.end, slots.blockSize)
    ) {
      plugDimms(slots, range, from);
    } else mapPlain(slots, range, from);
  },
  'remove-pages': (slots, step, from) => removeRange(slots, bytesOf(slots, step), from),
  use: (slots, step, from) => {
    const range = bytesOf(slots, step);
    const { blockSize } = slots;
    const blocks = { start: alignDown(range.start, blockSize), end: alignUp(range.end, blockSize) };
    const dimms = slots.devices.filter((d) => d.kind === 'dimm' && overlap(extent(d), range));
    // A driver's struct pages are initialised as they are mapped, and so are those of boot memory.
    if (dimms.length > 0 && !slots.isOnline(blocks)) slots.setOnline(blocks, 'movable', from, false);
  },
  'memremap-pages': (slots, step, from) => {
    const range = roundToSubsections(bytesOf(slots, step));
    if (step.altmap !== null) refuseSharedAltmap(slots, step.altmap, step, from);
    if (step.altmap === null && step.vmemmapShift === 0) {
      mapPlain(slots, range, from);
      return;
    }
    const compound = step.vmemmapShift > 0;
    const align = compound ? 2 ** step.vmemmapShift * slots.scenario.machine.config.pageSize : USUAL_ALIGN;
    const map = step.altmap === null ? 'mem' : 'dev';
    createOnNvdimm(slots, { range, mode: compound ? 'devdax' : 'fsdax', map, align }, from);
  },
  'memunmap-pages': (slots, step, from) => removeRange(slots, extent(named(slots, step.device, from)), from),
  'add-memory': (slots, step, from) => {
    const { machine, scenario } = slots;
    if (machine.noDimms === true) {
      refuse(
        `steps[${from}].op is "add-memory"; a guest of ${scenario.machine.config.arch} has no DIMMs, allowed is the step kmem`,
      );
    }
    if (!step.memmapOnMemory && slots.scenario.memmapOnMemory !== 'n') {
      refuse(
        `steps[${from}].memmapOnMemory is false; a DIMM asks for its memmap on memory where the parameter allows it`,
      );
    }
    plugDimms(slots, bytesOf(slots, step), from);
  },
  online: (slots, step, from) => slots.setOnline(bytesOf(slots, step), step.type, from, false),
  offline: (slots, step, from) => slots.setOffline(bytesOf(slots, step), from, false),
  'going-offline': impossible,
  'remove-memory': removeMemory,
  'offline-and-remove-memory': (slots, step, from) => removeRange(slots, bytesOf(slots, step), from),
  'hugetlb-optimize': impossible,
  'hugetlb-restore': impossible,
  'create-namespace': (slots, { start, size, mode, map, align, device: name }, from) => {
    const range = { start, end: start + size };
    const former = slots.devices.find((d) => d.start === start && d.size === size);
    // A namespace that is there already makes room for the new one.
    if (former !== undefined && isNamespace(slots, name, from)) slots.remove(former);
    // A driver that asks for struct pages of raw namespaces is that of virtio-pmem; ACPI's does not.
    if (mode === 'raw') mapPlain(slots, range, from);
    else createOnNvdimm(slots, { range, mode, map, align }, from);
  },
  'destroy-namespace': (slots, step, from) => removeRange(slots, extent(named(slots, step.device, from)), from),
  kmem: (slots, step, from) =>
    slots.act(from, { op: 'kmem', device: named(slots, step.device, from), memmapOnMemory: step.memmapOnMemory }),
  'kmem-release': (slots, step, from) =>
    slots.act(from, { op: 'kmem-release', device: named(slots, step.device, from) }),
  'virtio-mem': (slots, { start, size, requested }, from) => {
    if (!slots.machine.virtioMem)
      refuse(`steps[${from}].op is "virtio-mem"; a guest of ${slots.scenario.machine.config.arch} has no such device`);
    const device = slots.device('virtio-mem', { start, end: start + size }, from);
    slots.act(from, { op: 'request', device, requested });
  },
};

const isNamespace = ({ scenario }: Slots, name: string, from: number): boolean =>
  scenario.steps.slice(0, from).some((step) => step.op === 'create-namespace' && step.device === name);

const lower = (slots: Slots, step: Step, from: number): void =>
  (LOWER[step.op] as (slots: Slots, step: Step, from: number) => void)(slots, step, from);

const isRegion = ({ kind }: GuestDevice): boolean => kind === 'pmem-region';

/** maxmem is a multiple of this, bytes, as that of the recorded kernels is. */
const MAXMEM_UNIT = 16 * 2 ** 30;

/**
 * What has to be done to a guest so that its kernel does what a scenario says.
 * @throws ScenarioError where no guest can: the step or field, and why
 */
export function planGuest(scenario: Scenario): GuestPlan {
  const machine = chooseMachine(scenario);
  refuseImpossible(scenario);
  const { config } = scenario.machine;
  const ram = chooseRam(scenario, machine);
  const blockSize = Math.max(machine.memoryBlockSize(config), scenario.blockPages * config.pageSize);
  const slots = new Slots(scenario, machine, blockSize);
  scenario.steps.forEach((step, i) => {
    if ('pfn' in step && BLOCK_OPS.has(step.op)) {
      const { start, end } = bytesOf(slots, step);
      if (!isAligned(start, blockSize) || !isAligned(end, blockSize)) {
        refuse(
          `steps[${i}] takes ${rangeText({ start, end })}; a guest of ${config.arch} has blocks of ${blockSize} bytes`,
        );
      }
    }
    lower(slots, step, i);
  });
  const endOfRam = Math.max(...machine.ramRanges(ram).map(({ start, size }) => start + size));
  const ends = slots.devices.map((d) => (isRegion(d) ? d.start + d.size : 0));
  const machineRam = ram + Math.max(0, Math.max(0, ...ends) - endOfRam);
  const first = machine.deviceMemory(machineRam);
  const outside = slots.devices.find(
    (d) => d.start < (isRegion(d) ? endOfRam : first) || d.start + d.size > GUEST_ADDRESS_LIMIT,
  );
  if (outside !== undefined) {
    refuse(
      `the scenario adds ${rangeText(extent(outside))}; this guest has memory devices from ${hex(isRegion(outside) ? endOfRam : first)} to ${hex(GUEST_ADDRESS_LIMIT - 1)}`,
    );
  }
  const end = Math.max(...slots.devices.map((d) => d.start + d.size), first);
  const maxmem = alignUp(machineRam + (end - first), MAXMEM_UNIT);
  return { machine, ram, machineRam, maxmem, blockSize, devices: slots.devices, actions: slots.actions };
}
