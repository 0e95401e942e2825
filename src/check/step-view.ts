// SPDX-License-Identifier: GPL-2.0-only

import type { Kernel } from '../kernel/kernel.js';
import type { Mishap } from '../kernel/log.js';
import type { SystemMemory } from '../mm/system-memory.js';
import type { StepReturn } from '../scenario/runner.js';
import type { Step } from '../scenario/scenario.js';
import type { AddressRange } from '../kernel/vmemmap-view.js';
import type { Complaint } from './complaint.js';
import type { Snapshot, Piece } from './snapshot.js';
import type { Sights } from './translation-watch.js';

/** What a check is given of a step, and what it answers. */

/** A step as the checks see it. */
export interface StepView {
  readonly step: Step;
  readonly kernel: Kernel;
  readonly memory: SystemMemory;
  readonly ret: StepReturn;
  /** The memmap that the step was about; undefined if it was about none. */
  readonly given: AddressRange | undefined;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Memmap that is active before and after the step and that it was not given, as it was read at either time. */
  readonly bystanders: { readonly before: readonly Piece[]; readonly after: readonly Piece[] };
  /** What the kernel warned of or did wrong. */
  readonly mishaps: readonly Mishap[];
  /** Altmaps that some range was added with which is still there. */
  readonly altmapsInUse: ReadonlySet<string>;
  /** What was thrown when the kernel stopped, if it did. */
  readonly stoppedBy: Error | undefined;
  /** What other processors could see meanwhile, where a check asks for it, {@link Check.sees}. */
  readonly sights?: Sights;
}

/** A statement about every step, and how it is checked. */
export interface Check<Name extends string = string> {
  readonly name: Name;
  readonly sentence: string;
  /** It asks for {@link StepView.sights} and for nothing else; watching slows the run down. */
  readonly sees?: (sights: Sights) => Complaint[];
  /** What of a step breaks the sentence; nothing where it holds. */
  check(view: StepView): Complaint[];
}
