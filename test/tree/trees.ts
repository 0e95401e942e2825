// SPDX-License-Identifier: GPL-2.0-only

import { findCompiler } from '../../src/tree/compiler.js';
import { knownTree } from '../../src/tree/known-trees.js';

/** Linux trees that tests find. There may be none. */

/** Versions with recorded behaviour. */
export const VERSIONS = ['5.10.262', '6.1.192', '6.12.117', '7.2.13', '7.3.4'] as const;

/** Path of a tree; undefined where it is not there, or nothing compiles it. */
export function treeOf(version: string): string | undefined {
  return findCompiler() === undefined ? undefined : knownTree(version);
}

/** The trees that are there, and how many are not: tests that skip them say so. */
export const TREES = VERSIONS.flatMap((version) => {
  const path = treeOf(version);
  return path === undefined ? [] : [{ version, path }];
});

export const MISSING = VERSIONS.length - TREES.length;

/** For the title of tests that need trees. */
export const skipped = MISSING === 0 ? '' : ` (${MISSING} of ${VERSIONS.length} trees are not there and are skipped)`;
