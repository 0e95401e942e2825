// SPDX-License-Identifier: GPL-2.0-only

import { searchDifferences, type FoundDifference } from '../explore/differences.js';
import { ALTMAPS, UNITS } from './reach.js';
import type { TestResult, Trial } from './test-result.js';

/** Every sequence up to a depth on a kernel and the one that it is compared with: each kind in which they part. */

export function differenceTests(trial: Trial): TestResult[] {
  const { kernel, against, depth, sections, filter } = trial;
  if (against === undefined) {
    const text = 'a release is compared with the kernel that --against names, and none is named';
    return [{ name: kernel.name, outcome: 'skipped', text, entries: [] }];
  }
  const { found, machines, leftOut } = searchDifferences({
    ...filter,
    from: against,
    to: kernel,
    depth,
    sections,
    units: UNITS,
    altmaps: ALTMAPS,
    fail: true,
    onMachine: (name) => trial.onProgress?.(name),
  });
  return [
    ...machines.map(({ name, states, steps }): TestResult => {
      const parted = found.filter(({ scenario }) => scenario.title === name);
      const text = `${states} states, ${steps} steps on either kernel`;
      if (parted.length === 0) return { name, outcome: 'passed', text, entries: [] };
      const [first] = parted;
      const kinds = parted.map(kindText).join('; ');
      return {
        name,
        outcome: 'failed',
        text: `parts from ${against.name}: ${kinds}`,
        entries: [],
        scenario: first!.scenario,
      };
    }),
    ...leftOut.map((text): TestResult => ({ name: text.split(':')[0]!, outcome: 'skipped', text, entries: [] })),
  ];
}

/** "entry of a leaf in vmemmap_set_pmd (file:line)". */
function kindText({ steps, functions }: FoundDifference): string {
  const fields = steps.findLast((step) => step.length > 0)?.map(({ field }) => field) ?? ['events'];
  // The kernel's own name says where its tree defines it; where it is not in the event, the other's does.
  const at = functions[1] ?? functions[0];
  return `${fields.join(', ')}${at === undefined ? '' : ` in ${at}`}`;
}
