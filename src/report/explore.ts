// SPDX-License-Identifier: GPL-2.0-only

import { AddressText } from '../kernel/vmemmap-view.js';
import { findingJson } from './finding.js';
import type { Bug } from '../catalogue/bugs/index.js';
import type { Exploration, ExploreOptions } from '../explore/explorer.js';
import type { Violation } from '../explore/violations.js';
import { entriesBefore, entriesLike, releasesWith, releaseSpans } from '../explore/where.js';
import type { OutputOf } from './output-schemas/index.js';
import { tableText } from './table.js';
import type { TestCase } from './test-case.js';

/** What an exploration found, as text and as JSON. */

/** The name of the format, which changes when the format does. */
export const EXPLORE_SCHEMA = 'vmemmap/explore/v2';

/** What it took, of one run. */
export interface Effort {
  /** Seconds on the clock, and of all processors together. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The signal that interrupted it. */
  readonly interrupted?: NodeJS.Signals | undefined;
  /** Random walks beyond the depth, and what they found. */
  readonly walks: number;
  readonly walked: readonly Violation[];
}

const WHY_ENDED = {
  states: 'ended by --max-states',
  memory: 'ended by --max-memory',
  asked: 'ended early by --time',
} as const;

const ADDRESS_DIGITS = 13;

const entryText = ({ entry }: Violation): string | null =>
  entry === undefined ? null : `${entry.level} entry of ...${entry.address.toString(16).padStart(ADDRESS_DIGITS, '0')}`;

const violationJson = (violation: Violation) => ({
  function: violation.function,
  entry: entryText(violation),
  ...findingJson(violation.finding, new AddressText(violation.vmemmapBase)),
  length: violation.length,
  releases: releasesWith(violation).map(({ name }) => name),
  like: entriesLike(violation).map(({ id, name }) => ({ id, name })),
  follows: entriesBefore(violation).map(({ id, name }) => ({ id, name })),
  scenario: violation.scenario,
});

/** @param effort left out where it is not of one run */
export function exploreJson(exploration: Exploration, options: ExploreOptions, effort?: Effort): OutputOf<'explore'> {
  const { states, statesByDepth, steps, ended, visitedBytes, violations } = exploration;
  const {
    machine,
    sections,
    units,
    altmaps,
    memory = ['zero'],
    start,
    sectionBytes,
    compoundSize,
    expect,
    fail,
    depth,
    shard,
  } = options;
  return {
    schema: EXPLORE_SCHEMA,
    machine,
    sections,
    units,
    altmaps,
    memory,
    start,
    sectionBytes,
    compoundSize,
    expect,
    fail,
    depth,
    shard,
    complete: ended === undefined,
    ended: ended === undefined ? null : effort?.interrupted === undefined ? ended : 'interrupted',
    states,
    statesByDepth,
    ...(effort === undefined
      ? {}
      : {
          steps,
          walks: effort.walks,
          seconds: effort.seconds,
          cpuSeconds: effort.cpuSeconds,
          statesPerSecond: states / effort.seconds,
          stepsPerCpuSecond: steps / effort.cpuSeconds,
          bytesPerState: visitedBytes / states,
        }),
    violations: [...violations, ...(effort?.walked ?? [])].map(violationJson),
  };
}

/** Steps in few letters, and what an add finds in its memory: "add (0xfd), use, remove". */
const stepWords = (steps: readonly { op: string; frameContent?: string | undefined }[]): string =>
  steps
    .map(({ op, frameContent }) => op.replace('-pages', '') + (frameContent === undefined ? '' : ` (${frameContent})`))
    .join(', ');

const whyEnded = (ended: keyof typeof WHY_ENDED, effort: Effort | undefined): string =>
  effort?.interrupted === undefined ? WHY_ENDED[ended] : `interrupted by ${effort.interrupted}`;

/** Each kind of violation as a case that fails; one case that passes where there is none. */
export function exploreCases(exploration: Exploration, options: ExploreOptions, effort?: Effort): TestCase[] {
  const { release, architecture } = exploration.alphabet.scenario.machine;
  const suite = `explore ${architecture.name} ${release.name}`;
  const violations = [...exploration.violations, ...(effort?.walked ?? [])];
  if (violations.length === 0) return [{ suite, name: `sequences of up to ${options.depth} steps` }];
  return violations.map((violation) => ({
    suite,
    name: `${violation.invariant} ${violation.function}`,
    failure: `${stepWords(violation.scenario.steps)}: ${violation.finding.text}`,
  }));
}

export function exploreText(exploration: Exploration, options: ExploreOptions, effort?: Effort): string {
  const { states, steps, ended, alphabet } = exploration;
  const { release, config, architecture } = alphabet.scenario.machine;
  const machine = `${architecture.name} ${release.name}, struct page ${config.structPageSize} bytes`;
  const reach =
    ended === undefined
      ? `all sequences of up to ${options.depth} steps`
      : `${whyEnded(ended, effort)}, in sequences of ${exploration.depth} of ${options.depth} steps`;
  const part = options.shard === undefined ? '' : `, shard ${options.shard.index} of ${options.shard.count}`;
  const speed =
    effort === undefined
      ? ''
      : ` in ${effort.seconds.toFixed(1)} s, ${Math.round(steps / effort.cpuSeconds)} steps a second of a processor`;
  const violations = [...exploration.violations, ...(effort?.walked ?? [])];
  const lines = [
    `${machine}: ${alphabet.ranges.length} ranges, ${alphabet.actions.length} actions${part}`,
    `${states} states by ${steps} steps${speed}; ${reach}`,
    ...(effort !== undefined && effort.walks > 0 ? [`${effort.walks} random walks beyond`] : []),
    '',
  ];
  if (violations.length === 0) return [...lines, 'no violation'].join('\n');
  const rows = violations.map((violation) => [
    violation.invariant,
    `${violation.function}()`,
    stepWords(violation.scenario.steps),
    releaseSpans(releasesWith(violation)),
    entriesText(violation),
    violation.finding.text,
  ]);
  return [...lines, ...tableText(['invariant', 'function', 'steps', 'releases', 'like', 'says'], rows)].join('\n');
}

/** Entries of the catalogue that a violation may be, or else those that its sequence shows besides. */
function entriesText(violation: Violation): string {
  const ids = (entries: readonly Bug[]): string => entries.map(({ id }) => id).join(' ');
  const like = entriesLike(violation);
  if (like.length > 0) return ids(like);
  const before = entriesBefore(violation);
  return before.length > 0 ? `after ${ids(before)}` : '-';
}
