// SPDX-License-Identifier: GPL-2.0-only

import type { MachineFilter } from '../audit/audit.js';
import type { Bug } from '../catalogue/bugs/index.js';
import type { Release } from '../history/releases.js';
import type { ScenarioInput } from '../scenario/schema.js';

/** What came of one test of a kernel. */

/**
 * `known`: it shows what the kernel that it is compared with shows too, or what an entry of the catalogue says of its
 * release. `gone`: an entry says that it is there, and it is not. Only `failed` is news.
 */
export const OUTCOMES = ['passed', 'failed', 'known', 'gone', 'skipped'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface TestResult {
  readonly name: string;
  readonly outcome: Outcome;
  /** What was seen, or why nothing was tried, in words. */
  readonly text: string;
  /** Entries of the catalogue that are seen in it. */
  readonly entries: readonly Bug[];
  /** What shows it, for `vmemmap run`. */
  readonly scenario?: ScenarioInput | undefined;
}

/** What a kernel is tried with. */
export const PARTS = ['catalogue', 'audit', 'exploration', 'difference'] as const;
export type Part = (typeof PARTS)[number];

/** A kernel on trial. */
export interface Trial {
  readonly kernel: Release;
  /** The kernel that it is compared with: what that does, too, is no news. */
  readonly against: Release | undefined;
  /** Machines. */
  readonly filter: MachineFilter;
  readonly parts: readonly Part[];
  /** Steps of the longest sequence that is explored and compared. */
  readonly depth: number;
  /** Neighbouring sections of the memory that comes and goes. */
  readonly sections: number;
  /** Told of what is tried next. */
  onProgress?(text: string): void;
}
