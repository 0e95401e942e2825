// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { runChecked } from '../../src/check/checked-run.js';
import { exploreAll, type Exploration, type ExploreOptions } from '../../src/explore/explorer.js';
import { CHECKS } from '../../src/check/expectations.js';
import type { Violation } from '../../src/explore/violations.js';
import { Walker } from '../../src/explore/walk.js';
import { saysPresent } from '../../src/catalogue/repro.js';
import { resolveScenario, type Scenario } from '../../src/scenario/scenario.js';
import { findKernelRelease } from '../../src/scenario/names.js';
import { scenarioSchema } from '../../src/scenario/schema.js';

/** Bugs that were found by people: the explorer finds them too, without being told, on a release that has them. */
interface Rediscovery {
  /** Number in the catalogue. */
  bug: string;
  /** What shows it, and in how many steps. */
  breaks: string;
  says?: RegExp;
  /** The kernel function at fault, where another one breaks the same. */
  through?: string;
  /** What the entry names, where the kernel stops of it: the explorer says no more than that then. */
  catalogued?: string;
  length: number;
  /** The steps, by MiB from the first, and how many allocations fail, where they are told. */
  sequence?: readonly [steps: string, failing: number];
  has: string;
  /** One that does not, if there is one that has what it takes. */
  hasNot?: string;
  world: Partial<ExploreOptions> & { machine: ExploreOptions['machine'] };
}

const x86 = (structPageSize: number) => ({ arch: 'x86_64', structPageSize });
const arm64 = (pageSize: string, structPageSize: number) => ({ arch: 'arm64', pageSize, structPageSize });
const ppc64 = (mmu: 'radix' | 'hash', pageSize: string) => ({ arch: 'ppc64', mmu, pageSize });
const riscv64 = (structPageSize: number) => ({ arch: 'riscv64', structPageSize });
const loongarch64 = (structPageSize: number) => ({ arch: 'loongarch64', pageSize: '16K', structPageSize });
const MIB = 2 ** 20;
/** The frame at which explored memory begins if nothing else is said, bytes, with pages of 4K, 16K and 64K. */
const BASE_4K = 2 ** 38;
const BASE_16K = 2 ** 40;
const BASE_64K = 2 ** 42;
const SMALL_VMEMMAP_PAGES = { mmu: 'hash', pageSize: '4K', vmemmapPageSize: '4K', htabSizeBytes: '256K' } as const;

