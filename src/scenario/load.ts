// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';
import { InputError, parseJson, parseWith } from './input.js';

export { InputError, parseJson, parseWith } from './input.js';

/** Reading files that people name. */

/** What stands for standard input where a file is named. */
export const STDIN = '-';
const STDIN_FD = 0;
/** Standard input ends once; whoever asks again gets the same. */
let standardInput: Buffer | undefined;

/** A file as sentences name it. */
export const fileTitle = (file: string): string => (file === STDIN ? 'standard input' : file);

/** Larger inputs are refused before they are read, bytes. */
const MAX_FILE_BYTES = 512 * 2 ** 20;
/** gzip's magic number. */
const GZIP = [0x1f, 0x8b];

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'it may not be read',
};

/** Why a file could not be read, for a sentence. */
export const readFailure = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code;
  return (code !== undefined && REASONS[code]) || (error instanceof Error ? error.message : String(error));
};

function refuseLarge(file: string): void {
  const { size } = statSync(file);
  if (size > MAX_FILE_BYTES) throw new InputError(`${file}: it has ${size} bytes; allowed are ${MAX_FILE_BYTES}`);
}

/** Everything that a file has; "-" is standard input. */
export const readBytes = (file: string): Buffer =>
  file === STDIN ? (standardInput ??= readFileSync(STDIN_FD)) : readFileSync(file);

/**
 * Reads a text file, also one packed by gzip; "-" is standard input.
 * @throws InputError
 */
export function readText(file: string): string {
  const title = fileTitle(file);
  let bytes: Buffer;
  try {
    if (file !== STDIN) refuseLarge(file);
    bytes = readBytes(file);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${title}: ${readFailure(error)}`);
  }
  if (bytes[0] === GZIP[0] && bytes[1] === GZIP[1]) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES });
    } catch (error) {
      throw new InputError(`${title}: it is not a whole gzip file (${readFailure(error)})`);
    }
  }
  return bytes.toString('utf8');
}

/**
 * Reads a JSON file, also one packed by gzip.
 * @throws InputError
 */
export const readJson = (file: string): unknown => parseJson(readText(file), fileTitle(file));

/**
 * Reads a JSON file that has a schema.
 * @throws InputError with every mistake, and where in the file it is
 */
export function readWith<S extends z.ZodType>(schema: S, file: string): z.output<S> {
  const text = readText(file);
  const title = fileTitle(file);
  return parseWith(schema, parseJson(text, title), title, text);
}
