// SPDX-License-Identifier: GPL-2.0-only

import { registeredName } from '../cycles/profile.js';
import { ARCHITECTURES } from '../scenario/names.js';
import { SUITES, type Case, type Suite } from './cases.js';
import type { Overrides } from './play.js';

/** Which cases a user wants. */

export interface Selection extends Overrides {
  /** Names of suites; all if empty. */
  readonly suites: readonly string[];
  readonly arch?: string | undefined;
  /** A part of the case's name. */
  readonly filter?: string | undefined;
}

/** A case that says itself which release or CPU it is about stays as it is, or stays out. */
function isWanted(c: Case, { arch, filter, kernel, cpu }: Selection): boolean {
  const registered = cpu && registeredName(cpu);
  const cpuArch = ARCHITECTURES.find(({ cpus }) => cpus.some(({ name }) => name === registered))?.name;
  return (
    (arch === undefined || c.machine.arch === arch) &&
    (cpuArch === undefined || c.machine.arch === cpuArch) &&
    (filter === undefined || c.name.includes(filter)) &&
    (kernel === undefined || c.machine.kernel === undefined || c.machine.kernel === kernel) &&
    (cpu === undefined || c.cpu === undefined || c.cpu === cpu.name)
  );
}

/** The suites that are wanted, with the cases that are; suites without any are left out. */
export const selectedSuites = (selection: Selection): Suite[] =>
  SUITES.filter(({ name }) => selection.suites.length === 0 || selection.suites.includes(name))
    .map((suite) => ({ ...suite, cases: suite.cases.filter((c) => isWanted(c, selection)) }))
    .filter(({ cases }) => cases.length > 0);