const REDISCOVERIES: readonly Rediscovery[] = [
  {
    bug: 'B01',
    breaks: 'no-leak',
    says: /pmd describes nothing/,
    length: 2,
    has: '5.12',
    hasNot: '5.13',
    world: { machine: x86(56), depth: 2 },
  },
  {
    bug: 'B02',
    breaks: 'no-hole',
    length: 5,
    has: '5.12',
    hasNot: '5.13',
    world: { machine: x86(56), depth: 5 },
  },
  {
    bug: 'B03',
    breaks: 'no-leak',
    says: /pmd describes nothing/,
    length: 2,
    has: '5.17',
    hasNot: '5.18',
    world: { machine: x86(80), depth: 2 },
  },
  {
    bug: 'B03f',
    breaks: 'no-crash',
    says: /no mapping at/,
    length: 1,
    has: '5.17',
    hasNot: '5.18',
    world: { machine: x86(56), depth: 2 },
  },
  {
    bug: 'B04',
    breaks: 'right-owner',
    says: /given to the page allocator, which never handed it out/,
    length: 3,
    has: '6.12.117',
    hasNot: '6.1',
    world: { machine: x86(80), units: ['section', 'subsection'], altmaps: ['none', 'own'], depth: 3 },
  },
  {
    bug: 'B05',
    breaks: 'no-leak',
    says: /511 pages of system memory that nothing maps/,
    length: 2,
    has: '6.19',
    hasNot: '7.2',
    world: { machine: x86(64), depth: 2, sections: 1 },
  },
  {
    bug: 'B06',
    breaks: 'no-crash',
    says: /no mapping at/,
    length: 1,
    has: '6.16',
    hasNot: '6.17',
    world: {
      machine: { ...x86(80), pagingLevels: 4, otherPageTables: 1, currentPageTable: 1 },
      start: 40 * 2 ** 40,
      sections: 1,
      depth: 1,
    },
  },
  {
    bug: 'B06d',
    breaks: 'no-crash',
    says: /no mapping at/,
    length: 1,
    has: '6.16',
    hasNot: '6.17',
    world: {
      machine: { ...x86(64), pagingLevels: 4, otherPageTables: 1, currentPageTable: 1 },
      start: 40 * 2 ** 40,
      compoundSize: 2 * MIB,
      sections: 1,
      depth: 1,
    },
  },
  {
    bug: 'B07',
    breaks: 'add-succeeds',
    length: 1,
    has: '7.3',
    world: { machine: x86(64), sections: 1, altmaps: ['tight'], depth: 1, expect: ['add-succeeds'] },
  },
  {
    bug: 'B07a',
    breaks: 'add-succeeds',
    length: 1,
    has: '6.2',
    hasNot: '6.1',
    world: { machine: arm64('4K', 64), sections: 1, altmaps: ['tight'], depth: 1, expect: ['add-succeeds'] },
  },
  {
    bug: 'B08',
    breaks: 'no-hole',
    length: 3,
    has: '6.13',
    hasNot: '6.14',
    world: { machine: arm64('4K', 64), units: ['subsection'], sections: 1, depth: 3 },
  },
  {
    bug: 'B09',
    breaks: 'no-leak',
    says: /describes nothing/,
    length: 2,
    has: '5.6',
    hasNot: '5.7',
    world: { machine: arm64('4K', 64), sections: 1, depth: 2 },
  },
  {
    bug: 'B09s',
    breaks: 'no-leak',
    says: /describes nothing/,
    length: 2,
    has: '5.8',
    hasNot: '5.9',
    world: { machine: { arch: 's390' }, sections: 1, depth: 2 },
  },
  {
    bug: 'B10',
    breaks: 'no-hole',
    length: 3,
    has: '5.12',
    hasNot: '5.11',
    world: { machine: arm64('4K', 80), depth: 3 },
  },
  {
    bug: 'B11',
    breaks: 'no-hole',
    length: 3,
    has: '7.3',
    hasNot: '5.6',
    world: { machine: arm64('64K', 64), units: ['subsection'], sections: 1, depth: 3 },
  },
  {
    bug: 'B11h',
    breaks: 'no-hole',
    length: 3,
    has: '7.3',
    hasNot: '5.6',
    world: { machine: arm64('16K', 64), units: ['subsection'], sections: 1, depth: 3 },
  },
  {
    bug: 'B12',
    breaks: 'no-hole',
    // The undo of an add that fails takes the neighbour’s block as well (B10), on every release.
    through: '__add_pages',
    length: 2,
    has: '6.13',
    hasNot: '7.3',
    world: { machine: arm64('4K', 80), fail: true, depth: 2 },
  },
  {
    bug: 'B12s',
    breaks: 'no-hole',
    length: 2,
    has: '6.14',
    hasNot: '7.3',
    world: { machine: arm64('4K', 80), units: ['section', 'subsection'], depth: 2 },
  },
  {
    bug: 'B13',
    breaks: 'altmap-serves',
    length: 1,
    has: '5.8',
    hasNot: '5.9',
    world: { machine: arm64('4K', 64), sections: 1, altmaps: ['own'], depth: 1, expect: ['altmap-serves'] },
  },
  {
    bug: 'B14',
    breaks: 'right-owner',
    says: /maps memory that was freed/,
    length: 3,
    has: '5.4',
    hasNot: '5.5',
    world: { machine: ppc64('hash', '64K'), units: ['subsection'], sections: 1, depth: 3 },
  },
  {
    bug: 'B15',
    breaks: 'right-owner',
    says: /never handed it out/,
    length: 4,
    has: '6.14',
    hasNot: '6.15',
    // A page of 64K describes 64 MiB: the devices are larger, and meet inside one.
    world: {
      machine: ppc64('radix', '64K'),
      start: BASE_64K + 8 * MIB,
      sectionBytes: 128 * MIB,
      altmaps: ['own'],
      depth: 4,
    },
  },
  {
    bug: 'B16',
    breaks: 'altmap-books',
    says: /after its last user is gone/,
    length: 3,
    has: '5.3',
    hasNot: '5.4',
    world: { machine: ppc64('hash', '64K'), altmaps: ['own'], depth: 3 },
  },
  {
    bug: 'B18',
    breaks: 'altmap-serves',
    length: 1,
    has: '6.4',
    hasNot: '6.5',
    // What a leaf of 2 MiB describes with pages of 64K.
    world: {
      machine: ppc64('radix', '64K'),
      sectionBytes: 2048 * MIB,
      sections: 1,
      altmaps: ['own'],
      depth: 1,
      expect: ['altmap-serves'],
    },
  },
  {
    bug: 'B19',
    breaks: 'tails-shared-alike',
    length: 1,
    has: '6.6',
    hasNot: '6.12.117',
    world: {
      machine: ppc64('radix', '4K'),
      sectionBytes: 32 * MIB,
      compoundSize: 32 * MIB,
      sections: 1,
      depth: 1,
      expect: ['tails-shared-alike'],
    },
  },
  {
    bug: 'B20',
    breaks: 'right-owner',
    length: 2,
    has: '5.9',
    hasNot: '5.10',
    world: { machine: { arch: 's390' }, sections: 1, depth: 2 },
  },
  {
    bug: 'B21',
    breaks: 'boot-memmap-returns',
    length: 1,
    has: '6.18',
    hasNot: '6.19',
    world: {
      machine: { arch: 's390', boot: [{ start: `0x${BASE_4K.toString(16)}`, size: '512M' }] },
      depth: 1,
      expect: ['boot-memmap-returns'],
    },
  },
  {
    bug: 'B22',
    breaks: 'no-crash',
    length: 2,
    has: '6.12.117',
    hasNot: '6.19',
    world: { machine: { arch: 's390' }, units: ['block'], sections: 1, altmaps: ['own'], depth: 2 },
  },
  {
    bug: 'B23',
    breaks: 'no-leak',
    says: /describes nothing/,
    length: 2,
    has: '5.9',
    hasNot: '5.10',
    world: { machine: ppc64('radix', '64K'), sections: 1, depth: 2, fail: true },
  },
  {
    bug: 'B24',
    breaks: 'right-owner',
    says: /never handed it out/,
    length: 1,
    has: '6.6',
    hasNot: '6.7',
    world: { machine: x86(64), units: ['block'], sections: 1, altmaps: ['own'], depth: 1, fail: true },
  },
  {
    bug: 'B25',
    breaks: 'right-owner',
    says: /never handed it out/,
    length: 1,
    has: '6.8',
    hasNot: '7.2',
    world: { machine: x86(64), units: ['block'], altmaps: ['shared'], depth: 1, fail: true },
  },
  {
    bug: 'B26',
    breaks: 'counters',
    says: /nr_memmap_pages is -/,
    length: 1,
    has: '7.0',
    hasNot: '7.2',
    world: { machine: x86(64), sections: 1, depth: 1, fail: true },
  },
  {
    bug: 'B27',
    breaks: 'block-references',
    length: 2,
    has: '6.8',
    hasNot: '7.1',
    world: { machine: x86(64), units: ['block'], sections: 1, altmaps: ['own'], depth: 2 },
  },
  {
    bug: 'B28',
    breaks: 'counts-what-is-used',
    length: 1,
    has: '6.11',
    hasNot: '7.2',
    world: {
      machine: x86(64),
      compoundSize: 2 * MIB,
      sections: 1,
      depth: 1,
      expect: ['counts-what-is-used'],
    },
  },
  {
    bug: 'B29',
    breaks: 'initialised-pages',
    says: /tails of the compound page/,
    length: 1,
    has: '6.1',
    hasNot: '7.2',
    // Memory of the boot ends inside a section, and the device has the rest.
    world: {
      machine: { ...x86(64), boot: [{ start: `0x${BASE_4K.toString(16)}`, size: '64M' }] },
      start: BASE_4K + 64 * MIB,
      sectionBytes: 64 * MIB,
      compoundSize: 2 * MIB,
      sections: 1,
      depth: 1,
    },
  },
  {
    bug: 'B30',
    breaks: 'no-crash',
    says: /no mapping at/,
    catalogued: 'no-hole',
    length: 1,
    has: '6.2',
    hasNot: '6.3',
    world: { machine: ppc64('hash', '64K'), compoundSize: 16 * MIB, sections: 1, depth: 1 },
  },
  {
    bug: 'B31',
    breaks: 'no-hole',
    length: 2,
    has: '7.3',
    world: {
      machine: { arch: 'ppc64', structPageSize: 64, ...SMALL_VMEMMAP_PAGES },
      units: ['subsection'],
      sections: 1,
      depth: 2,
    },
  },
  {
    bug: 'B33',
    breaks: 'no-leak',
    says: /empty pud table/,
    length: 2,
    has: '5.8',
    hasNot: '5.9',
    world: { machine: ppc64('radix', '64K'), sections: 1, depth: 2 },
  },
  {
    bug: 'B34',
    breaks: 'large-leaves',
    length: 1,
    has: '5.2',
    hasNot: '5.3',
    world: {
      machine: { ...ppc64('radix', '4K'), blockSize: '128M' },
      units: ['block'],
      sections: 1,
      depth: 1,
      expect: ['large-leaves'],
    },
  },
  {
    bug: 'B35',
    breaks: 'altmap-serves',
    length: 2,
    has: '6.6',
    world: {
      machine: { ...ppc64('radix', '64K'), blockSize: '256M', memmapOnMemory: 'force' },
      units: ['block'],
      altmaps: ['none', 'own'],
      depth: 2,
      expect: ['altmap-serves'],
    },
  },
  {
    bug: 'B38',
    breaks: 'initialised-pages',
    length: 2,
    has: '5.4',
    hasNot: '5.5',
    world: { machine: x86(64), units: ['block'], sections: 1, depth: 2 },
  },
  {
    bug: 'B39',
    breaks: 'section-state',
    length: 2,
    has: '5.5',
    hasNot: '5.6',
    world: { machine: x86(64), units: ['half'], sections: 1, depth: 2 },
  },
  {
    bug: 'B40',
    breaks: 'parameter-reads-back',
    length: 1,
    has: '6.7',
    hasNot: '6.8',
    world: {
      machine: { ...x86(64), memmapOnMemory: 'force' },
      units: ['block'],
      sections: 1,
      depth: 1,
      expect: ['parameter-reads-back'],
    },
  },
  {
    bug: 'X01',
    breaks: 'no-hole',
    length: 1,
    has: '7.3',
    hasNot: '5.8',
    // The memmap of a subsection goes on from one MiB into the next, which needs a page table of its own.
    world: {
      machine: { arch: 's390', structPageSize: 72, hugeVmemmap: false },
      start: BASE_4K + 56 * MIB,
      units: ['subsection'],
      sections: 1,
      depth: 1,
      fail: true,
    },
  },
  {
    bug: 'X02',
    breaks: 'roll-back',
    says: /stays/,
    length: 1,
    has: '5.2',
    hasNot: '5.3',
    // With base pages one failing allocation will do.
    world: { machine: { ...x86(80), hugeVmemmap: false }, sections: 1, depth: 1, fail: true },
  },
  {
    bug: 'X03',
    breaks: 'no-crash',
    says: /radix__vmemmap_create_mapping/,
    length: 1,
    has: '6.5',
    hasNot: '6.6',
    world: { machine: { arch: 'ppc64', mmu: 'radix', pageSize: '64K' }, sections: 1, depth: 1, fail: true },
  },
  {
    bug: 'X04',
    breaks: 'roll-back',
    says: /stays active/,
    length: 1,
    has: '7.3',
    // Blocks of two sections, and base pages, so that one failing allocation will do.
    world: {
      machine: { ...arm64('64K', 64), blockSize: '1G' },
      units: ['block'],
      sections: 1,
      depth: 1,
      fail: true,
    },
  },
  {
    bug: 'X05',
    breaks: 'no-leak',
    says: /of system memory that nothing maps/,
    length: 4,
    has: '6.12.117',
    // A memory block, and a device behind it.
    world: { machine: x86(80), units: ['block', 'section'], sections: 1, altmaps: ['none', 'own'], depth: 4 },
  },
  {
    bug: 'X05a',
    breaks: 'no-leak',
    says: /of system memory that nothing maps/,
    length: 3,
    has: '5.12',
    hasNot: '5.8',
    world: { machine: arm64('4K', 80), altmaps: ['none', 'own'], depth: 3 },
  },
  {
    bug: 'X06',
    breaks: 'no-cross-talk',
    says: /has other bytes/,
    length: 2,
    has: '7.3',
    hasNot: '5.2',
    world: { machine: x86(80), units: ['section', 'subsection'], depth: 2 },
  },
  {
    bug: 'X06a',
    breaks: 'no-cross-talk',
    says: /has other bytes/,
    length: 2,
    has: '6.14',
    hasNot: '6.13',
    world: { machine: arm64('4K', 80), units: ['section', 'subsection'], depth: 2 },
  },
  {
    bug: 'X07',
    breaks: 'no-leak',
    says: /pte describes nothing/,
    length: 2,
    has: '6.17',
    hasNot: '6.16',
    world: { machine: ppc64('radix', '4K'), sections: 3, altmaps: ['none', 'own'], depth: 2 },
  },
  {
    bug: 'X08',
    breaks: 'no-hole',
    length: 1,
    has: '5.3',
    world: { machine: arm64('16K', 80), sections: 1, units: ['subsection'], depth: 1 },
  },
  {
    bug: 'X08r',
    breaks: 'no-hole',
    length: 1,
    has: '6.14',
    hasNot: '6.15',
    world: {
      machine: { ...ppc64('radix', '64K'), structPageSize: 80 },
      start: BASE_64K + 3 * 16 * MIB,
      sections: 1,
      altmaps: ['own'],
      depth: 1,
    },
  },
  {
    bug: 'X09',
    breaks: 'altmap-books',
    says: /after its last user is gone/,
    length: 3,
    has: '7.3',
    world: { machine: x86(80), altmaps: ['none', 'own'], depth: 3 },
  },
  {
    bug: 'R1',
    breaks: 'no-hole',
    length: 3,
    sequence: ['add 0-64, add 64-128, remove 0-64', 0],
    has: '7.3',
    world: { machine: riscv64(64), units: ['half'], sections: 1, depth: 3 },
  },
  {
    bug: 'R2',
    breaks: 'no-hole',
    length: 2,
    sequence: ['add 0-64, add 64-128', 1],
    has: '7.1',
    hasNot: '7.2',
    world: { machine: riscv64(64), units: ['half'], sections: 1, fail: true, depth: 2 },
  },
  {
    bug: 'R3',
    breaks: 'no-cross-talk',
    says: /is mapped no more/,
    length: 2,
    sequence: ['add 0-128, add 128-256', 2],
    has: '7.3',
    // The second section begins in the leaf of the first and needs another; memory runs out.
    world: { machine: riscv64(56), fail: true, depth: 2 },
  },
  {
    bug: 'R4',
    breaks: 'no-leak',
    says: /of system memory that nothing maps any more/,
    length: 3,
    has: '7.3',
    world: { machine: riscv64(56), sections: 2, altmaps: ['none', 'own'], depth: 3 },
  },
  {
    bug: 'L1',
    breaks: 'no-leak',
    says: /describes nothing/,
    length: 2,
    sequence: ['add 0-512, remove 0-512', 0],
    has: '7.3',
    world: { machine: loongarch64(80), sections: 1, depth: 2 },
  },
  {
    bug: 'L2',
    breaks: 'altmap-serves',
    length: 1,
    sequence: ['add 0-512', 0],
    has: '7.3',
    world: { machine: loongarch64(64), sections: 1, altmaps: ['own'], depth: 1, expect: ['altmap-serves'] },
  },
  {
    bug: 'L3',
    breaks: 'no-hole',
    length: 1,
    has: '7.1',
    hasNot: '7.0',
    world: { machine: loongarch64(64), start: 2 ** 48 - 512 * MIB, sections: 1, depth: 2 },
  },
  {
    bug: 'L4',
    breaks: 'leaves-filled',
    length: 1,
    has: '7.3',
    world: { machine: loongarch64(64), sections: 1, units: ['subsection'], depth: 1, expect: ['leaves-filled'] },
  },
  {
    bug: 'L5',
    breaks: 'no-hole',
    length: 1,
    sequence: ['add 2-4', 1],
    has: '7.3',
    // No leaf can be had, and the second subsection's memmap begins inside a page.
    world: { machine: loongarch64(80), sections: 1, units: ['subsection'], fail: true, depth: 1 },
  },
  {
    bug: 'X10',
    breaks: 'no-hole',
    length: 5,
    has: '7.3',
    hasNot: '7.1',
    world: { machine: x86(56), memory: ['kept'], depth: 5 },
  },
  {
    bug: 'R6',
    breaks: 'flush-before-free',
    length: 2,
    has: '7.3',
    world: { machine: riscv64(64), sections: 1, depth: 2, expect: ['flush-before-free'] },
  },
  {
    bug: 'X16',
    breaks: 'flush-before-free',
    length: 2,
    has: '7.3',
    world: { machine: x86(64), sections: 1, depth: 2, expect: ['flush-before-free'] },
  },
  {
    bug: 'X16r',
    breaks: 'flush-before-free',
    length: 2,
    has: '7.3',
    world: { machine: ppc64('radix', '4K'), sections: 1, depth: 2, expect: ['flush-before-free'] },
  },
  {
    bug: 'X16s',
    breaks: 'flush-before-free',
    length: 2,
    has: '7.3',
    hasNot: '5.8',
    world: { machine: { arch: 's390', structPageSize: 64 }, sections: 1, depth: 2, expect: ['flush-before-free'] },
  },
  {
    bug: 'X17',
    breaks: 'iommu-told-before-free',
    length: 2,
    has: '7.3',
    world: { machine: x86(64), sections: 1, depth: 2, expect: ['iommu-told-before-free'] },
  },
  {
    bug: 'X10s',
    breaks: 'no-hole',
    length: 3,
    has: '7.3',
    hasNot: '5.8',
    world: { machine: { arch: 's390', structPageSize: 56 }, memory: ['zero', '0xfd'], depth: 3 },
  },
  {
    bug: 'X15',
    breaks: 'offline-succeeds',
    length: 3,
    has: '7.3',
    hasNot: '7.0',
    world: {
      machine: arm64('4K', 64),
      sections: 1,
      units: ['block'],
      altmaps: ['own'],
      expect: ['offline-succeeds'],
      depth: 3,
    },
  },
  {
    bug: 'X14',
    breaks: 'no-hole',
    length: 3,
    has: '7.3',
    hasNot: '5.12',
    world: { machine: x86(96), units: ['section', 'subsection'], depth: 3 },
  },
  {
    bug: 'X19',
    breaks: 'zone-spans',
    through: 'memory_block_offline',
    length: 4,
    has: '7.3',
    hasNot: '6.12',
    world: { machine: { arch: 's390', structPageSize: 96 }, units: ['block'], altmaps: ['shared'], depth: 4 },
  },
  {
    bug: 'X19a',
    breaks: 'zone-spans',
    through: 'memory_block_offline',
    length: 4,
    has: '6.12',
    world: { machine: { arch: 's390', structPageSize: 80 }, units: ['block'], altmaps: ['shared'], depth: 4 },
  },
];

