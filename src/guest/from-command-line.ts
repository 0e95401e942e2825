// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { alignUp } from '../hardware/align.js';
import { MIB } from '../hardware/units.js';
import { InputError } from '../scenario/input.js';
import type { ScenarioInput } from '../scenario/schema.js';
import { parseCommandLine, sizeOf, type QemuCommandLine, type QemuOption } from './command-line.js';
import { DEFAULT_ARCHITECTURE } from '../scenario/names.js';
import type { MemoryLayout, RamRange } from '../../arch/guest-machine.js';
import { GUEST_ARCHITECTURES, type GuestArchitecture } from './guest-machine.js';

/**
 * A QEMU command line as a scenario: RAM by nodes, DIMMs, NVDIMMs and virtio-mem devices where QEMU puts them, and what the
 * kernel's command line says of hot-plug.
 */

export interface QemuScenario {
  readonly scenario: ScenarioInput;
  /** What the scenario leaves out or takes for granted, a sentence each. */
  readonly remarks: readonly string[];
}

type Step = ScenarioInput['steps'][number];

/** -m without a unit counts MiB, and there are 128 if it is not given (hw/core/machine.c). */
const DEFAULT_RAM = 128 * MIB;
/** Memory devices start at a multiple of what their memory is mapped in, QEMU_VMALLOC_ALIGN: 2 MiB on all hosts here. */
const DEVICE_ALIGN = 2 * MIB;

/** What is known of the guest while the devices are told one by one. */
interface Guest {
  readonly options: QemuCommandLine;
  readonly file: string;
  readonly backends: Map<string, number>;
  readonly remarks: string[];
  readonly steps: Step[];
  /** Memory devices that are there: their first byte and size, by id. */
  readonly plugged: Map<string, { start: number; size: number; node: number; isVirtioMem: boolean }>;
  /** Where the next memory device goes. */
  next: number;
  onlineType: 'auto' | 'kernel' | 'movable' | undefined;
}

const ofName = ({ options }: QemuCommandLine, ...names: string[]): QemuOption[] =>
  options.filter(({ name }) => names.includes(name));

/** Where a machine of a type has its memory. */
const layoutOf = ({ guest }: GuestArchitecture, type: string): MemoryLayout =>
  guest.otherType?.named.test(type) ? guest.otherType : guest;

/** RAM of each node: what -numa says, or all of it node 0's. @throws InputError */
function nodeSizes({ options, backends, file }: Guest, ram: number): { node: number; size: number }[] {
  const nodes = ofName(options, '-numa').flatMap(({ type, values }, i) => {
    if (type !== 'node') return [];
    const node = numberOf(values.get('nodeid') ?? String(i), `${file}: -numa nodeid`);
    const [memdev, mem] = [values.get('memdev'), values.get('mem')];
    const size =
      memdev === undefined
        ? mem === undefined
          ? 0
          : sizeOf(mem, `${file}: -numa mem`, MIB)
        : backendSize(backends, memdev, `${file}: -numa memdev`);
    return [{ node, size }];
  });
  const given = nodes.filter(({ size }) => size > 0);
  if (given.length === 0) return [{ node: 0, size: ram }];
  const sum = given.reduce((all, { size }) => all + size, 0);
  if (sum === ram) return given;
  throw new InputError(`${file}: the nodes of -numa have ${sum} bytes, and -m says ${ram}; they must be as many`);
}

function numberOf(text: string, field: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (number >= 0 && number <= 63) return number;
  throw new InputError(`${field} is "${text}"; it must be a node from 0 to 63`);
}

function backendSize(backends: ReadonlyMap<string, number>, id: string, field: string): number {
  const size = backends.get(id);
  if (size !== undefined) return size;
  throw new InputError(`${field} is "${id}"; there is no memory backend of that id`);
}

/** RAM ranges cut where one node's memory ends and the next one's begins. */
function bootOf(
  ranges: readonly RamRange[],
  nodes: readonly { node: number; size: number }[],
): NonNullable<ScenarioInput['machine']['boot']> {
  const boot: { start: string; size: number; node: number }[] = [];
  let at = 0;
  let left = nodes[0]?.size ?? 0;
  for (const { start, size } of ranges) {
    for (let done = 0; done < size;) {
      while (left === 0 && at + 1 < nodes.length) left = nodes[++at]!.size;
      const part = Math.min(size - done, left === 0 ? size - done : left);
      boot.push({ start: hex(start + done), size: part, node: nodes[at]?.node ?? 0 });
      done += part;
      left -= Math.min(left, part);
    }
  }
  return boot;
}

