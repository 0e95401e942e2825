// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { InputError, parseJson } from './input.js';

export { InputError, issueSentence, parseJson, parseWith } from './input.js';

/** Reading files that people name. */

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

/**
 * Reads a text file, also one packed by gzip.
 * @throws InputError
 */
export function readText(file: string): string {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new InputError(`${file}: it has ${size} bytes; allowed are ${MAX_FILE_BYTES}`);
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: ${readFailure(error)}`);
  }
  if (bytes[0] === GZIP[0] && bytes[1] === GZIP[1]) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES });
    } catch (error) {
      throw new InputError(`${file}: it is not a whole gzip file (${readFailure(error)})`);
    }
  }
  return bytes.toString('utf8');
}

/**
 * Reads a JSON file, also one packed by gzip.
 * @throws InputError
 */
export const readJson = (file: string): unknown => parseJson(readText(file), file);
