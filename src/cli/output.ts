// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Release } from '../history/releases.js';
import { InputError } from '../scenario/load.js';
import { writeWhole } from '../scenario/whole-file.js';

/** Where results go, and how they look on a terminal. */

const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Text in a style where standard output is a terminal and NO_COLOR is not set; plain text elsewhere. */
export const styled = (style: Style, text: string): string => (coloured ? styleText(style, text) : text);

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

/**
 * Writes a result to standard output or a file.
 * @throws InputError when the file cannot be written; the result is on standard output then, so that it is not lost
 */
export function writeResult(text: string, file: string | undefined): void {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (file === undefined) {
    process.stdout.write(whole);
    return;
  }
  try {
    writeNamed(file, whole);
  } catch (error) {
    process.stdout.write(whole);
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

/** A line that says how far things are, on standard error and only on a terminal. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
