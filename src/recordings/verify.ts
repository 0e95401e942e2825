// SPDX-License-Identifier: GPL-2.0-only

import { basename } from 'node:path';
import { hotplugSuiteOf } from './hotplug/index.js';
import { InputError, issueSentence, readJson } from '../scenario/load.js';
import { recordedKernelSchema } from './recorded-kernel.js';
import { verifyRecordedKernel } from './replay.js';
import { FORMAT, malformed, verifyVector, type Failure } from './vectors.js';

/** Replays recorded behaviour, whatever kind of recording a file holds. */

/** The first difference of a case, with the file that holds the case. */
export interface FileFailure extends Omit<Failure, 'error'> {
  file: string;
}

/** How many cases of a file the emulator reproduces, and the first difference of each that it does not. */
export interface FileVerdict {
  file: string;
  passed: number;
  failures: FileFailure[];
  /** Sentences about cases that cannot be read. */
  malformed: string[];
  /** What was thrown in cases that the emulator did not run to their end. */
  defects: unknown[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Replays every case of a file. An array holds vectors of page tables or of memory hot-plug, an object with a kernelRelease a booted kernel.
 * @throws InputError when the file is neither
 */
export const verifyFile = (file: string): FileVerdict => verifyContent(readJson(file), file);

/** {@link verifyFile} for what a file holds. @param file what to call it */
export function verifyContent(content: unknown, file: string): FileVerdict {
  if (Array.isArray(content)) {
    if (content.length === 0) throw new InputError(`${file}: the list is empty; nothing to compare is no agreement`);
    return verdict(
      file,
      content.map((vector) => (hotplugSuiteOf(vector) ?? verifyVector)(vector)),
    );
  }
  if (isObject(content) && 'kernelRelease' in content) return verdict(file, [verifyKernel(content, basename(file))]);
  if (isObject(content) && 'expect' in content) {
    return verdict(file, [(hotplugSuiteOf(content) ?? verifyVector)(content)]);
  }
  throw new InputError(`${file}: it holds no recording; allowed are a list of vectors and a recorded kernel`);
}

function verifyKernel(content: object, name: string): Failure | undefined {
  const parsed = recordedKernelSchema.safeParse(content);
  if (!parsed.success) return malformed(name, issueSentence(parsed.error.issues[0]!, content));
  return verifyRecordedKernel(parsed.data, name);
}

/** Where in a file a case is: the first of one is all of it. */
const placeOf = (index: number, cases: number, name: string): string =>
  cases === 1 ? '' : ` case ${index + 1} (${name}):`;

function verdict(file: string, results: readonly (Failure | undefined)[]): FileVerdict {
  const found: FileVerdict = { file, passed: 0, failures: [], malformed: [], defects: [] };
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
