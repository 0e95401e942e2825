// SPDX-License-Identifier: GPL-2.0-only

import type { FoundDifference, SearchResult } from '../explore/differences.js';
import { differenceLines } from './diff.js';
import { stepText } from './text.js';

/** What a search for differences between two kernels found, and what it searched, for people. */

interface Searched {
  readonly depth: string;
  readonly sections: string;
  readonly unit: readonly string[];
  readonly altmap: readonly string[];
  readonly memory: readonly string[];
  readonly fail?: true;
}

function foundLines(names: readonly [string, string], found: FoundDifference, index: number): string[] {
  const { resolved, functions, steps } = found;
  const { pageSize } = resolved.machine.config;
  const last = steps.findLastIndex((fields) => fields.length > 0);
  const where = [...new Set(functions.filter((name) => name !== undefined))];
  const failing = [...resolved.machine.failAllocations].join(', ');
  return [
    `${index + 1}  ${found.scenario.title ?? ''}: ${steps[last]?.map(({ field }) => field).join(', ') ?? 'events'}${where.length === 0 ? '' : `, in ${where.map((name) => name).join(' and ')}`}`,
    ...resolved.steps.map((step, i) => `  step ${i + 1}  ${stepText(step, pageSize)}`),
    ...(failing === '' ? [] : [`  allocation ${failing} fails`]),
    ...differenceLines(resolved, names, { first: found.first, steps: [] }).map((line) => `  ${line}`),
    ...(last < 0
      ? []
      : differenceLines(resolved, names, { first: found.first, steps: steps.map((s, i) => (i === last ? s : [])) })
          .slice(-1 - (steps[last]?.length ?? 0))
          .map((line) => `  ${line}`)),
    '',
  ];
}

/** @param options as the command line has them */
export function searchedText(
  names: readonly [string, string],
  options: Searched,
  { found, machines, leftOut }: SearchResult,
): string {
  const steps = machines.reduce((sum, machine) => sum + machine.steps, 0);
  const states = machines.reduce((sum, machine) => sum + machine.states, 0);
  const otherWays = machines.reduce((sum, machine) => sum + machine.otherWays, 0);
  const what = [
    `${machines.length} machines`,
    `sequences of up to ${options.depth} steps`,
    `${options.sections} sections in units of ${options.unit.join(', ')}`,
    `altmaps ${options.altmap.join(', ')}`,
    ...(options.memory.join() === 'zero' ? [] : [`memory that holds ${options.memory.join(', ')}`]),
    options.fail ? 'with failing allocations' : 'no allocation fails',
    `${states} states, ${steps} steps on either kernel`,
  ].join('; ');
  const ways = otherWays === 0 ? [] : [`${otherWays} steps came to the same state another way`];
  const verdict =
    found.length === 0
      ? `${names[0]} and ${names[1]} do not part: ${what}`
      : `${names[0]} and ${names[1]} part in ${found.length} ${found.length === 1 ? 'kind' : 'kinds'}: ${what}`;
  return [
    ...found.flatMap((difference, i) => foundLines(names, difference, i)),
    verdict,
    ...ways,
    ...leftOut.map((sentence) => `left out: ${sentence}`),
  ].join('\n');
}
