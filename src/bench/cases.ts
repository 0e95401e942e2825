// SPDX-License-Identifier: GPL-2.0-only

import type { BenchMachine, BenchSuite } from '../../arch/bench-machine.js';
import { GIB, MIB, TIB } from '../hardware/units.js';
import { ARCHITECTURES } from '../scenario/names.js';
import type { Hypervisor } from '../cycles/profile.js';
import { BOUNDARY_RELEASES, RECORDED_RELEASES } from '../history/releases.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { resolveScenario } from '../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';

/** The suites: which machine does what. Every case is data; one function plays them all. */

export type Machine = ScenarioInput['machine'];

/** Memory of one add and one remove: a section, half of one, a subsection, or bytes. */
export type Portion = 'section' | 'half' | 'subsection' | number;

export interface Case {
  readonly name: string;
  readonly machine: Machine;
  /** CPU by name; the first of the architecture if not given. */
  readonly cpu?: string;
  readonly hypervisor?: Hypervisor;
  /** Memory in all: sections, or bytes. */
  readonly sections?: number;
  readonly bytes?: number;
  readonly portion: Portion;
  /** Each portion carries its own memmap. */
  readonly altmap?: true;
  /** Bytes of a compound page; the portions are devices. */
  readonly compound?: number;
  /** Which part is on the clock. */
  readonly charged: 'add' | 'remove' | 'both';
  /** Struct pages are initialised behind the add, on the clock. */
  readonly initialises?: true;
}

export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

const SECTIONS = 64;

