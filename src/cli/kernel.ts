// SPDX-License-Identifier: GPL-2.0-only

import { type Proposal, PROPOSALS } from '../history/proposals/index.js';
import { PROPOSED_KERNELS, type Release, RELEASES, resolveTraits, takenOver } from '../history/releases.js';
import { PROPOSED_TRAITS, type Trait, type TraitKey, TRAITS } from '../history/traits/index.js';
import { spanText, stableTexts } from '../report/release-text.js';
import { InputError } from '../scenario/load.js';
import { findKernelRelease } from '../scenario/names.js';
import { EXIT_OK, styled, writeResult } from './output.js';

const ROWS = Object.entries(TRAITS) as [TraitKey, Trait][];

/** What a reader should know of a row that was not read in a source. */
const DOUBT: Readonly<Record<Trait['confidence'], string>> = {
  source: '',
  memory: ' (from memory)',
  derived: ' (derived from the source)',
  inferred: ' (release inferred)',
};

const rowLines = (trait: Trait, mark: string): string[] => [
  `${mark} ${styled('bold', trait.name)}  ${[spanText(trait), ...stableTexts(trait)].join(', ')}${DOUBT[trait.confidence]}`,
  `    ${trait.since}`,
  ...(trait.ended === undefined ? [] : [`    ${trait.ended}`]),
  `    ${trait.effect}`,
];

function traitsOf(release: Release): Trait[] {
  const traits = resolveTraits(release);
  return ROWS.filter(([key]) => traits[key]).map(([, trait]) => trait);
}

/** What a proposal changes, and what became of it. */
function proposalLines({ base, title, posted, edits, objection, landed }: Proposal): string[] {
  const names: Record<string, { name: string; effect: string }> = { ...TRAITS, ...PROPOSED_TRAITS };
  return [
    `  ${title}`,
    `  ${posted}, for ${base}`,
    ...Object.entries(edits).map(([key, value]) => `  ${value ? '+' : '-'} ${names[key]!.name}: ${names[key]!.effect}`),
    `  objection: ${objection}`,
    `  merged: ${landed}`,
  ];
}

function releaseLine(release: Release): string {
  const backports = takenOver(release).length;
  const tree = backports === 0 ? '' : `, mainline ${release.mainline} with ${backports} backports`;
  return `  ${release.name.padEnd(10)}${String(traitsOf(release).length).padStart(3)} of ${ROWS.length} traits${tree}`;
}

const listing = (): string =>
  [
    'releases at which behaviour changed, and stable trees; those between are known too',
    ...RELEASES.map(releaseLine),
    '',
    'proposals',
    ...PROPOSED_KERNELS.map(({ name, proposal }) => `  ${name.padEnd(34)}${proposal!.title}`),
    '',
    'traits',
    ...ROWS.flatMap(([, trait]) => rowLines(trait, ' ')),
  ].join('\n');

function difference(from: Release, to: Release): { gained: Trait[]; lost: Trait[] } {
  const before = traitsOf(from);
  const after = traitsOf(to);
  return {
    gained: after.filter((trait) => !before.includes(trait)),
    lost: before.filter((trait) => !after.includes(trait)),
  };
}

function differenceText(from: Release, to: Release): string {
  const { gained, lost } = difference(from, to);
  const rows = [...gained.flatMap((t) => rowLines(t, '+')), ...lost.flatMap((t) => rowLines(t, '-'))];
  return [`${from.name} -> ${to.name}`, ...(rows.length > 0 ? rows : ['no difference'])].join('\n');
}

const json = (name: string, value: object): string =>
  JSON.stringify({ schema: `vmemmap/${name}/v1`, ...value }, null, 2);

/** `vmemmap kernel`: all releases, the traits of one, or what two differ in. Returns the exit code. */
export function kernel(names: readonly string[], options: { json?: true }): number {
  if (names.length > 2) throw new InputError(`kernel takes no release, one, or two to compare, not ${names.length}`);
  const [first, second] = names.map((name) => findKernelRelease(name, 'the release'));
  const withTraits = (release: Release): object => ({
    ...release,
    backports: takenOver(release),
    traits: traitsOf(release).map(({ name }) => name),
  });
  let text: string;
  if (first === undefined) {
    text = options.json
      ? json('kernel', {
          releases: RELEASES.map(withTraits),
          proposals: PROPOSALS,
          traits: ROWS.map(([, trait]) => trait),
        })
      : listing();
  } else if (second === undefined) {
    text = options.json
      ? json('kernel', { releases: [withTraits(first)], traits: traitsOf(first) })
      : [
          releaseLine(first).trim(),
          ...(first.remark === undefined ? [] : [`  ${first.remark}`]),
          ...(first.proposal ? proposalLines(first.proposal) : []),
          ...traitsOf(first).flatMap((trait) => rowLines(trait, ' ')),
        ].join('\n');
  } else {
    text = options.json
      ? json('kernel-difference', { from: first.name, to: second.name, ...difference(first, second) })
      : differenceText(first, second);
  }
  writeResult(text, undefined);
  return EXIT_OK;
}
