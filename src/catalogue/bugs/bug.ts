// SPDX-License-Identifier: GPL-2.0-only

import type { Level } from '../../hardware/page-table.js';
import type { ComplaintKind } from '../../check/complaint.js';
import type { Confidence } from '../../history/traits/index.js';
import type { StableChanges } from '../../history/releases.js';
import type { ScenarioInput } from '../../scenario/schema.js';
import type { ExpectationName } from '../../check/expectations.js';
import type { InvariantName } from '../../check/invariants.js';

/** What an entry of the catalogue says of a bug. */

/** Mainline releases from one on, and before another if the bug was ended. */
export interface ReleaseRange {
  readonly from: string;
  readonly until?: string;
}

/** How the bug shows: which statement a step breaks. */
export interface Symptom {
  /** Index of the step, from 0. */
  readonly step: number;
  readonly breaks: InvariantName | ExpectationName;
  /** What the complaint is, where the step may break the statement in another way too. */
  readonly complains?: { readonly kind: ComplaintKind; readonly level?: Level; readonly warning?: string };
}

/** An entry. Of stable series it says at which patch level they took over what brought the bug, or what ended it. */
export interface Bug extends StableChanges {
  /** "B01". */
  readonly id: string;
  /** What `vmemmap repro` calls it. */
  readonly name: string;
  /** One line. */
  readonly title: string;
  /** Releases that have it. */
  readonly present: readonly ReleaseRange[];
  /** The change that ended it: "<12 hex> (title) in vX.Y"; "open" if nothing has. */
  readonly fix: string;
  /** Sizes of struct page that show it with the same steps, bytes; the scenario's own among them. */
  readonly structPageSizes: readonly number[];
  /** The fewest steps that show it, for a machine without a kernel. */
  readonly scenario: ScenarioInput;
  readonly symptom: Symptom;
  /** What goes wrong and why, for somebody who knows the kernel and not the bug. */
  readonly explanation: string;
  readonly confidence: Confidence;
  /** Where it was reported or read. */
  readonly source: string;
  /** What a booted kernel showed: kernel, emulator, machine where it is not that of `vmemmap qemu`, what was read. */
  readonly seen?: string;
  /** Of an entry that exploring found and no machine has shown yet: what a person would do there to see it. */
  readonly toConfirm?: string;
}
