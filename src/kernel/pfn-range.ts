// SPDX-License-Identifier: GPL-2.0-only

/** Page frames that lie side by side. */
export interface PfnRange {
  /** The first page frame number. */
  readonly pfn: number;
  /** How many there are, pages. */
  readonly nrPages: number;
}
