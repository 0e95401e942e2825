// SPDX-License-Identifier: GPL-2.0-only

import type { Exploration, ExploreOptions } from '../check/explore/explorer.js';
import { tableText } from './table.js';

/** What an exploration found, as text and as JSON. */

export function exploreJson(
  { states, steps, depth, complete, walks, visitedBytes, violations }: Exploration,
  options: ExploreOptions,
  seconds: number,
): object {
  const { machine, sections, units, altmaps, fail } = options;
  return {
    schema: 'vmemmap/explore/v1',
    machine,
    sections,
    units,
    altmaps,
    fail,
    depth,
    complete,
    states,
    steps,
    walks,
    seconds,
    statesPerSecond: states / seconds,
    bytesPerState: visitedBytes / states,
    violations: violations.map(({ invariant, function: name, text, length, scenario }) => ({
      invariant,
      function: name,
      text,
      length,
      scenario,
    })),
  };
}

/** Steps in few letters: "add, use, remove". */
const stepWords = (steps: readonly { op: string }[]): string =>
  steps.map(({ op }) => op.replace('-pages', '')).join(', ');

export function exploreText(exploration: Exploration, seconds: number): string {
  const { states, steps, depth, complete, walks, violations, alphabet } = exploration;
  const { release, config, architecture } = alphabet.scenario.machine;
  const machine = `${architecture.name} ${release.name}, struct page ${config.structPageSize} bytes`;
  const reach = complete ? `all sequences of up to ${depth} steps` : `not finished, in sequences of ${depth} steps`;
  const lines = [
    `${machine}: ${alphabet.ranges.length} ranges, ${alphabet.actions.length} actions`,
    `${states} states by ${steps} steps in ${seconds.toFixed(1)} s, ${Math.round(states / seconds)} states a second; ${reach}`,
    ...(walks > 0 ? [`${walks} random walks beyond`] : []),
    '',
  ];
  if (violations.length === 0) return [...lines, 'no violation'].join('\n');
  const rows = violations.map(({ invariant, function: name, scenario, text }) => [
    invariant,
    `${name}()`,
    stepWords(scenario.steps),
    text,
  ]);
  return [...lines, ...tableText(['invariant', 'function', 'steps', 'says'], rows)].join('\n');
}
