// SPDX-License-Identifier: GPL-2.0-only

import { evidenceOf, howKnown, standingOf, unprovedTraits } from '../history/evidence.js';
import { type Proposal, PROPOSALS } from '../history/proposals/index.js';
import {
  MAINLINE_RELEASES,
  PROPOSED_KERNELS,
  type Release,
  RELEASES,
  resolveTraits,
  takenOver,
} from '../history/releases.js';
import { PROPOSED_TRAITS, TRAIT_KEYS, type Trait, type TraitKey, TRAITS } from '../history/traits/index.js';
import { doubtText, evidenceText, standingsText, unprovedText } from '../report/evidence.js';
import { spanText, stableTexts } from '../report/release-text.js';
import { InputError } from '../scenario/load.js';
import type { ScenarioInput } from '../scenario/schema.js';
import { ARCHITECTURES, findKernelRelease } from '../scenario/names.js';
import { EXIT_OK } from './exit-codes.js';
import { shown } from '../explore/showing/shown.js';
import { SHOWINGS } from '../history/showings.js';
import { UNSEEN } from '../history/unseen.js';
import { partingLines, scenarioLines } from '../report/showing.js';
import { outputText, writeResult } from './output.js';
import { styled } from './terminal.js';

/** A row as --json has it. */
const rowJson = (key: TraitKey) => ({ ...TRAITS[key], known: howKnown(key), evidence: evidenceOf(key) });

const rowLines = (key: TraitKey, mark: string): string[] => {
  const trait: Trait = TRAITS[key];
  return [
    `${mark} ${styled('bold', trait.name)}  ${[spanText(trait), ...stableTexts(trait)].join(', ')}${doubtText(key)}`,
    `    ${trait.since}`,
    ...(trait.ended === undefined ? [] : [`    ${trait.ended}`]),
    `    ${trait.effect}`,
    `    ${evidenceText(key)}`,
  ];
};

function traitsOf(release: Release): TraitKey[] {
  const traits = resolveTraits(release);
  return TRAIT_KEYS.filter((key) => traits[key]);
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
  return `  ${release.name.padEnd(10)}${String(traitsOf(release).length).padStart(3)} of ${TRAIT_KEYS.length} traits${tree}`;
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
    ...TRAIT_KEYS.flatMap((key) => rowLines(key, ' ')),
  ].join('\n');

function difference(from: Release, to: Release): { gained: TraitKey[]; lost: TraitKey[] } {
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

function differenceJson(from: Release, to: Release) {
  const { gained, lost } = difference(from, to);
  return { gained: gained.map(rowJson), lost: lost.map(rowJson) };
}

export interface KernelOptions {
  json?: true;
  unproved?: true;
  proved?: true;
}

/** How rows, or releases by architecture, are known. */
function proofs(options: KernelOptions): string {
  const architectures = ARCHITECTURES.map(({ name }) => name);
  if (options.unproved) {
    return options.json
      ? outputText({
          schema: 'vmemmap/kernel-unproved/v1',
          traits: unprovedTraits().map(({ key, ...what }) => ({ ...rowJson(key), unproved: what })),
        })
      : unprovedText();
  }
  if (!options.json) return standingsText(architectures);
  const releases = MAINLINE_RELEASES.map((release) => ({
    release,
    architectures: Object.fromEntries(architectures.map((arch) => [arch, standingOf(release, arch)])),
  }));
  return outputText({ schema: 'vmemmap/kernel-proved/v1', releases });
}

/** Why no scenario shows a trait, as far as that is known. */
const whyUnseen = (key: TraitKey): string => UNSEEN[key] ?? 'none was found: nobody knows of one';

/** A trait, and the shortest scenario that shows it. */
function traitText(key: TraitKey): string {
  const showing = SHOWINGS.find(({ trait }) => trait === key);
  const seen = showing === undefined ? undefined : shown(showing);
  const lines =
    seen === undefined
      ? [`no scenario shows it: ${whyUnseen(key)}`]
      : [
          `the shortest scenario that shows it, on ${seen.names[0]} and on the same without it`,
          ...scenarioLines(seen).map((line) => `  ${line}`),
          '',
          ...partingLines(seen),
        ];
  return [...rowLines(key, ' '), '', ...lines].join('\n');
}

function traitJson(key: TraitKey): string {
  const showing = SHOWINGS.find(({ trait }) => trait === key);
  const how =
    showing === undefined
      ? { unseen: whyUnseen(key) }
      : { release: showing.release, scenario: showing.scenario as ScenarioInput };
  return outputText({ schema: 'vmemmap/kernel-trait/v1', trait: rowJson(key), ...how });
}

/** `vmemmap kernel`: all releases, the traits of one, one trait, or what two releases differ in. Returns the exit code. */
export function kernel(names: readonly string[], options: KernelOptions): number {
  const key = TRAIT_KEYS.find((each) => TRAITS[each].name === names[0]);
  if (key !== undefined) {
    if (names.length > 1)
      throw new InputError(`kernel takes ${names[0]} alone: it is a trait, and no release to compare`);
    writeResult(options.json ? traitJson(key) : traitText(key), undefined);
    return EXIT_OK;
  }
  if (names.length > 2) throw new InputError(`kernel takes no release, one, or two to compare, not ${names.length}`);
  const [first, second] = names.map((name) => findKernelRelease(name, 'the release'));
  const withTraits = (release: Release) => ({
    ...release,
    backports: takenOver(release),
    traits: traitsOf(release).map((key) => TRAITS[key].name),
  });
  let text: string;
  if (options.unproved || options.proved) {
    if (first !== undefined) throw new InputError('--unproved and --proved are of all releases and take no name');
    text = proofs(options);
  } else if (first === undefined) {
    text = options.json
      ? outputText({
          schema: 'vmemmap/kernel/v1',
          releases: RELEASES.map(withTraits),
          proposals: PROPOSALS,
          traits: TRAIT_KEYS.map(rowJson),
        })
      : listing();
  } else if (second === undefined) {
    text = options.json
      ? outputText({ schema: 'vmemmap/kernel/v1', releases: [withTraits(first)], traits: traitsOf(first).map(rowJson) })
      : [
          releaseLine(first).trim(),
          ...(first.remark === undefined ? [] : [`  ${first.remark}`]),
          ...(first.proposal ? proposalLines(first.proposal) : []),
          ...traitsOf(first).flatMap((key) => rowLines(key, ' ')),
        ].join('\n');
  } else {
    text = options.json
      ? outputText({
          schema: 'vmemmap/kernel-difference/v1',
          from: first.name,
          to: second.name,
          ...differenceJson(first, second),
        })
      : differenceText(first, second);
  }
  writeResult(text, undefined);
  return EXIT_OK;
}
