// SPDX-License-Identifier: GPL-2.0-only

import { basename } from 'node:path';
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

/** How many cases of a file the emulator reproduces, and the first difference of each that it does not. */
export interface FileVerdict {
  file: string;
  passed: number;
  failures: FileFailure[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Replays every case of a file. An array holds vectors of page tables or of memory hot-plug, an object with a kernelRelease a booted kernel.
 * @throws InputError when the file is neither
 */
export function verifyFile(file: string): FileVerdict {
  const content = readJson(file);
  if (Array.isArray(content))
    return verdict(
      file,
      content.map((vector) => (hotplugSuiteOf(vector) ?? verifyVector)(vector)),
    );
  if (isObject(content) && 'kernelRelease' in content) {
    const parsed = recordedKernelSchema.safeParse(content);
    const name = basename(file);
    if (!parsed.success) {
      const sentence = issueSentence(parsed.error.issues[0]!, content);
      return verdict(file, [{ name, step: -1, field: 'format', expected: 'a recorded kernel', actual: sentence }]);
    }
    return verdict(file, [verifyRecordedKernel(parsed.data, name)]);
  }
  if (isObject(content) && 'expect' in content) return verdict(file, [verifyVector(content)]);
  throw new InputError(`${file}: it holds no recording; allowed are a list of vectors and a recorded kernel`);
}

function verdict(file: string, results: readonly (Failure | undefined)[]): FileVerdict {
  const failures = results.flatMap((failure) => (failure === undefined ? [] : [{ file, ...failure }]));
  return { file, passed: results.length - failures.length, failures };
}