/** memory-backend-ram, -file, -memfd: their sizes by id. */
function addBackend({ backends, file }: Guest, { type, values, name }: QemuOption): void {
  const id = values.get('id');
  const size = values.get('size');
  if (!type.startsWith('memory-backend-') || id === undefined || size === undefined) return;
  backends.set(id, sizeOf(size, `${file}: ${name} ${id}: size`));
}

/** Where a device's memory lies: as the command line says, or at the next place that is free. */
function place(guest: Guest, { values, name }: QemuOption, size: number, key: string): number {
  const asked = values.get(key);
  const start =
    asked === undefined ? alignUp(guest.next, DEVICE_ALIGN) : sizeOf(asked, `${guest.file}: ${name}: ${key}`);
  guest.next = Math.max(guest.next, start + size);
  return start;
}

const DIMMS: ReadonlySet<string> = new Set(['pc-dimm', 'nvdimm', 'virtio-mem-pci', 'virtio-mem', 'virtio-pmem-pci']);

/** A memory device comes, on the command line or by device_add. @throws InputError */
function addDevice(guest: Guest, option: QemuOption): void {
  const { type, values, name } = option;
  if (!DIMMS.has(type)) return;
  const { file, steps, plugged, remarks } = guest;
  const id = values.get('id') ?? `${type}${plugged.size}`;
  const memdev = values.get('memdev');
  if (memdev === undefined)
    throw new InputError(`${file}: ${name} ${type}: memdev is missing; it must name a memory backend`);
  const whole = backendSize(guest.backends, memdev, `${file}: ${name} ${type}: memdev`);
  const node = numberOf(values.get('node') ?? '0', `${file}: ${name} ${id}: node`);
  if (type === 'pc-dimm') {
    const start = place(guest, option, whole, 'addr');
    plugged.set(id, { start, size: whole, node, isVirtioMem: false });
    steps.push({ op: 'add-memory', start: hex(start), size: whole, node });
    if (guest.onlineType !== undefined) {
      steps.push({ op: 'online', start: hex(start), size: whole, type: guest.onlineType });
    }
    return;
  }
  if (type.startsWith('virtio-mem')) {
    const start = place(guest, option, whole, 'memaddr');
    const requested = sizeOf(values.get('requested-size') ?? '0', `${file}: ${name} ${id}: requested-size`);
    plugged.set(id, { start, size: whole, node, isVirtioMem: true });
    steps.push({ op: 'virtio-mem', device: id, start: hex(start), size: whole, requested, node });
    return;
  }
  const labels = sizeOf(values.get('label-size') ?? '0', `${file}: ${name} ${id}: label-size`);
  if (labels >= whole)
    throw new InputError(
      `${file}: ${name} ${id}: label-size is ${labels}; it must be less than the ${whole} bytes of the device`,
    );
  const size = whole - labels;
  const start = place(guest, option, whole, type === 'nvdimm' ? 'addr' : 'memaddr');
  plugged.set(id, { start, size, node, isVirtioMem: false });
  steps.push({ op: 'create-namespace', device: id, start: hex(start), size, mode: 'fsdax', map: 'dev', node });
  remarks.push(
    `${id} has struct pages when a namespace is made of it; here that is one of fsdax, its memmap on the device`,
  );
}

/** A command of the monitor. @throws InputError */
function command(guest: Guest, option: QemuOption): void {
  const { name, type, values } = option;
  if (name === 'object_add') addBackend(guest, option);
  else if (name === 'device_add') addDevice(guest, option);
  else if (name === 'qom-set') {
    const requested = values.get('requested-size');
    const device = guest.plugged.get(type);
    if (requested === undefined || device?.isVirtioMem !== true) return;
    const { start, size, node } = device;
    const bytes = sizeOf(requested, `${guest.file}: qom-set ${type} requested-size`);
    guest.steps.push({ op: 'virtio-mem', device: type, start: hex(start), size, requested: bytes, node });
  } else {
    const device = guest.plugged.get(type);
    if (device === undefined || device.isVirtioMem) return;
    guest.steps.push({ op: 'offline-and-remove-memory', start: hex(device.start), size: device.size });
    guest.plugged.delete(type);
  }
}

/** memory_hotplug.memmap_on_memory, memhp_default_state and hugetlb_free_vmemmap on the kernel's command line. */
function kernelParameters(append: string): {
  memmapOnMemory: 'n' | 'y' | 'force';
  hugetlbOptimized: boolean;
  onlineType: Guest['onlineType'];
} {
  const valueOf = (name: string): string | undefined => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(append)?.[1];
  const own = valueOf('memory_hotplug\\.memmap_on_memory');
  const state = valueOf('memhp_default_state');
  const types: Readonly<Record<string, Guest['onlineType']>> = {
    online: 'auto',
    online_kernel: 'kernel',
    online_movable: 'movable',
  };
  return {
    memmapOnMemory: own === 'force' ? 'force' : /^(y|1|on)/i.test(own ?? '') ? 'y' : 'n',
    hugetlbOptimized: /^(y|1|on)/i.test(valueOf('hugetlb_free_vmemmap') ?? ''),
    onlineType: types[state ?? ''],
  };
}

