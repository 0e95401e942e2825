// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Release } from '../history/releases.js';
import type { Output } from '../report/output-schemas/index.js';
import { InputError } from '../scenario/load.js';
import { writeWhole } from '../scenario/whole-file.js';
import { clearProgress, endProgress } from './progress.js';
import { show } from './terminal.js';

/** Where results go. */

/** What a system call failed with, for a sentence. */
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * {@link writeWhole} for a file that somebody named.
 * @throws InputError when the file cannot be written
 */
export function writeNamed(path: string, content: string | Uint8Array): void {
  try {
    writeWhole(path, content);
  } catch (error) {
    throw new InputError(`${path}: it cannot be written (${codeOf(error)})`);
  }
}

/** A value as a JSON file has it. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A result as --json prints it: one of the forms that have a published schema. */
export const outputText = (output: Output): string => jsonText(output);

/**
 * Writes a result to standard output or a file.
 * @throws InputError when the file cannot be written; the result is on standard output then, so that it is not lost
 */
export function writeResult(text: string, file: string | undefined): void {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  endProgress();
  if (file === undefined) {
    show(whole);
    return;
  }
  try {
    writeNamed(file, stripVTControlCharacters(whole));
  } catch (error) {
    show(whole);
    throw error;
  }
}

/**
 * Makes a folder for results, with those above it, if it is not there.
 * @throws InputError when it cannot be one
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`${folder}: it is no folder (${codeOf(error)})`);
  }
}

const noted = new Set<string>();

/** Something that a user should know beside the result, once, on standard error. */
export function note(remark: string): void {
  if (noted.has(remark)) return;
  noted.add(remark);
  clearProgress();
  process.stderr.write(`vmemmap: note: ${remark}\n`);
}

/** What is not known of a release that a user named. */
export function noteRemark({ remark }: Release): void {
  if (remark !== undefined) note(remark);
}