/** Entries of the catalogue whose steps are no words of the alphabet, and why. */
const OUTSIDE: Readonly<Record<string, string>> = {
  X11: 'Boot memory with a hole: explored memory is not there at boot.',
  X12: 'A node without system memory of its own: the alphabet has one node.',
  X13: 'Blocks that are removed together, one with its memmap and one without: words take one block at a time.',
  X18: 'Resources below those of boot memory: explored memory is not there at boot.',
  B17: 'The altmap lies at the end of its device, up against system memory; those of the alphabet lie at the start.',
  B32: 'Seventeen ranges that lie 32 TiB apart: ranges of the alphabet are neighbours.',
  B41: 'Nothing of the alphabet folds the memmap of HugeTLB pages.',
  R7: 'The statistic is a counter, and counters are no part of a state.',
};

const exploreOn = ({ world }: Rediscovery, kernel: string): Exploration =>
  exploreAll({
    sections: 2,
    depth: 3,
    units: ['section'],
    altmaps: ['none'],
    fail: false,
    ...world,
    machine: { ...world.machine, kernel },
  });

const shown = ({ breaks, says, through }: Rediscovery, { violations }: Exploration): Violation | undefined =>
  violations.find(
    (violation) =>
      violation.invariant === breaks &&
      (says === undefined || says.test(violation.finding.text)) &&
      (through === undefined || violation.function === through),
  );