function refuseTooMany({ options, plugged, file }: Guest, ram: number): void {
  const [memory] = ofName(options, '-m');
  const [slots, maxmem] = [memory?.values.get('slots'), memory?.values.get('maxmem')];
  const devices = [...plugged.values()];
  if (devices.length > 0 && maxmem === undefined) {
    throw new InputError(
      `${file}: -m is "${memory?.text ?? ''}"; memory devices need maxmem, as in "-m 4G,slots=4,maxmem=32G"`,
    );
  }
  const dimms = devices.filter(({ isVirtioMem }) => !isVirtioMem).length;
  if (slots !== undefined && dimms > Number(slots)) {
    throw new InputError(`${file}: -m has ${slots} slots; ${dimms} DIMMs need as many`);
  }
  const sum = devices.reduce((all, { size }) => all + size, ram);
  if (maxmem === undefined || sum <= sizeOf(maxmem, `${file}: -m maxmem`, MIB)) return;
  throw new InputError(
    `${file}: -m has maxmem ${maxmem}; RAM and memory devices have ${sum} bytes, which must not be more`,
  );
}

/**
 * The scenario that a command line stands for.
 * @param text the command line, with commands of the monitor
 * @param file what to call it in complaints
 * @param kernel the release that the guest runs; the newest recorded one if not given
 * @throws InputError
 */
export function scenarioOfCommandLine(text: string, file: string, kernel: string | undefined): QemuScenario {
  const options = parseCommandLine(text, file);
  const { program } = options;
  const remarks: string[] = [];
  const named = GUEST_ARCHITECTURES.find(({ guest }) => guest.program === program);
  const architecture =
    named ?? (/^(qemu-)?kvm$/.test(program) ? GUEST_ARCHITECTURES.find((a) => a === DEFAULT_ARCHITECTURE) : undefined);
  if (architecture === undefined) {
    const known = GUEST_ARCHITECTURES.map(({ guest }) => guest.program).join(', ');
    throw new InputError(`${file}: the program is ${program}; allowed are ${known}, qemu-kvm`);
  }
  const { name: arch } = architecture;
  if (named === undefined) remarks.push(`${program} names no architecture; it is taken for ${arch}`);
  const [memory] = ofName(options, '-m');
  const asked =
    memory === undefined ? undefined : (memory.values.get('size') ?? (memory.type === '' ? undefined : memory.type));
  const ram = asked === undefined ? DEFAULT_RAM : sizeOf(asked, `${file}: -m`, MIB);
  if (ram === 0 || ram % (2 * MIB) !== 0)
    throw new InputError(`${file}: -m is "${asked ?? ''}"; it must be whole 2 MiB, and not nothing`);
  const machine = ofName(options, '-machine', '-M').at(-1);
  const layout = layoutOf(architecture, machine?.type ?? machine?.values.get('type') ?? 'pc');
  const { memmapOnMemory, hugetlbOptimized, onlineType } = kernelParameters(
    ofName(options, '-append').at(-1)?.text ?? '',
  );
  const guest: Guest = {
    options,
    file,
    backends: new Map(),
    remarks,
    steps: [],
    plugged: new Map(),
    next: layout.deviceMemory(ram),
    onlineType,
  };
  for (const option of ofName(options, '-object')) addBackend(guest, option);
  const boot = bootOf(layout.ramRanges(ram), nodeSizes(guest, ram));
  for (const option of ofName(options, '-device')) addDevice(guest, option);
  for (const option of options.monitor) command(guest, option);
  refuseTooMany(guest, ram);
  if (guest.steps.length === 0) {
    throw new InputError(
      `${file}: it has no memory device; expected is one such as "-device pc-dimm,memdev=m0" or "-device virtio-mem-pci,…"`,
    );
  }
  if (guest.onlineType === undefined && guest.steps.some(({ op }) => op === 'add-memory')) {
    remarks.push('the kernel command line does not say that memory goes online by itself; it stays offline');
  }
  return {
    scenario: {
      name: 'qemu',
      machine: {
        arch,
        ...(kernel === undefined ? {} : { kernel }),
        ...(memmapOnMemory === 'n' ? {} : { memmapOnMemory }),
        ...(hugetlbOptimized ? { hugetlbOptimized } : {}),
        boot,
      },
      steps: guest.steps,
    },
    remarks,
  };
}
