// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';
import { didYouMean } from './did-you-mean.js';
import { fieldsAt } from './fields-at.js';
import { positionsIn, positionText, syntaxErrors, type Path } from './positions.js';

/**
 * What somebody gave, against a schema. Every complaint is one sentence: where it is from, with line and column where the
 * text is at hand, the field, its value, what is allowed.
 */

/** What was given cannot be used. The message is the first complaint. */
export class InputError extends Error {
  override readonly name = 'InputError';

  /** @param others what else is wrong with it, a sentence each */
  constructor(
    message: string,
    readonly others: readonly string[] = [],
  ) {
    super(message);
  }
}

/** @throws InputError with all of some complaints; nothing where there is none */
function refuse(complaints: readonly string[]): void {
  const [first, ...others] = complaints;
  if (first !== undefined) throw new InputError(first, others);
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
    refuse(
      syntaxErrors(text).map(({ reason, position }) => `${file}:${positionText(position)}: it is not JSON: ${reason}`),
    );
    const message = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file}: it is not JSON (${message.replaceAll(/\s+/g, ' ')})`);
  }
}

/** The value at a path, as text that fits a sentence. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** A key as text that fits a sentence: quoted where it has more than what names have. */
export const keyText = (key: PropertyKey): string =>
  /^[\w$-]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key));

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${keyText(key)}`)).join('');

/** One thing that is wrong with a value. */
export interface Mistake {
  /** The field, its value and what is allowed. */
  readonly sentence: string;
  readonly path: Path;
  /** It is the field's name that is wrong. */
  readonly ofName?: true;
}

/** Names that an issue says would have been right. */
function rightNames(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  const isOneOfSeveral = issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options);
  return isOneOfSeveral ? (issue.options as unknown[]).map(String) : [];
}

/** What is wrong with a value, as an issue of its schema tells. */
function mistakesOf(issue: z.core.$ZodIssue, schema: z.core.$ZodType, input: unknown): Mistake[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const fields = fieldsAt(schema, path, input);
    return issue.keys.map((key) => {
      const where = [...path, key];
      return {
        sentence: `${pathText(where)} is not a field${didYouMean(key, fields)}`,
        path: where,
        ofName: true,
      };
    });
  }
  let value = input;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const field = pathText(path) || 'the file';
  const meant = didYouMean(value, rightNames(issue));
  return [{ sentence: `${field} is ${shown(value)}; it ${mustSentence(issue)}${meant}`, path }];
}

/** What the checker's types are called, where their own name is not a word for people. */
const TYPE_WORDS: Readonly<Record<string, string>> = { object: 'an object', record: 'an object', array: 'a list' };

function mustSentence(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must') || issue.message.startsWith('counts')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_WORDS[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}`;
    case 'too_small':
      return `must ${verbOf(issue.origin)} ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must ${verbOf(issue.origin)} ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return `is not allowed (${issue.message})`;
  }
}

/** What a bound is counted in, where it is no number that is bounded. */
const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'items', tuple: 'items' };
const verbOf = (origin: string): string => (origin in COUNTED ? 'have' : 'be');
const unitOf = (origin: string): string => (origin in COUNTED ? ` ${COUNTED[origin]!}` : '');

/** A value against a schema: what the schema makes of it, or all that is wrong with it. */
export function checkWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
): { readonly data: z.output<S> } | { readonly mistakes: readonly Mistake[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data };
  // Of one field the first mistake says what the others do.
  const firsts = new Map<string, Mistake>();
  for (const mistake of parsed.error.issues.flatMap((issue) => mistakesOf(issue, schema, value))) {
    const field = pathText(mistake.path);
    if (!firsts.has(field)) firsts.set(field, mistake);
  }
  return { mistakes: [...firsts.values()] };
}

/** The places of some mistakes in the text of their file, before their sentences. */
export function placed(mistakes: readonly Mistake[], file: string, text: string | undefined): string[] {
  if (text === undefined) return mistakes.map(({ sentence }) => `${file}: ${sentence}`);
  const positionAt = positionsIn(text);
  return mistakes
    .map(({ sentence, path, ofName = false }) => ({ sentence, at: positionAt(path, ofName) }))
    .sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
    .map(({ sentence, at }) => `${file}:${positionText(at)}: ${sentence}`);
}

/**
 * Checks a value against a schema.
 * @param file where it is from
 * @param text the file's text, if the value is what it says
 * @throws InputError with every complaint
 */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, file: string, text?: string): z.output<S> {
  const checked = checkWith(schema, value);
  if ('mistakes' in checked) refuse(placed(checked.mistakes, file, text));
  return (checked as { data: z.output<S> }).data;
}
