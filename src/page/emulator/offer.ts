// SPDX-License-Identifier: GPL-2.0-only

import type { ArchConfiguration } from '../../../arch/architecture.js';
import { ARCHITECTURES } from '../../scenario/names.js';
import { BUGS } from '../../catalogue/bugs/index.js';
import { DEFAULT_RELEASE, PROPOSED_KERNELS, RELEASES } from '../../history/releases.js';
import { scenarioJsonSchema } from '../../scenario/json-schema.js';
import deviceBesideMemory from '../../story/device-beside-memory.json' with { type: 'json' };
import ownMemmap from '../../story/own-memmap.json' with { type: 'json' };
import partialPmd from '../../story/partial-pmd.json' with { type: 'json' };
import type { Offer, StoryOffer } from './protocol.js';

/** What one can choose from in the playground. */

const STORIES: readonly StoryOffer[] = [
  { name: partialPmd.name, title: partialPmd.title, file: partialPmd, kernels: ['5.12', '6.12.117'] },
  { name: ownMemmap.name, title: ownMemmap.title, file: ownMemmap, kernels: ['6.12.117'] },
  {
    name: deviceBesideMemory.name,
    title: deviceBesideMemory.title,
    file: deviceBesideMemory,
    kernels: ['7.3'],
  },
];

/** What a scenario says to get a configuration. */
function machineOf({ pageSize, pagingLevels, vaBits, vaBitsActual, mmu }: ArchConfiguration) {
  return {
    pageSize,
    ...(pagingLevels === undefined ? {} : { pagingLevels }),
    ...(vaBits === undefined ? {} : { vaBits }),
    ...(vaBitsActual === undefined ? {} : { vaBitsActual }),
    ...(mmu === undefined ? {} : { mmu }),
  };
}

/** @param version of this program */
export const offer = (version: string): Offer => ({
  version,
  architectures: ARCHITECTURES.map(({ name, configurations, structPageSizes }) => ({
    name,
    configurations: configurations.map((configuration) => ({
      title: configuration.title,
      machine: machineOf(configuration),
    })),
    structPageSizes: [...structPageSizes],
  })),
  kernels: [...RELEASES, ...PROPOSED_KERNELS].map(({ name }) => name),
  defaultKernel: DEFAULT_RELEASE.name,
  bugs: BUGS.map(({ id, name, title, fix, scenario }) => ({ id, name, title, fix, arch: scenario.machine.arch })),
  stories: [...STORIES],
  schema: scenarioJsonSchema(),
});
