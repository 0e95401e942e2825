// SPDX-License-Identifier: GPL-2.0-only

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Linux trees that are found by their version: in LINUX_TREES, or unpacked in the user's cache. There may be none. */

const folder = (): string =>
  process.env['LINUX_TREES'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'linux-trees');

/** Path of the tree of a version, or undefined where it is not there. */
export function knownTree(version: string): string | undefined {
  const path = join(folder(), version);
  return existsSync(join(path, 'Makefile')) ? path : undefined;
}
