// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';

/** What somebody gave, against a schema. Every complaint is one sentence: where it is from, the field, its value, what is allowed. */

/** What was given cannot be used. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const SHOWN_CHARACTERS = 60;

/**
 * @param file where the text is from
 * @throws InputError
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file}: it is not JSON (${reason.replaceAll(/\s+/g, ' ')})`);
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
  if (issue.code === 'invalid_union') {
    const ways = issue.errors.flat().map(mustSentence);
    return ways.findLast((way) => way.startsWith('must')) ?? 'is none of what is allowed there';
  }
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
