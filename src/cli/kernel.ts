// SPDX-License-Identifier: GPL-2.0-only

import { RELEASES, resolveTraits, type Release } from '../kernel/releases.js';
import { TRAITS, type Trait, type TraitKey } from '../kernel/traits.js';
import { InputError } from '../scenario/load.js';
import { findKernelRelease } from '../scenario/scenario.js';
import { EXIT_OK, styled, writeResult } from './output.js';

const ROWS = Object.entries(TRAITS) as [TraitKey, Trait][];

const rowLines = (trait: Trait, mark: string): string[] => [
  `${mark} ${styled('bold', trait.name)}${trait.confidence === 'memory' ? ' (not looked up)' : ''}`,
  `    ${trait.since}`,
  `    ${trait.effect}`,
];

const traitNames = (release: Release): string[] => {
  const traits = resolveTraits(release);
  return ROWS.filter(([key]) => traits[key]).map(([, trait]) => trait.name);
};

function listing(): string {
  const releases = RELEASES.map(
    (r) => `  ${r.name.padEnd(10)} mainline ${r.mainline} with ${traitNames(r).length} of ${ROWS.length} traits`,
  );
  return ['releases', ...releases, '', 'traits', ...ROWS.flatMap(([, trait]) => rowLines(trait, ' '))].join('\n');
}

function difference(from: Release, to: Release): { gained: Trait[]; lost: Trait[] } {
  const a = resolveTraits(from);
  const b = resolveTraits(to);
  return {
    gained: ROWS.filter(([key]) => !a[key] && b[key]).map(([, trait]) => trait),
    lost: ROWS.filter(([key]) => a[key] && !b[key]).map(([, trait]) => trait),
  };
}

/** `vmemmap kernel`. Returns the exit code. */
export function kernel(names: readonly string[], options: { json?: true }): number {
  if (names.length !== 0 && names.length !== 2) {
    throw new InputError(`kernel takes no release or two to compare, not ${names.length}`);
  }
  if (names.length === 0) {
    const releases = RELEASES.map((release) => ({ ...release, traits: traitNames(release) }));
    const all = ROWS.map(([, trait]) => trait);
    writeResult(
      options.json ? JSON.stringify({ schema: 'vmemmap/kernel/v1', releases, traits: all }, null, 2) : listing(),
      undefined,
    );
    return EXIT_OK;
  }
  const [from, to] = names.map((name) => findKernelRelease(name, 'the release')) as [Release, Release];
  const { gained, lost } = difference(from, to);
  if (options.json) {
    writeResult(
      JSON.stringify({ schema: 'vmemmap/kernel-difference/v1', from: from.name, to: to.name, gained, lost }, null, 2),
      undefined,
    );
  } else {
    const rows = [...gained.flatMap((t) => rowLines(t, '+')), ...lost.flatMap((t) => rowLines(t, '-'))];
    writeResult([`${from.name} -> ${to.name}`, ...(rows.length > 0 ? rows : ['no difference'])].join('\n'), undefined);
  }
  return EXIT_OK;
}
