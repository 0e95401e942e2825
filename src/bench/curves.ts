// SPDX-License-Identifier: GPL-2.0-only

import { GIB, MIB } from '../hardware/units.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { vmemmapWindow } from '../kernel/vmemmap-view.js';
import { SUITES, type Case, type Machine } from './cases.js';
import { playCase, prepareCase, type Overrides } from './play.js';

/** What the memmap costs by a size: the numbers behind the plots. */

/** One machine, and its cost at each size. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [size: number, cost: number])[];
}

/** Bytes of memory blocks, and the memory that they make up. */
const BLOCK_SIZES = [128 * MIB, 256 * MIB, 512 * MIB, GIB, 2 * GIB];
const BLOCKS_BYTES = 4 * GIB;
const STRUCT_PAGE_SECTIONS = 8;
/** Memory whose memmap and tables are counted, bytes. */
const MEMORY_SIZES = Array.from({ length: 10 }, (_, i) => 128 * MIB * 2 ** i);

/** Leaves of the memmap up to which a machine is asked: base pages cost an entry each, and more of them teach nothing new. */
const MAX_LEAVES = 2 ** 13;

/** Leaves that the memmap of so much memory takes, estimated from the first section. */
function leavesFor(machine: Machine, bytes: number, overrides: Overrides): number {
  const { kernel, add } = prepareCase(
    { name: 'one section', machine, sections: 1, portion: 'section', charged: 'add' },
    overrides,
  );
  add();
  let leaves = 0;
  const { start, end } = vmemmapWindow(kernel);
  kernel.platform.visit(
    start,
    end,
    () => leaves++,
    () => undefined,
  );
  return (leaves * bytes) / (kernel.pagesPerSection * kernel.pageSize);
}

/** A point where a machine can do what is asked of it; nothing where it refuses. */
function point(
  size: number,
  machine: Machine,
  bytes: number,
  overrides: Overrides,
  cost: () => number,
): [number, number][] {
  try {
    return leavesFor(machine, bytes, overrides) > MAX_LEAVES ? [] : [[size, cost()]];
  } catch (error) {
    if (error instanceof RangeError || error instanceof ScenarioError) return [];
    throw error;
  }
}

/** Modelled cycles for each GiB that comes and goes, by the bytes of a memory block which holds its own memmap. */
export const costByBlockSize = (name: string, machine: Machine, overrides: Overrides = {}): Curve => ({
  name,
  points: BLOCK_SIZES.flatMap((portion) => {
    const c: Case = { name, machine, bytes: BLOCKS_BYTES, portion, altmap: true, charged: 'both' };
    return point(portion, machine, BLOCKS_BYTES, overrides, () => playCase(c, overrides).cycles / (BLOCKS_BYTES / GIB));
  }),
});

/**
 * Modelled cycles for each section that comes and goes, by sizeof(struct page).
 * @param sizes bytes
 */
export const costByStructPage = (
  name: string,
  machine: Machine,
  sizes: readonly number[],
  overrides: Overrides = {},
): Curve => ({
  name,
  points: sizes.flatMap((structPageSize) => {
    const c: Case = {
      name,
      machine: { ...machine, structPageSize },
      sections: STRUCT_PAGE_SECTIONS,
      portion: 'section',
      charged: 'both',
    };
    return point(structPageSize, c.machine, 0, overrides, () => playCase(c, overrides).cyclesPerSection);
  }),
});

/** Share of memory that its memmap and the tables for it take, by the bytes of memory that are added. */
export const overheadByMemory = (name: string, machine: Machine, overrides: Overrides = {}): Curve => ({
  name,
  points: MEMORY_SIZES.flatMap((bytes) =>
    point(bytes, machine, bytes, overrides, () => {
      const { kernel, add } = prepareCase({ name, machine, bytes, portion: 'section', charged: 'add' }, overrides);
      add();
      return (kernel.allocator.pagesOut * kernel.pageSize) / bytes;
    }),
  ),
});

/**
 * The machines of a suite, each once, without those that differ by who runs below the kernel.
 * @param machineName the part of a case's name that names the machine
 */
export function suiteMachines(suite: string, machineName: (name: string) => string): Map<string, Machine> {
  const cases = SUITES.find(({ name }) => name === suite)?.cases ?? [];
  return new Map(
    cases.filter(({ hypervisor }) => hypervisor === undefined).map(({ name, machine }) => [machineName(name), machine]),
  );
}
