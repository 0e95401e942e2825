// SPDX-License-Identifier: GPL-2.0-only

import { basename } from 'node:path';
import type { Release } from '../history/releases.js';
import { hotplugSuiteOf } from './hotplug/index.js';
import { InputError, issueSentence, readJson } from '../scenario/load.js';
import { recordedKernelSchema } from './recorded-kernel.js';
import { verifyRecordedKernel } from './replay.js';
import { verifyVector, type Failure } from './vectors.js';

/** Replays recorded behaviour, whatever kind of recording a file holds. */

/** The first difference of a case, with the file that holds the case. */
export interface FileFailure extends Failure {
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
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Replays every case of a file. An array holds vectors of page tables or of memory hot-plug, an object with a kernelRelease a booted kernel.
 * @param on what replays them, if not the release that each names
 * @throws InputError when the file is neither
 */
export function verifyFile(file: string, on?: ReplayedOn): FileVerdict {
  const content = readJson(file);
  if (Array.isArray(content)) {
    // What is above sections is asked of functions one by one: no tree has a part in that.
    const replayed =
      on === undefined
        ? content
        : content.filter((vector) => hotplugSuiteOf(vector) === undefined && recordedRelease(vector) === on.version);
    const results = replayed.map((vector) => {
      const suite = hotplugSuiteOf(vector);
      return suite === undefined ? verifyVector(vector, on?.release) : suite(vector);
    });
    return verdict(file, results, content.length - replayed.length);
  }
  if (isObject(content) && 'kernelRelease' in content) {
    const parsed = recordedKernelSchema.safeParse(content);
    const name = basename(file);
    if (!parsed.success) {
      const sentence = issueSentence(parsed.error.issues[0]!, content);
      return verdict(file, [{ name, step: -1, field: 'format', expected: 'a recorded kernel', actual: sentence }]);
    }
    if (on !== undefined && versionOf(parsed.data.kernelRelease) !== on.version) return verdict(file, [], 1);
    return verdict(file, [verifyRecordedKernel(parsed.data, name, on?.release)]);
  }
  if (isObject(content) && 'expect' in content) {
    if (on !== undefined && recordedRelease(content) !== on.version) return verdict(file, [], 1);
    return verdict(file, [verifyVector(content, on?.release)]);
  }
  throw new InputError(`${file}: it holds no recording; allowed are a list of vectors and a recorded kernel`);
}

/** The release that a vector says. */
function recordedRelease(vector: unknown): unknown {
  const machine = isObject(vector) ? vector['machine'] : undefined;
  return isObject(machine) ? machine['kernel'] : undefined;
}

/** The version in what `uname -r` prints. */
const versionOf = (unameRelease: string): string => /^[\d.]*\d/.exec(unameRelease)?.[0] ?? '';

function verdict(file: string, results: readonly (Failure | undefined)[], leftOut = 0): FileVerdict {
  const failures = results.flatMap((failure) => (failure === undefined ? [] : [{ file, ...failure }]));
  return { file, passed: results.length - failures.length, leftOut, failures };
}
