// SPDX-License-Identifier: GPL-2.0-only

import { shown } from '../../src/explore/showing/shown.js';
import { BOUNDARY_RELEASES } from '../../src/history/releases.js';
import { SHOWINGS } from '../../src/history/showings.js';
import { type Trait, TRAIT_KEYS, type TraitKey, TRAITS } from '../../src/history/traits/index.js';
import { UNSEEN } from '../../src/history/unseen.js';
import { partingLines, scenarioLines } from '../../src/report/showing.js';
import { spanText, stableTexts } from '../../src/report/release-text.js';

/** src/docs/history.md: release by release, what changed, and the shortest scenario that shows it. */

const HEAD = `# History, seen

What changed from release to release, each with the shortest scenario that was found to show it: the release plays it, and so
does the same release without this one trait. The scenarios were searched and not written: sequences of one step are tried
before those of two, without a failing allocation before with one, on the most common machines before all others, in the
worlds of [worlds.ts](../explore/showing/worlds.ts). What is printed under the steps is the event in which the two part.
\`vmemmap kernel NAME\` prints the same of one trait, \`npm run showings\` searches again and writes this page.
`;

/** What a trait is, and how it shows. */
export function traitSection(key: TraitKey): string {
  const trait: Trait = TRAITS[key];
  const showing = SHOWINGS.find((each) => each.trait === key);
  const seen = showing === undefined ? undefined : shown(showing);
  const title = `### ${trait.name}`;
  const words = [`${[spanText(trait), ...stableTexts(trait)].join(', ')}. ${trait.effect}`, '', trait.since];
  const body =
    seen === undefined
      ? [`No scenario shows it: ${UNSEEN[key] ?? ''}.`]
      : ['```', ...scenarioLines(seen), ...partingLines(seen), '```'];
  return [title, '', ...words, '', ...body, ''].join('\n');
}

/** The traits of one release, and those that no scenario shows. */
const of = (release: string): TraitKey[] => TRAIT_KEYS.filter((key) => TRAITS[key].from === release);

export function historyPage(): string {
  const releases = BOUNDARY_RELEASES.map(({ name }) => name).filter((name) => of(name).length > 0);
  const unseen = TRAIT_KEYS.filter((key) => UNSEEN[key] !== undefined);
  return [
    HEAD,
    ...releases.map((name) =>
      [
        `## ${name}`,
        '',
        ...of(name)
          .filter((key) => UNSEEN[key] === undefined)
          .map(traitSection),
      ].join('\n'),
    ),
    '## What no scenario shows',
    '',
    ...unseen.map((key) => `- ${TRAITS[key].name} (${spanText(TRAITS[key] as Trait)}): ${UNSEEN[key]!}.`),
    '',
  ].join('\n');
}
