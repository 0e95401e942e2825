// SPDX-License-Identifier: GPL-2.0-only

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/** Files that are there as a whole or not at all. */

/** What a path names now: nothing, a file that may be replaced, or something that is written to as it is. */
function placeOf(path: string): { target: string; mode: number | undefined; isReplaced: boolean } {
  let target = path;
  try {
    target = realpathSync(path);
    const stats = lstatSync(target);
    return { target, mode: stats.mode, isReplaced: stats.isFile() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { target, mode: undefined, isReplaced: true };
  }
}

/**
 * Writes a file so that it is there as a whole or not at all: beside its place first, and renamed when all is on the disk.
 * What was there before stays as it was whatever fails. A device or a pipe is written to as it is.
 * @throws Error of the system call that failed
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const { target, mode, isReplaced } = placeOf(path);
  if (!isReplaced) {
    writeFileSync(target, content);
    return;
  }
  const partial = `${target}.${process.pid}.partial`;
  const fd = openSync(partial, 'w');
  try {
    try {
      if (mode !== undefined) fchmodSync(fd, mode);
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
