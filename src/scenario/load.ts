// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { z } from 'zod';

/** Reading files that people name. Every complaint is one sentence: the file, the field, its value, what is allowed. */

/** A file cannot be used. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Larger inputs are refused before they are read, bytes. */
const MAX_FILE_BYTES = 512 * 2 ** 20;
/** gzip's magic number. */
const GZIP = [0x1f, 0x8b];
const SHOWN_CHARACTERS = 60;

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

/**
 * @param file where the text is from
 * @throws InputError
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}: it is not JSON (${readFailure(error).replaceAll(/\s+/g, ' ')})`);
  }
}

/** The value at a path, as text that fits a sentence. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('');

/** A zod issue as a sentence with the field, its value and what is allowed. */
export function issueSentence(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const where = pathText(issue.path);
    return `${where === '' ? '' : `${where}.`}${issue.keys[0]!} is not a field of a scenario`;
  }
  let value = input;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const field = pathText(issue.path) || 'the file';
  return `${field} is ${shown(value)}; it ${mustSentence(issue)}`;
}

function mustSentence(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must') || issue.message.startsWith('counts')) return issue.message;
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected === 'object' ? 'an object' : `a ${issue.expected}`}`;
  return `is not allowed (${issue.message})`;
}

/**
 * Checks a value against a schema.
 * @throws InputError with the first complaint
 */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, file: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`${file}: ${issueSentence(parsed.error.issues[0]!, value)}`);
}
