// SPDX-License-Identifier: GPL-2.0-only

import type { Scenario } from '../scenario/scenario.js';

/** The end of all memory that a scenario's machine has or gets, bytes: where the identity mapping of s390 ends. */
export function memoryEnd({ machine, steps }: Scenario): number {
  const { pageSize } = machine.config;
  const ends = [
    ...machine.boot.map(({ pfn, nrPages }) => (pfn + nrPages) * pageSize),
    ...steps.map((step) => {
      if ('pfn' in step) return (step.pfn + step.nrPages) * pageSize;
      return 'size' in step ? step.start + step.size : 0;
    }),
  ];
  return ends.reduce((most, end) => Math.max(most, end), 0);
}
