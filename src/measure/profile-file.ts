// SPDX-License-Identifier: GPL-2.0-only

import * as z from 'zod';
import { ARCHITECTURES } from '../scenario/names.js';
import { CONFIDENCES, type Figure } from '../cycles/figure.js';
import { figuresOf, withFigures, type CpuProfile } from '../cycles/profile.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { keyText } from '../scenario/input.js';
import { InputError, readWith } from '../scenario/load.js';

/** A profile in a file: the figures that were measured on one machine, and the registered profile that has the rest. */

export const PROFILE_SCHEMA = 'vmemmap/cpu-profile/v1';

const FLAGS = ['erms', 'fsrs'] as const;

/** Bytes of the largest cache of which the model keeps every line. */
const MAX_CACHE = 2 ** 30;
const MAX_WAYS = 64;

export const profileFileSchema = z.strictObject({
  schema: z.literal(PROFILE_SCHEMA).describe('The form of this file, and its version.'),
  name: z.string().min(1).describe('What results call the CPU.'),
  title: z.string().describe('For people.'),
  base: z.string().describe('The registered profile that has every figure that is not here.'),
  cpuid: z.string().optional().describe('CPUID leaf 1, EAX, hex digits.'),
  flags: z.array(z.enum(FLAGS)).describe('What a kernel asks for when it chooses how to fill memory.'),
  caches: z
    .record(
      z.string(),
      z.strictObject({
        size: z.int().positive().max(MAX_CACHE).describe('Bytes.'),
        ways: z.int().positive().max(MAX_WAYS).describe('Ways.'),
      }),
    )
    .describe('Sizes of caches, by the name that the base has for them.'),
  figures: z
    .record(
      z.string(),
      z.strictObject({
        value: z.number().nonnegative().describe('The value, in the unit of the base.'),
        confidence: z.enum(CONFIDENCES).describe('How it is known.'),
        source: z.string().describe('Where it is from.'),
        range: z.tuple([z.number(), z.number()]).optional().describe('Both ends where the source gives a range.'),
      }),
    )
    .describe('Figures, by the names that vmemmap cpu NAME prints.'),
});
export type ProfileFile = z.output<typeof profileFileSchema>;

/**
 * The profile that a file describes.
 * @param from the file's name, for sentences
 * @throws InputError where the base or a figure is not known
 */
export function profileOfFile(content: ProfileFile, from: string): CpuProfile {
  const bases = ARCHITECTURES.flatMap(({ cpus }) => cpus);
  const base = bases.find(({ name }) => name === content.base);
  if (base === undefined) {
    throw new InputError(
      `${from}: base is "${content.base}"; ${allowedAre(
        content.base,
        bases.map(({ name }) => name),
      )}`,
    );
  }
  const known = new Map(figuresOf(base).map((figure) => [figure.name, figure]));
  const replaced = new Map<string, Figure>();
  for (const [name, { value, confidence, source, range }] of Object.entries(content.figures)) {
    const unit = known.get(name)?.unit;
    if (unit === undefined)
      throw new InputError(
        `${from}: figures.${name.split('.').map(keyText).join('.')} is no figure of ${base.name}; see vmemmap cpu ${base.name}`,
      );
    replaced.set(name, { value, unit, confidence, source, ...(range === undefined ? {} : { range }) });
  }
  const profile = withFigures(base, replaced);
  for (const [name, { size, ways }] of Object.entries(content.caches)) {
    const sets = size / base.lineSize / ways;
    if (!Number.isInteger(Math.log2(sets)))
      throw new InputError(
        `${from}: caches.${keyText(name)} has ${size} bytes in ${ways} ways; lines of ${base.lineSize} bytes must make a power of two of sets, and make ${sets}`,
      );
  }
  return {
    ...profile,
    name: content.name,
    title: content.title,
    base: base.name,
    flags: content.flags,
    ...(content.cpuid === undefined ? {} : { cpuid: content.cpuid }),
    caches: profile.caches.map((cache) => ({ ...cache, ...content.caches[cache.name] })),
  };
}

/** Reads a profile from a file. @throws InputError */
export const readProfile = (file: string): CpuProfile => profileOfFile(readWith(profileFileSchema, file), file);
