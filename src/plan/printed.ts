// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { PHYSICAL_ADDRESS_LIMIT } from '../hardware/ram.js';
import { InputError } from '../scenario/input.js';

/** What other tools and the kernel print. */

const SHOWN_CHARACTERS = 60;

/** Text as it fits a sentence. */
export const shortened = (text: string): string =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;

/** The lines of a file that say something, without their ends, and their numbers from 1. */
export const linesOf = (text: string): { text: string; number: number }[] =>
  text
    .split(/\r?\n/)
    .map((line, i) => ({ text: line, number: i + 1 }))
    .filter((line) => line.text.trim() !== '');

/**
 * JSON as a tool printed it.
 * @throws InputError
 */
export function parseJson(text: string, file: string, tool: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${file}: it is not JSON; expected is what \`${tool}\` prints`);
  }
}

/** Bytes as a number, or as hex or decimal text; what -u makes of them cannot be used. @param tool that prints them */
export const bytes = (tool: string) =>
  z.union([z.number(), z.string()], { error: 'must be bytes as a number' }).transform((value, context): number => {
    const isText = typeof value === 'string';
    const number = isText ? (/^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : NaN) : value;
    if (Number.isInteger(number) && number >= 0 && number <= PHYSICAL_ADDRESS_LIMIT) return number;
    const message =
      isText && Number.isNaN(number)
        ? `must be bytes as a number; text with units comes from -u, so run \`${tool}\` without it`
        : 'must be bytes as a whole number of at most 2^52';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
