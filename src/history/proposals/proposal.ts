// SPDX-License-Identifier: GPL-2.0-only

import type { Traits } from '../traits/index.js';

/**
 * A change that was posted and did not land as posted: an edit of the traits of the release that it was made for. It is
 * named wherever a release is, as proposal/NAME.
 */
export interface Proposal {
  /** What follows "proposal/". */
  readonly name: string;
  /** One line. */
  readonly title: string;
  /** When, and what it was called. */
  readonly posted: string;
  /** Mainline release whose traits it edits. */
  readonly base: string;
  readonly edits: Readonly<Partial<Traits>>;
  /** What was said against it. */
  readonly objection: string;
  /** What came of it. */
  readonly landed: string;
  /** The file of its page, beside this one. */
  readonly page: string;
}
