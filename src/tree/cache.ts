// SPDX-License-Identifier: GPL-2.0-only

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What was compiled before, in a folder of the user's cache: nothing is written anywhere else. */

const folder = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'vmemmap', 'trees');

/** The name that a result has: it changes with all that the result depends on. */
export const hashOf = (parts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest('hex');
};

/** What lies in the cache under a name; undefined where there is nothing. */
export function cached(name: string): Buffer<ArrayBuffer> | undefined {
  try {
    return readFileSync(join(folder(), name));
  } catch {
    return undefined;
  }
}

/** Puts something into the cache, all of it or nothing. A cache that cannot be written is none. */
export function keep(name: string, content: string | Uint8Array): void {
  const path = join(folder(), name);
  const part = `${path}.${process.pid}`;
  try {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(part, content);
    renameSync(part, path);
  } catch {
    // Compiled anew the next time.
  }
}
