// SPDX-License-Identifier: GPL-2.0-only

/** One thing that was asked, and what came of it. */
export interface TestCase {
  /** What it belongs to: a machine, a file, an entry. */
  suite: string;
  name: string;
  /** What failed; absent where nothing did. */
  failure?: string;
  /** Why it says nothing; absent where it does. */
  skipped?: string;
  output?: string;
  /** The place in a file that it is about. */
  place?: { file: string; line?: number };
}
