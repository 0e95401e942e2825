// SPDX-License-Identifier: GPL-2.0-only

import { findRelease, type Release } from '../../history/releases.js';
import { auditedMachines, type AuditedMachine } from '../../audit/audit.js';
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
  readonly world: Pick<ExploreOptions, 'sections' | 'units' | 'altmaps' | 'fail'>;
}

/**
 * The share of worlds where empty entries of tables are not zero: each table is a page of words in every saved state, and
 * a state takes as much memory as a hundred others.
 */
const FULL_TABLES_SHARE = 0.05;

const KINDS: readonly Kind[] = [
  {
    name: 'sections',
    share: 1,
    world: { sections: 3, units: ['section'], altmaps: ['none', 'own', 'shared', 'reserve', 'tight'], fail: true },
  },
  {
    name: 'pieces',
    share: 1,
    world: { sections: 2, units: ['section', 'half', 'subsection'], altmaps: ['none', 'own'], fail: false },
  },
  {
    name: 'blocks',
    share: 0.1,
    world: { sections: 2, units: ['block'], altmaps: ['none', 'own', 'shared'], fail: true },
  },
  {
    name: 'block-and-device',
    share: 0.1,
    world: { sections: 1, units: ['block', 'section'], altmaps: ['none', 'own'], fail: false },
  },
];

/** One world of a campaign. */
export interface World {
  readonly name: string;
  readonly kind: string;
  readonly share: number;
  readonly options: ExploreOptions;
}

const worldsOf = ({ architecture, configuration, structPageSize }: AuditedMachine, { name }: Release): World[] =>
  KINDS.map(({ name: kind, share, world }) => {
    const { pageSize, mmu, pagingLevels, vaBits } = configuration;
    const page = `${pageSize / 1024}K`;
    return {
      name: [architecture.name, page, ...(mmu === undefined ? [] : [mmu]), `sp${structPageSize}`, name, kind].join(' '),
      kind,
      share: architecture.hasFullTables ? share * FULL_TABLES_SHARE : share,
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
