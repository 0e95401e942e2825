// SPDX-License-Identifier: GPL-2.0-only

import type { Figure } from './figure.js';
import type { CpuProfile } from './profile.js';

/** Bounds of a result: a copy of a profile has all figures at their cheap or all at their dear end. */

export type End = 'cheap' | 'dear';

/** Units of which more makes things faster. */
const FASTER: readonly string[] = ['bytes/cycle', 'instructions/cycle'];
/** The clock turns cycles into time and back; it is no cost. */
const CLOCK = 'GHz';

function figureAt(figure: Figure, end: End): Figure {
  const { range, unit } = figure;
  if (range === undefined || unit === CLOCK) return figure;
  const high = FASTER.includes(unit) === (end === 'cheap');
  return { ...figure, value: range[high ? 1 : 0] };
}

function valueAt(value: unknown, end: End): unknown {
  if (Array.isArray(value)) return value.map((item) => valueAt(item, end));
  if (typeof value !== 'object' || value === null) return value;
  if ('unit' in value && 'confidence' in value) return figureAt(value as Figure, end);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, valueAt(item, end)]));
}

/** Figures whose source gives no range stay as they are. */
export const profileAt = (profile: CpuProfile, end: End): CpuProfile => valueAt(profile, end) as CpuProfile;
