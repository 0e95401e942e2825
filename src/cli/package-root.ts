// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** At the top of this package only: the bundled command line has a package.json of its own, as its modules are of another kind. */
const AT_THE_TOP = 'LICENSE';

/**
 * The folder of this package, whether it runs compiled or from its sources.
 * @param from a folder in it
 * @throws Error where there is none any more: somebody took the package away while it runs
 */
export function packageRoot(from = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, AT_THE_TOP))) return folder;
    if (folder === dirname(folder)) throw new Error(`the package of vmemmap is gone from ${from}`);
  }
}

/** The version in package.json. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}
