// SPDX-License-Identifier: GPL-2.0-only

import { basename } from 'node:path';
import type { Release } from '../history/releases.js';
import { hotplugSuiteOf } from './hotplug/index.js';
import { checkWith } from '../scenario/input.js';
import { fileTitle, InputError, readJson } from '../scenario/load.js';
import { recordedKernelSchema } from './recorded-kernel.js';
import { replayRecordedKernel, type ReplayVerdict } from './replay.js';
import { FORMAT, malformed, verifyVector, type Failure } from './vectors.js';

/** Replays recorded behaviour, whatever kind of recording a file holds. */

/** The first difference of a case, with the file that holds the case. */
export interface FileFailure extends Omit<Failure, 'error'> {
  file: string;
}

/** Recordings of one release, to be replayed on a kernel. */
export interface ReplayedOn {
  readonly release: Release;
  /** The version whose recordings these are: others are left out. */
  readonly version: string;
}

/** How many cases of a file the emulator reproduces, and the first difference of each that it does not. */
export interface FileVerdict {
  file: string;
  passed: number;
  /** Cases of other releases, where one was asked for. */
  leftOut: number;
  failures: FileFailure[];
  /** Sentences about cases that cannot be read. */
  malformed: string[];
  /** What was thrown in cases that the emulator did not run to their end. */
  defects: unknown[];
  /** What was taken from a recording in place of working it out, in words. */
  inputs: string[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Replays every case of a file. An array holds vectors of page tables or of memory hot-plug, an object with a kernelRelease a booted kernel.
 * @param on what replays them, if not the release that each names
 * @throws InputError when the file is neither
 */
export const verifyFile = (file: string, on?: ReplayedOn): FileVerdict =>
  verifyContent(readJson(file), fileTitle(file), on);

/** {@link verifyFile} for what a file holds. @param file what to call it */
export function verifyContent(content: unknown, file: string, on?: ReplayedOn): FileVerdict {
  if (Array.isArray(content)) {
    if (content.length === 0) throw new InputError(`${file}: the list is empty; nothing to compare is no agreement`);
    const replayed = on === undefined ? content : content.filter((vector) => isOf(vector, on));
    return verdict(
      file,
      replayed.map((vector) => verifyCase(vector, on)),
      content.length - replayed.length,
    );
  }
  if (isObject(content) && 'kernelRelease' in content) {
    if (on !== undefined && versionIn(content['kernelRelease']) !== on.version) return verdict(file, [], 1);
    const { failure, inputs } = replayKernel(content, basename(file), on);
    return { ...verdict(file, [failure]), inputs };
  }
  if (isObject(content) && 'expect' in content) {
    if (on !== undefined && !isOf(content, on)) return verdict(file, [], 1);
    return verdict(file, [verifyCase(content, on)]);
  }
  throw new InputError(`${file}: it holds no recording; allowed are a list of vectors and a recorded kernel`);
}

/** Whether a vector is of the release, and of page tables: what is above sections is no other kernel's to replay. */
function isOf(vector: unknown, { version }: ReplayedOn): boolean {
  const machine = isObject(vector) ? vector['machine'] : undefined;
  return isObject(machine) && machine['kernel'] === version && hotplugSuiteOf(vector) === undefined;
}

/** The version in what `uname -r` prints. */
const versionIn = (release: unknown): string => /^[\d.]*\d/.exec(String(release))?.[0] ?? '';

function verifyCase(vector: unknown, on: ReplayedOn | undefined): Failure | undefined {
  const suite = hotplugSuiteOf(vector);
  return suite === undefined ? verifyVector(vector, on?.release) : suite(vector);
}

function replayKernel(content: object, name: string, on: ReplayedOn | undefined): ReplayVerdict {
  const checked = checkWith(recordedKernelSchema, content);
  if ('data' in checked) return replayRecordedKernel(checked.data, name, on?.release);
  return { failure: malformed(name, checked.mistakes[0]!.sentence), inputs: [] };
}

/** Where in a file a case is: the first of one is all of it. */
const placeOf = (index: number, cases: number, name: string): string =>
  cases === 1 ? '' : ` case ${index + 1} (${name}):`;

function verdict(file: string, results: readonly (Failure | undefined)[], leftOut = 0): FileVerdict {
  const found: FileVerdict = { file, passed: 0, leftOut, failures: [], malformed: [], defects: [], inputs: [] };
  results.forEach((failure, i) => {
    if (failure === undefined) found.passed++;
    else if (failure.field === FORMAT) {
      found.malformed.push(`${file}:${placeOf(i, results.length, failure.name)} ${String(failure.actual)}`);
    } else {
      const { error, ...difference } = failure;
      found.failures.push({ file, ...difference });
      if (error !== undefined) found.defects.push(error);
    }
  });
  return found;
}
