// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { Shown } from '../explore/showing/shown.js';
import { differenceLines } from './diff.js';
import { stepText } from './text.js';

/** The scenario that shows a trait, for people. */

/** The machine, the altmaps and the steps of the scenario. */
export function scenarioLines({ input, scenario }: Shown): string[] {
  const { machine, altmaps, steps } = scenario;
  const { pageSize } = machine.config;
  const fields = Object.entries(input.machine);
  const failing = [...machine.failAllocations].join(', ');
  return [
    `machine  ${fields.map(([field, value]) => `${field} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ')}`,
    ...altmaps.map(
      ({ name, basePfn, reserve, free }) =>
        `altmap ${name}  from frame ${hex(basePfn)}, reserve ${reserve}, free ${free}`,
    ),
    ...steps.map((step, i) => `step ${i + 1}  ${stepText(step, pageSize)}`),
    ...(failing === '' ? [] : [`allocation ${failing} fails`]),
  ];
}

/** Where the release with the trait and the one without it part; the states behind it only where no event tells. */
export function partingLines({ names, scenario, parting }: Shown): string[] {
  if (parting.kind === 'refused') return [`${parting.by} has no such machine or step: ${parting.sentence}`];
  if (parting.kind === 'apart') {
    return [
      `the vmemmap of ${names[0]} is at ${hex(parting.bases[0])}, that of ${names[1]} at ${hex(parting.bases[1])}`,
    ];
  }
  const { first, steps } = parting.difference;
  const lines = differenceLines(scenario, names, { first, steps: [] });
  if (first !== undefined) return lines.filter((line) => line !== '');
  const at = steps.findIndex((fields) => fields.length > 0);
  return differenceLines(scenario, names, {
    first,
    steps: steps.map((fields, i) => (i === at ? fields : [])),
  }).filter((line) => line !== '' && line !== '  the same state');
}
