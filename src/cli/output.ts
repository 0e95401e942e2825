// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Release } from '../history/releases.js';
import { InputError } from '../scenario/load.js';

/** Where results go, and how they look on a terminal. */

/** Exit codes of every command. */
export const EXIT_OK = 0;
export const EXIT_FINDING = 1;
export const EXIT_USAGE = 2;

const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Text in a style where standard output is a terminal and NO_COLOR is not set; plain text elsewhere. */
export const styled = (style: Style, text: string): string => (coloured ? styleText(style, text) : text);

/**
 * Writes a result to standard output or a file.
 * @throws InputError when the file cannot be written
 */
export function writeResult(text: string, file: string | undefined): void {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (file === undefined) {
    process.stdout.write(whole);
    return;
  }
  try {
    writeFileSync(file, whole);
  } catch (error) {
    throw new InputError(`${file}: it cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
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
    throw new InputError(`${folder}: it is no folder (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
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
