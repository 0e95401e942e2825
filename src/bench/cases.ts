// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../../arch/index.js';
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

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIB = 2 ** 40;
const SECTIONS = 64;

const sizeName = (bytes: number): string =>
  bytes >= TIB ? `${bytes / TIB} TiB` : bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`;

/** A machine of each kind, by its name. */
const MACHINES: Readonly<Record<string, Machine>> = {
  'x86_64, PMD leaves': { arch: 'x86_64' },
  'x86_64, base pages': { arch: 'x86_64', hugeVmemmap: false },
  'arm64 4K, PMD leaves': { arch: 'arm64' },
  'arm64 16K, base pages': { arch: 'arm64', pageSize: '16K' },
  'arm64 64K, base pages': { arch: 'arm64', pageSize: '64K' },
  's390, 1 MiB frames': { arch: 's390' },
  's390, base pages': { arch: 's390', hugeVmemmap: false },
  'ppc64 radix 64K': { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
  'ppc64 radix 4K': { arch: 'ppc64', mmu: 'radix', pageSize: '4K' },
  'ppc64 hash 64K': { arch: 'ppc64', mmu: 'hash', pageSize: '64K' },
  'riscv64, PMD leaves': { arch: 'riscv64' },
  'loongarch64 16K, PMD leaves': { arch: 'loongarch64', pageSize: '16K' },
};
/** vmemmap_populate() of loongarch64 does not look at an altmap. */
const WITHOUT_ALTMAP: readonly Machine[] = [MACHINES['loongarch64 16K, PMD leaves']!];
const machines = Object.entries(MACHINES);

const PARTIAL: Readonly<Record<string, Machine>> = {
  'x86_64, 56 B': { arch: 'x86_64', structPageSize: 56 },
  'x86_64, 80 B': { arch: 'x86_64', structPageSize: 80 },
  's390, 56 B': { arch: 's390', structPageSize: 56 },
};

const HASH: Machine = { arch: 'ppc64', mmu: 'hash', pageSize: '64K' };
/** Hash is run by a hypervisor more often than not. */
const HASH_BELOW: readonly Hypervisor[] = ['powervm', 'kvm'];

const everyMachine = (charged: Case['charged']): Case[] => [
  ...machines.map(([name, machine]): Case => ({ name, machine, sections: SECTIONS, portion: 'section', charged })),
  ...HASH_BELOW.map((hypervisor): Case => ({
    name: `ppc64 hash 64K under ${hypervisor}`,
    machine: HASH,
    hypervisor,
    sections: SECTIONS,
    portion: 'section',
    charged,
  })),
];

/** Architectures whose releases are swept, with a memmap that shows what a release does. */
const SWEPT: Readonly<Record<string, Machine>> = {
  'x86_64, 64 B': { arch: 'x86_64' },
  'x86_64, 56 B': { arch: 'x86_64', structPageSize: 56 },
  'arm64 4K': { arch: 'arm64' },
  's390, 56 B': { arch: 's390', structPageSize: 56 },
  'ppc64 radix 64K': { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
  'riscv64, 56 B': { arch: 'riscv64', structPageSize: 56 },
  'loongarch64 16K': { arch: 'loongarch64', pageSize: '16K' },
};
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
    cases: machines
      .filter(([, machine]) => machine.hugeVmemmap !== false && !WITHOUT_ALTMAP.includes(machine))
      .map(([name, machine]) => ({
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
    cases: Object.entries(PARTIAL).flatMap(([name, machine]) =>
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
    cases: ['x86_64, PMD leaves', 'arm64 4K, PMD leaves', 'ppc64 radix 64K'].flatMap((name) =>
      (['subsection', 'half', 'section'] as const).map((portion): Case => ({
        name: `${name}, by ${portion}`,
        machine: MACHINES[name]!,
        sections: 8,
        portion,
        charged: 'both',
      })),
    ),
  },
  {
    name: 'compound',
    title: 'a device of 4 GiB, its memmap folded by compound pages',
    cases: ['x86_64, PMD leaves', 'ppc64 radix 64K', 'ppc64 radix 4K', 'riscv64, PMD leaves'].flatMap((name) =>
      [undefined, 2 * MIB, GIB].map((compound): Case => ({
        name: `${name}, ${compound === undefined ? 'not folded' : `compound pages of ${sizeName(compound)}`}`,
        machine: MACHINES[name]!,
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
    cases: [
      'x86_64, PMD leaves',
      'arm64 4K, PMD leaves',
      's390, 1 MiB frames',
      'ppc64 radix 64K',
      'riscv64, PMD leaves',
      'loongarch64 16K, PMD leaves',
    ].flatMap((name) =>
      STRUCT_PAGE_SIZES.map((structPageSize): Case => ({
        name: `${MACHINES[name]!.arch}, ${structPageSize} B`,
        machine: { ...MACHINES[name]!, structPageSize },
        sections: 8,
        portion: 'section',
        charged: 'both',
      })),
    ),
  },
  {
    name: 'block-size',
    title: `${sizeName(BLOCKS_BYTES)} in memory blocks, each with its own memmap in it`,
    cases: ['x86_64, PMD leaves', 'arm64 4K, PMD leaves', 'ppc64 radix 64K', 'riscv64, PMD leaves'].flatMap((name) =>
      BLOCK_SIZES.map((portion): Case => ({
        name: `${name}, blocks of ${sizeName(portion)}`,
        machine: MACHINES[name]!,
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
    cases: Object.entries(SWEPT).flatMap(([name, machine]) =>
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
    cases: [
      ...HOT_ADD.map((bytes): Case => ({
        name: `x86_64, PMD leaves, ${sizeName(bytes)}`,
        machine: { arch: 'x86_64' },
        bytes,
        portion: 'section',
        charged: 'add',
        initialises: true,
      })),
      ...HOT_ADD_BASE_PAGES.map((bytes): Case => ({
        name: `x86_64, base pages, ${sizeName(bytes)}`,
        machine: MACHINES['x86_64, base pages']!,
        bytes,
        portion: 'section',
        charged: 'add',
        initialises: true,
      })),
    ],
  },
];
