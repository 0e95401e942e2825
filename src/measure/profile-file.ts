// SPDX-License-Identifier: GPL-2.0-only

import * as z from 'zod';
import { ARCHITECTURES } from '../scenario/names.js';
import { CONFIDENCES, type Figure } from '../cycles/figure.js';
import { figuresOf, withFigures, type CpuProfile } from '../cycles/profile.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError, readWith } from '../scenario/load.js';

/** A profile in a file: the figures that were measured on one machine, and the registered profile that has the rest. */

export const PROFILE_SCHEMA = 'vmemmap/cpu-profile/v1';

const FLAGS = ['erms', 'fsrs'] as const;

export const profileFileSchema = z.strictObject({
  schema: z.literal(PROFILE_SCHEMA),
  name: z.string().min(1),
  title: z.string(),
  /** The registered profile that has every figure that is not here. */
  base: z.string(),
  /** CPUID leaf 1, EAX, hex digits. */
  cpuid: z.string().optional(),
  flags: z.array(z.enum(FLAGS)),
  /** Sizes in bytes, by the name that the base has for the cache. */
  caches: z.record(z.string(), z.strictObject({ size: z.int().positive(), ways: z.int().positive() })),
  /** By the names that `vmemmap cpu NAME` prints; in the unit of the base. */
  figures: z.record(
    z.string(),
    z.strictObject({
      value: z.number().nonnegative(),
      confidence: z.enum(CONFIDENCES),
      source: z.string(),
      range: z.tuple([z.number(), z.number()]).optional(),
    }),
  ),
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
      throw new InputError(`${from}: figures.${name} is no figure of ${base.name}; see vmemmap cpu ${base.name}`);
    replaced.set(name, { value, unit, confidence, source, ...(range === undefined ? {} : { range }) });
  }
  const profile = withFigures(base, replaced);
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