/** The steps of a sequence: what is done, and to which MiB of the explored memory; and how many allocations fail. */
function sequenceOf({ machine, steps }: Scenario): [steps: string, failing: number] {
  const { pageSize } = machine.config;
  const base = pageSize === 4096 ? BASE_4K : BASE_16K;
  const mib = (pfn: number): number => (pfn * pageSize - base) / MIB;
  const words = steps.map((step) =>
    step.op === 'add-pages' || step.op === 'remove-pages'
      ? `${step.op.replace('-pages', '')} ${mib(step.pfn)}-${mib(step.pfn + step.nrPages)}`
      : step.op,
  );
  return [words.join(', '), machine.failAllocations.size];
}

describe.each(REDISCOVERIES)('$bug, without being told', (entry) => {
  test(`is found on ${entry.has}, by the fewest steps`, () => {
    const exploration = exploreOn(entry, entry.has);
    const violation = shown(entry, exploration);
    expect(violation?.length).toBe(entry.length);
    const scenario = resolveScenario(scenarioSchema.parse(violation!.scenario));
    if (entry.sequence !== undefined) expect(sequenceOf(scenario)).toEqual(entry.sequence);
    expect(runChecked(scenario, { checks: CHECKS }).findings).toContainEqual(
      expect.objectContaining({ step: entry.length - 1, invariant: entry.breaks, text: violation!.finding.text }),
    );
    expect(exploration.ended).toBeUndefined();
  });

  test('is in the catalogue as the explorer shows it', () => {
    const bug = BUGS.find(({ id }) => id === entry.bug)!;
    expect(bug.symptom.breaks).toBe(entry.catalogued ?? entry.breaks);
    expect(saysPresent(bug, findKernelRelease(entry.has))).toBe(true);
    if (entry.hasNot !== undefined) expect(saysPresent(bug, findKernelRelease(entry.hasNot))).toBe(false);
  });
});

