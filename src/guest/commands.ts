// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { MIB } from '../hardware/units.js';
import type { GuestAction, GuestDevice } from './guest-action.js';

/** What is typed for each action: into the monitor of QEMU, or into a root shell of the guest. */

export interface Command {
  readonly where: 'monitor' | 'guest';
  readonly line: string;
}

const monitor = (line: string): Command => ({ where: 'monitor', line });
const guest = (line: string): Command => ({ where: 'guest', line });

/** Bytes as QEMU takes them: "128M". */
export const mebibytes = (bytes: number): string => `${bytes / MIB}M`;

/** Memory that the host has only where the guest writes to it. */
export const memoryBackend = ({ id, size }: GuestDevice): string =>
  `memory-backend-ram,id=mem-${id},size=${mebibytes(size)},reserve=off`;

const BLOCKS = '/sys/devices/system/memory';

/**
 * `region ADDRESS` prints the number of the region of persistent memory that begins there: the kernel numbers regions as it
 * finds them.
 */
const REGION_FUNCTION =
  'region() { r=$(grep -lix "$1" /sys/bus/nd/devices/region*/resource); r=${r%/resource}; echo "${r##*region}"; }';

const namespaceOf = ({ start }: GuestDevice): string => `"namespace$(region ${hex(start)}).0"`;
const daxOf = ({ start }: GuestDevice): string => `"dax$(region ${hex(start)}).0"`;

const STATE_OF_TYPE = { auto: 'online', kernel: 'online_kernel', movable: 'online_movable' } as const;

/** How long a guest takes to answer an event of its platform, seconds. */
const SETTLE = 2;

function setBlocks(start: number, size: number, blockSize: number, state: string): Command {
  const first = start / blockSize;
  const last = first + size / blockSize - 1;
  if (first === last) return guest(`echo ${state} > ${BLOCKS}/memory${first}/state`);
  return guest(`for n in $(seq ${first} ${last}); do echo ${state} > ${BLOCKS}/memory"$n"/state; done`);
}

type CommandsOf = {
  readonly [Op in GuestAction['op']]: (action: GuestAction & { op: Op }, blockSize: number) => Command[];
};

const COMMANDS: CommandsOf = {
  plug: ({ device }, blockSize) => [
    monitor(`object_add ${memoryBackend(device)}`),
    monitor(`device_add pc-dimm,id=${device.id},memdev=mem-${device.id},addr=${hex(device.start)}`),
    guest(`sleep ${SETTLE}; cat ${BLOCKS}/memory${device.start / blockSize}/state`),
  ],
  unplug: ({ device }, blockSize) => [
    monitor(`device_del ${device.id}`),
    guest(`sleep ${SETTLE}; test -e ${BLOCKS}/memory${device.start / blockSize} && echo 'it is still there'`),
    monitor(`object_del mem-${device.id}`),
  ],
  online: ({ start, size, type, byPlatform }, blockSize) =>
    byPlatform ? [] : [setBlocks(start, size, blockSize, STATE_OF_TYPE[type])],
  offline: ({ start, size, byPlatform }, blockSize) =>
    byPlatform ? [] : [setBlocks(start, size, blockSize, 'offline')],
  bind: ({ device }) => [guest(`echo ${namespaceOf(device)} > /sys/bus/nd/drivers/nd_pmem/bind`)],
  unbind: ({ device }) => [guest(`echo ${namespaceOf(device)} > /sys/bus/nd/drivers/nd_pmem/unbind`)],
  create: ({ device, mode, map, align }) => [
    guest(
      `ndctl create-namespace --force --reconfig=${namespaceOf(device)} --mode=${mode} --map=${map} --align=${align}`,
    ),
  ],
  destroy: ({ device }) => [guest(`ndctl destroy-namespace --force ${namespaceOf(device)}`)],
  kmem: ({ device, memmapOnMemory }) => [
    guest(`echo ${memmapOnMemory ? 1 : 0} > /sys/bus/dax/devices/${daxOf(device)}/memmap_on_memory`),
    guest(`daxctl reconfigure-device --mode=system-ram --no-online ${daxOf(device)}`),
  ],
  'kmem-release': ({ device }) => [
    guest(`daxctl offline-memory ${daxOf(device)}`),
    guest(`echo ${daxOf(device)} > /sys/bus/dax/drivers/kmem/unbind`),
  ],
  request: ({ device, requested }) => [
    monitor(`qom-set ${device.id} requested-size ${mebibytes(requested)}`),
    guest(`sleep ${SETTLE}; cat ${BLOCKS}/auto_online_blocks; ls ${BLOCKS}`),
  ],
};

/** What is typed for an action. @param blockSize bytes of a memory block */
export const commandsOf = (action: GuestAction, blockSize: number): Command[] =>
  (COMMANDS[action.op] as (action: GuestAction, blockSize: number) => Command[])(action, blockSize);

/** Drivers by kind of device, as modules. */
const MODULES: Readonly<Record<GuestDevice['kind'], readonly string[]>> = {
  dimm: [],
  nvdimm: ['nfit', 'nd_pmem', 'device_dax', 'dax_pmem', 'kmem'],
  'pmem-region': ['of_pmem', 'nd_pmem', 'device_dax', 'dax_pmem', 'kmem'],
  'virtio-pmem': ['virtio_pmem', 'nd_pmem'],
  'virtio-mem': ['virtio_mem'],
};

/** Devices that the driver takes as soon as it sees them. */
const BOUND_AT_SIGHT: ReadonlySet<GuestDevice['kind']> = new Set<GuestDevice['kind']>(['virtio-pmem', 'pmem-region']);

/** What the guest's shell needs before the first step. */
export function setupCommands(devices: readonly GuestDevice[]): Command[] {
  const modules = [...new Set(devices.flatMap(({ kind }) => MODULES[kind]))];
  const persistent = devices.some(({ kind }) => kind === 'nvdimm' || BOUND_AT_SIGHT.has(kind));
  const plain = devices.filter(({ kind }) => BOUND_AT_SIGHT.has(kind));
  return [
    ...(modules.length === 0 ? [] : [guest(`for m in ${modules.join(' ')}; do modprobe "$m"; done`)]),
    ...(persistent ? [guest(REGION_FUNCTION)] : []),
    ...plain.map((device) => guest(`echo ${namespaceOf(device)} > /sys/bus/nd/drivers/nd_pmem/unbind`)),
  ];
}