const sizeName = (bytes: number): string =>
  bytes >= TIB ? `${bytes / TIB} TiB` : bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`;

/** Machines of a suite, those below a hypervisor last. */
function machinesOf(suite: BenchSuite): BenchMachine[] {
  const benches = ARCHITECTURES.flatMap(({ bench }) => bench ?? []).sort((a, b) => a.place - b.place);
  const machines = benches.flatMap((bench) => bench.machines.filter(({ suites }) => suites.includes(suite)));
  return [
    ...machines.filter(({ hypervisor }) => hypervisor === undefined),
    ...machines.filter(({ hypervisor }) => hypervisor !== undefined),
  ];
}

const everyMachine = (charged: Case['charged']): Case[] =>
  machinesOf('cycle').map(({ name, machine, hypervisor }): Case => ({
    name,
    machine,
    ...(hypervisor === undefined ? {} : { hypervisor }),
    sections: SECTIONS,
    portion: 'section',
    charged,
  }));

const SWEPT_RELEASES = [...BOUNDARY_RELEASES, ...RECORDED_RELEASES].map(({ name }) => name);
const SWEPT_BYTES = 2 * GIB;

/** Whether memory can be added to a machine with a release: some came to memory hot-plug late. */
function hasHotplug(machine: Machine, kernel: string): boolean {
  try {
    resolveScenario(
      scenarioSchema.parse({
        machine: { ...machine, kernel },
        steps: [{ op: 'add-pages', start: '0x100000000', size: SWEPT_BYTES }],
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ScenarioError) return false;
    throw error;
  }
}

const STRUCT_PAGE_SIZES = [56, 64, 72, 80, 96];
const BLOCK_SIZES = [128 * MIB, 256 * MIB, 512 * MIB, GIB, 2 * GIB];
const BLOCKS_BYTES = 8 * GIB;
const HOT_ADD = [GIB, 16 * GIB, 256 * GIB, TIB, 4 * TIB, 16 * TIB, 64 * TIB];
/** Base pages cost an entry each: beyond this nothing new is learnt. */
const HOT_ADD_BASE_PAGES = [GIB, 16 * GIB, 64 * GIB];

export const SUITES: readonly Suite[] = [
  { name: 'populate', title: `the memmap of ${SECTIONS} sections is made`, cases: everyMachine('add') },
  { name: 'free', title: `the memmap of ${SECTIONS} sections is taken down`, cases: everyMachine('remove') },
  { name: 'cycle', title: `${SECTIONS} sections come and go`, cases: everyMachine('both') },
  {
    name: 'altmap',
    title: `${SECTIONS} sections come and go that hold their own memmap`,
    cases: machinesOf('altmap').map(({ name, machine }) => ({
      name,
      machine,
      sections: SECTIONS,
      portion: 'section',
      altmap: true,
      charged: 'both',
    })),
  },
  {
    name: 'partial-pmd',
    title: 'neighbouring sections share large leaves: unused parts are marked and scanned',
    cases: machinesOf('partial-pmd').flatMap(({ name, machine }) =>
      [1, 8, SECTIONS].map((sections): Case => ({
        name: `${name}, ${sections} section${sections === 1 ? '' : 's'}`,
        machine,
        sections,
        portion: 'section',
        charged: 'both',
      })),
    ),
  },
  {
    name: 'subsection',
    title: 'memory comes and goes in subsections of 2 MiB and in half sections',
    cases: machinesOf('subsection').flatMap(({ name, machine }) =>
      (['subsection', 'half', 'section'] as const).map((portion): Case => ({
        name: `${name}, by ${portion}`,
        machine,
        sections: 8,
        portion,
        charged: 'both',
      })),
    ),
  },
  {
    name: 'compound',
    title: 'a device of 4 GiB, its memmap folded by compound pages',
    cases: machinesOf('compound').flatMap(({ name, machine }) =>
      [undefined, 2 * MIB, GIB].map((compound): Case => ({
        name: `${name}, ${compound === undefined ? 'not folded' : `compound pages of ${sizeName(compound)}`}`,
        machine,
        bytes: 4 * GIB,
        portion: 4 * GIB,
        ...(compound === undefined ? {} : { compound }),
        charged: 'both',
      })),
    ),
  },
  {
    name: 'struct-page',
    title: 'sizeof(struct page), 8 sections come and go',
    cases: machinesOf('struct-page').flatMap(({ machine }) =>
      STRUCT_PAGE_SIZES.map((structPageSize): Case => ({
        name: `${machine.arch}, ${structPageSize} B`,
        machine: { ...machine, structPageSize },
        sections: 8,
        portion: 'section',
        charged: 'both',
      })),
    ),
  },
  {
    name: 'block-size',
    title: `${sizeName(BLOCKS_BYTES)} in memory blocks, each with its own memmap in it`,
    cases: machinesOf('block-size').flatMap(({ name, machine }) =>
      BLOCK_SIZES.map((portion): Case => ({
        name: `${name}, blocks of ${sizeName(portion)}`,
        machine,
        bytes: BLOCKS_BYTES,
        portion,
        altmap: true,
        charged: 'both',
      })),
    ),
  },
  {
    name: 'release',
    title: `${sizeName(SWEPT_BYTES)} come and go in sections, by release`,
    cases: machinesOf('release').flatMap(({ name, machine }) =>
      SWEPT_RELEASES.filter((kernel) => hasHotplug(machine, kernel)).map((kernel): Case => ({
        name: `${name}, ${kernel}`,
        machine: { ...machine, kernel },
        bytes: SWEPT_BYTES,
        portion: 'section',
        charged: 'both',
      })),
    ),
  },
  {
    name: 'cpu',
    title: `${SECTIONS} sections come and go, by CPU`,
    cases: ARCHITECTURES.flatMap(({ name: arch, cpus }) =>
      cpus.map(({ name: cpu }): Case => ({
        name: `${arch}, ${cpu}`,
        machine: { arch },
        cpu,
        sections: SECTIONS,
        portion: 'section',
        charged: 'both',
      })),
    ),
  },
  {
    name: 'hot-add',
    title: 'memory is added and its struct pages are initialised',
    cases: machinesOf('hot-add').flatMap(({ name, machine }) =>
      (machine.hugeVmemmap === false ? HOT_ADD_BASE_PAGES : HOT_ADD).map((bytes): Case => ({
        name: `${name}, ${sizeName(bytes)}`,
        machine,
        bytes,
        portion: 'section',
        charged: 'add',
        initialises: true,
      })),
    ),
  },
];
