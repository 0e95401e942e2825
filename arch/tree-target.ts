// SPDX-License-Identifier: GPL-2.0-only

import type { CodeMachine } from '../src/kernel/memmap-code.js';

/**
 * What a room says of a kernel tree: what of it makes the memmap of the architecture. Its stand-ins in C lie in the room's
 * folder `prelude`.
 */

/** How code of a tree is made for an architecture. */
export interface TreeTarget {
  /** CONFIG_ name that a .config of the architecture sets. */
  readonly mark: string;
  /** Files of the tree beside those of every architecture (src/tree/targets.ts), those that are there. */
  readonly files: readonly string[];
  readonly entryPoints: readonly string[];
  /** Functions that the stand-ins of every architecture do not stand in front of, and the architecture's do. */
  readonly seams?: readonly string[];
  /** Files that the tree includes under a condition, with it. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Kconfig names beside those of every architecture. */
  readonly configuration: Readonly<Record<string, boolean>>;
  /** Kconfig names that the machine says: values, or set and not. */
  of?(machine: CodeMachine): Record<string, number | boolean>;
  /** radix_enabled(): which of the two MMUs that one kernel has the machine boots with. */
  radixEnabled?(machine: CodeMachine): boolean;
}
