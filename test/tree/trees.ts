// SPDX-License-Identifier: GPL-2.0-only

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findCompiler } from '../../src/tree/compiler.js';

/** Linux trees that tests find: in LINUX_TREES, or unpacked in the user's cache. There may be none. */

const folder =
  process.env['LINUX_TREES'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'linux-trees');

/** Versions with recorded behaviour. */
export const VERSIONS = ['5.10.262', '6.1.192', '6.12.117', '7.2.13', '7.3.4'] as const;

/** Path of a tree; undefined where it is not there, or nothing compiles it. */
export function treeOf(version: string): string | undefined {
  const path = join(folder, version);
  return existsSync(join(path, 'Makefile')) && findCompiler() !== undefined ? path : undefined;
}

/** The trees that are there, and how many are not: tests that skip them say so. */
export const TREES = VERSIONS.flatMap((version) => {
  const path = treeOf(version);
  return path === undefined ? [] : [{ version, path }];
});

export const MISSING = VERSIONS.length - TREES.length;

/** For the title of tests that need trees. */
export const skipped = MISSING === 0 ? '' : ` (${MISSING} of ${VERSIONS.length} trees are not there and are skipped)`;
