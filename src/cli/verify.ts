// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { TestCase } from '../report/test-case.js';
import { InputError, STDIN } from '../scenario/load.js';
import { verifyFile, type ReplayedOn, type FileFailure, type FileVerdict } from '../recordings/verify.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { outputText, writeResult } from './output.js';
import { progress } from './progress.js';
import { styled } from './terminal.js';
import { spread } from './threads.js';
import { testReport, type TestFormatOptions } from './test-format.js';

/** Characters of a value that a failure shows. */
const SHOWN_CHARACTERS = 400;

/**
 * The files that a name stands for: itself, or all recordings of a folder.
 * @throws InputError where there is none: nothing to compare is no agreement
 */
function expand(name: string): string[] {
  if (name === STDIN) return [name];
  let isFolder: boolean;
  try {
    isFolder = statSync(name).isDirectory();
  } catch {
    throw new InputError(`${name}: there is no such file`);
  }
  if (!isFolder) return [name];
  const recordings = readdirSync(name).filter((entry) => /\.json(\.gz)?$/.test(entry));
  if (recordings.length === 0) throw new InputError(`${name}: the folder has no file that ends in .json or .json.gz`);
  return recordings.sort().map((entry) => join(name, entry));
}

function valueText(value: unknown): string {
  const shown = value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}… (${shown.length} characters)` : shown;
}

function failureText(failure: FileFailure): string {
  const where = failure.step < 0 ? '' : ` step ${failure.step + 1}`;
  return [
    `${styled('red', 'FAIL')} ${failure.file}: ${failure.name}${where}: ${failure.field}`,
    `  kernel    ${valueText(failure.expected)}`,
    `  emulator  ${valueText(failure.actual)}`,
  ].join('\n');
}

/** The line of a file. What was not worked out but taken from the recording was not compared either, so it is said. */
function fileText({ file, passed, failures, inputs }: FileVerdict): string {
  const taken = inputs.length === 0 ? '' : `; taken from the recording: ${inputs.join(', ')}`;
  return `${file}: ${passed} passed, ${failures.length} failed${taken}`;
}

export interface VerifyOptions extends TestFormatOptions {
  kernel?: string;
  json?: true;
  quiet?: true;
  verbose?: true;
  output?: string;
}

/** A file as one case: what failed of it, or how much there was to compare. */
const caseOf = (verdict: FileVerdict): TestCase => ({
  suite: 'recordings',
  name: verdict.file,
  place: { file: verdict.file },
  ...(verdict.failures.length > 0
    ? { failure: stripVTControlCharacters(verdict.failures.map(failureText).join('\n')) }
    : { output: fileText(verdict) }),
});

/** The kernel that replays recordings in place of those that they name, and whose recordings these are. */
function replayedOn(kernel: string | undefined): ReplayedOn | undefined {
  if (kernel === undefined) return undefined;
  const release = namedKernel(kernel);
  return { release, version: release.tree?.version ?? release.name };
}

/** Nothing that cannot be read has been compared. @throws InputError */
function refuseMalformed(sentences: readonly string[]): void {
  const [first] = sentences;
  if (first === undefined) return;
  const others = sentences.length - 1;
  throw new InputError(
    others === 0 ? first : `${first}; ${others} more ${others === 1 ? 'case' : 'cases'} cannot be read`,
  );
}

/** Bytes of recordings that one thread replays as soon as several. */
const FEW_BYTES = 2 ** 18;
/** Bytes that JSON has for one of a compressed file, about. */
const COMPRESSED = 25;

/** How long a file is to replay, next to others. Nothing is known of standard input before it is read. */
const weightOf = (file: string): number =>
  file === STDIN ? 0 : statSync(file).size * (file.endsWith('.gz') ? COMPRESSED : 1);

/** `vmemmap verify`. Returns the exit code. @throws InputError where a case cannot be read, when all others are told */
export async function verify(names: readonly string[], options: VerifyOptions): Promise<number> {
  const replayed = replayedOn(options.kernel);
  const on = replayed && { kernel: replayed.release.name, version: replayed.version };
  const inputs = names.flatMap(expand).map((file) => ({ file, on, weight: weightOf(file) }));
  const verdicts = await spread('verify', inputs, {
    isLong: inputs.reduce((sum, { weight }) => sum + weight, 0) > FEW_BYTES,
    weigh: ({ weight }) => weight,
    onDone: (done, { file }) => progress(`${done}/${inputs.length} ${file}`),
  });
  progress('');
  return tellVerdicts(verdicts, options);
}

/** {@link verify} in this thread. */
export const verifyHere = (names: readonly string[], options: VerifyOptions): number =>
  tellVerdicts(
    names.flatMap(expand).map((file) => verifyFile(file, replayedOn(options.kernel))),
    options,
  );

function tellVerdicts(verdicts: readonly FileVerdict[], options: VerifyOptions): number {
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  const failures = verdicts.flatMap((verdict) => verdict.failures);
  const malformed = verdicts.flatMap((verdict) => verdict.malformed);
  const inputs = verdicts.flatMap((v) => (v.inputs.length === 0 ? [] : [{ file: v.file, taken: v.inputs }]));
  const report = testReport(options, () => verdicts.map(caseOf));
  if (report !== undefined) {
    writeResult(report, options.output);
  } else if (options.json) {
    writeResult(
      outputText({ schema: 'vmemmap/verify/v1', passed, failed: failures.length, failures, inputs }),
      options.output,
    );
  } else if (passed + failures.length > 0) {
    const perFile = verdicts.map(fileText);
    const leftOut = verdicts.reduce((sum, verdict) => sum + verdict.leftOut, 0);
    const others = leftOut === 0 ? '' : `; ${leftOut} of other releases left out`;
    const last = `${passed} passed, ${failures.length} failed${others}`;
    const body = options.quiet ? [] : [...(options.verbose ? perFile : []), ...failures.map(failureText)];
    writeResult([...body, last].join('\n'), options.output);
  }
  for (const defect of verdicts.flatMap((verdict) => verdict.defects)) throw defect;
  refuseMalformed(malformed);
  return failures.length > 0 ? EXIT_FINDING : EXIT_OK;
}
