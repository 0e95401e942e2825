// SPDX-License-Identifier: GPL-2.0-only

import { findRelease, type Release } from '../../history/releases.js';
import { auditedMachines, type AuditedMachine } from '../../audit/audit.js';
import { BETWEEN_WRITES, STALE } from '../../check/expectations.js';
import type { MemoryChoice } from '../alphabet.js';
import type { ExploreOptions } from '../explorer.js';

/** What a campaign explores: every architecture, page size, MMU and struct page size, in small worlds of several kinds. */

/** Releases of the campaign: a stable one with recordings, and the newest. */
const CAMPAIGN_RELEASES = ['6.12.117', '7.3'];

/** Longest sequences; few worlds come as far. */
const MAX_DEPTH = 12;

interface Kind {
  readonly name: string;
  /** The part of the campaign's states that a world of the kind gets: steps with memory blocks take ten times as long. */
  readonly share: number;
  readonly world: Pick<ExploreOptions, 'sections' | 'units' | 'altmaps' | 'fail' | 'memory' | 'expect'>;
}

/**
 * The most that a world gets where empty entries of tables are not zero: each table is a page of words in every saved state, and
 * a state takes as much time and memory as a hundred others.
 */
const FULL_TABLES_SHARE = 0.01;

/** The part of the campaign's states that a world gets whose memory is not clean. */
const DIRTY_SHARE = 0.05;

const SECTIONS: Kind = {
  name: 'sections',
  share: 1,
  world: { sections: 3, units: ['section'], altmaps: ['none', 'own', 'shared', 'reserve', 'tight'], fail: true },
};

/** Few enough things to do that few states are deep. */
const TWO_SECTIONS: Kind = {
  name: 'two-sections',
  share: 0.15,
  world: { sections: 2, units: ['section'], altmaps: ['none', 'own'], fail: false },
};

const PIECES: Kind = {
  name: 'pieces',
  share: 1,
  world: { sections: 2, units: ['section', 'half', 'subsection'], altmaps: ['none', 'own'], fail: false },
};

const BLOCKS: Kind = {
  name: 'blocks',
  share: 0.1,
  world: { sections: 2, units: ['block'], altmaps: ['none', 'own', 'shared'], fail: true },
};

const BLOCK_AND_DEVICE: Kind = {
  name: 'block-and-device',
  share: 0.1,
  world: { sections: 1, units: ['block', 'section'], altmaps: ['none', 'own'], fail: false },
};

/** Frames are told apart by their bytes, so that there are many states and few of them are deep. */
const KEPT: Kind = {
  name: 'kept',
  share: DIRTY_SHARE,
  world: { sections: 2, units: ['section'], altmaps: ['none'], memory: ['kept'], fail: false },
};

/** The part of the campaign's states that a world gets of which is asked what other CPUs see. */
const WATCHED_SHARE = 0.05;

/** What is asked after every write of an entry, and when memory is given back, changes no state: small worlds show it. */
const watched = (kind: Kind): Kind => ({
  name: `${kind.name}-watched`,
  share: WATCHED_SHARE,
  world: { ...kind.world, expect: [...BETWEEN_WRITES, ...STALE.free] },
});

/** What is handed out again depends on which frames are free, so that frames keep their numbers, and states are many. */
const REUSED: Kind = {
  name: 'two-sections-reused',
  share: WATCHED_SHARE,
  world: { ...TWO_SECTIONS.world, expect: STALE.reuse },
};

/**
 * What memory may hold that matters: PAGE_UNUSED where a kernel looks for it, old entries where there are leaves that may
 * be taken for tables.
 */
const dirtOf = ({ architecture, configuration }: AuditedMachine): MemoryChoice[] => [
  ...(architecture.marksUnused === true ? (['0xfd'] as const) : []),
  ...(configuration.levels.length > 0 && configuration.leafSizes.length > 1 ? (['entries'] as const) : []),
];

/** The kinds of worlds on a machine: with memory that reads as zero, and with all that it may hold besides. */
function kindsOn(machine: AuditedMachine): Kind[] {
  const clean = [SECTIONS, PIECES, BLOCKS, BLOCK_AND_DEVICE];
  // A hashed page table has no entries that a walk of the hardware reads.
  const seen = machine.configuration.levels.length > 0 ? [...[TWO_SECTIONS, PIECES, BLOCKS].map(watched), REUSED] : [];
  const kinds = [
    ...clean,
    ...seen,
    ...dirtyKinds(machine),
    ...(machine.architecture.marksUnused === true ? [KEPT] : []),
  ];
  if (machine.architecture.hasFullTables !== true) return kinds;
  return kinds.map((kind) => ({ ...kind, share: Math.min(kind.share, FULL_TABLES_SHARE) }));
}

function dirtyKinds(machine: AuditedMachine): Kind[] {
  const dirt = dirtOf(machine);
  if (dirt.length === 0) return [];
  const smaller = [PIECES, BLOCKS].map((kind) => ({ ...kind, share: DIRTY_SHARE }));
  return [TWO_SECTIONS, ...smaller].map((kind) => ({
    ...kind,
    name: `${kind.name}-dirty`,
    world: { ...kind.world, memory: ['zero', ...dirt] },
  }));
}

/** One world of a campaign. */
export interface World {
  readonly name: string;
  readonly kind: string;
  readonly share: number;
  readonly options: ExploreOptions;
}

const worldsOf = (machine: AuditedMachine, { name }: Release): World[] =>
  kindsOn(machine).map(({ name: kind, share, world }) => {
    const { architecture, configuration, structPageSize } = machine;
    const { pageSize, mmu, pagingLevels, vaBits } = configuration;
    const page = `${pageSize / 1024}K`;
    return {
      name: [architecture.name, page, ...(mmu === undefined ? [] : [mmu]), `sp${structPageSize}`, name, kind].join(' '),
      kind,
      share,
      options: {
        machine: {
          arch: architecture.name,
          kernel: name,
          pageSize: page as '4K',
          structPageSize,
          mmu,
          pagingLevels: pagingLevels as 4 | undefined,
          vaBits,
        },
        ...world,
        depth: MAX_DEPTH,
      },
    };
  });

/** Every world of the campaign. */
export const campaignWorlds = (): World[] =>
  CAMPAIGN_RELEASES.flatMap((release) =>
    auditedMachines().flatMap((machine) => worldsOf(machine, findRelease(release)!)),
  );