describe.each(REDISCOVERIES.filter(({ hasNot }) => hasNot !== undefined))('$bug, on $hasNot', (entry) => {
  test('is not found', () => {
    const exploration = exploreOn(entry, entry.hasNot!);
    expect(exploration.states).toBeGreaterThan(1);
    expect(shown(entry, exploration)).toBeUndefined();
  });
});

describe('the catalogue', () => {
  test('is found again but for what the alphabet has no words for', () => {
    const found = new Set(REDISCOVERIES.map(({ bug }) => bug));
    const outside = Object.keys(OUTSIDE);
    expect(outside.filter((id) => found.has(id))).toEqual([]);
    expect([...found, ...outside].sort()).toEqual(BUGS.map(({ id }) => id).sort());
  });
});

describe('an exploration', () => {
  const world: ExploreOptions = {
    machine: { arch: 'x86_64', kernel: '7.3', structPageSize: 64 },
    sections: 3,
    units: ['section'],
    altmaps: ['none'],
    depth: 7,
    fail: false,
  };

  test('ends when all states are known: each of three sections is absent, there, or there and used', () => {
    expect(exploreAll({ ...world, depth: 6 }).states).toBeGreaterThanOrEqual(3 ** 3);
    expect(exploreAll({ ...world, depth: 20 }).states).toBe(exploreAll({ ...world, depth: 10 }).states);
  });

  test('is repeated by a run of its sequences, also where an add of two sections stopped at the second', () => {
    const { violations } = exploreAll({
      machine: { arch: 'x86_64', kernel: '6.12.117', structPageSize: 56 },
      sections: 3,
      units: ['section'],
      altmaps: ['none', 'shared'],
      depth: 3,
      fail: true,
    });
    // The first section goes again, and with it the altmap's last user: the second never came. A run that takes it for a
    // user does not repeat what is found, which is an error.
    expect(violations.map(({ invariant }) => invariant)).toContain('altmap-books');
  });

  test('needs something that can be added', () => {
    const old = { ...world, machine: { arch: 'x86_64', kernel: '5.2' } };
    expect(() => exploreAll({ ...old, units: ['subsection'] })).toThrow('on 5.2 nothing of that can be added');
  });

  test('ends after so many states', () => {
    const { states, ended } = exploreAll(world, { maxStates: 10 });
    expect(states).toBeGreaterThanOrEqual(10);
    expect(ended).toBe('states');
  });

  test('ends when states take more memory than they may', () => {
    expect(exploreAll(world, { maxMemory: 1 }).ended).toBe('memory');
  });
});

describe('random walks', () => {
  const options: ExploreOptions = {
    machine: { arch: 'x86_64', kernel: '5.12', structPageSize: 56 },
    sections: 3,
    units: ['section'],
    altmaps: ['none'],
    depth: 2,
    fail: false,
  };
  const walked = (seed: number): Violation[] => {
    const { alphabet, violations } = exploreAll(options);
    const walker = new Walker(alphabet, options, violations, seed);
    while (walker.walks < 40) walker.walk();
    return walker.violations;
  };

  test('go the same way for the same seed', () => {
    expect(walked(7)).toEqual(walked(7));
  });

  test('find what two steps do not show, and need no step of what they tell', () => {
    const hole = walked(7).find(({ invariant }) => invariant === 'no-hole');
    // B02: nobody shows it in fewer.
    expect(hole?.length).toBe(5);
  });
});
