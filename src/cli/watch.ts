// SPDX-License-Identifier: GPL-2.0-only

import { watch as watchFolder } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Doing something again whenever a file changes. */

/** An editor that saves a file touches it more than once, ms. */
const SETTLES_IN = 50;

/**
 * Calls a function now, and again after each change of some files; one that is replaced by another of its name has changed.
 * @param signal ends it
 */
export async function watchFiles(files: readonly string[], run: () => void, signal: AbortSignal): Promise<void> {
  let changed: () => void = () => undefined;
  const watchers = [...foldersOf(files)].map(([folder, names]) =>
    watchFolder(folder, (_event, name) => {
      if (name === null || names.has(name)) changed();
    }),
  );
  try {
    while (!signal.aborted) {
      const change = new Promise<void>((resolve) => {
        changed = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      run();
      await change;
      await new Promise((resolve) => setTimeout(resolve, SETTLES_IN));
    }
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

/** Names of files by the folder that they are in. */
function foldersOf(files: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const file of files) {
    const names = folders.get(dirname(file)) ?? new Set();
    folders.set(dirname(file), names.add(basename(file)));
  }
  return folders;
}
