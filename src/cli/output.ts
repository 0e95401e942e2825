// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Release } from '../history/releases.js';
import type { Output } from '../report/output-schemas/index.js';
import { InputError } from '../scenario/load.js';
import { writeWhole } from '../scenario/whole-file.js';
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

/** What is not known of a release that a user named, once, on standard error. */
export function noteRemark({ remark }: Release): void {
  if (remark === undefined || noted.has(remark)) return;
  noted.add(remark);
  process.stderr.write(`vmemmap: note: ${remark}\n`);
}

/** Milliseconds before anything is said of how far things are, and between two lines of it. */
const SAYS_PROGRESS_AFTER = 500;
const SAYS_PROGRESS_EVERY = 50;
let progressFrom: number | undefined;
let saidAt = 0;

/** A line that says how far things are, on standard error and only on a terminal; an empty one when they are done. */
export function progress(text: string): void {
  if (!process.stderr.isTTY) return;
  const now = performance.now();
  progressFrom ??= now;
  if (text === '') {
    if (saidAt > 0) process.stderr.write('\r\x1b[K');
    progressFrom = undefined;
    saidAt = 0;
  } else if (now - progressFrom >= SAYS_PROGRESS_AFTER && now - saidAt >= SAYS_PROGRESS_EVERY) {
    saidAt = now;
    const columns = process.stderr.columns;
    process.stderr.write(`\r\x1b[K${text.slice(0, columns - 1)}`);
  }
}
