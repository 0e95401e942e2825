// SPDX-License-Identifier: GPL-2.0-only

/** A number of a cost model with where it comes from. Without a source there is no figure. */

/**
 * How a figure is known: read in a vendor's document or in source code; measured and published; from a reference table;
 * arithmetic on something measured; recalled from a manual or a review and not read again; or estimated, the source
 * being the reason.
 */
export const CONFIDENCES = ['document', 'measured', 'reference', 'arithmetic', 'recalled', 'estimate'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** What a figure counts; `times` is a plain factor. */
export type Unit = 'GHz' | 'cycles' | 'µs' | 'bytes/cycle' | 'instructions' | 'instructions/cycle' | 'CPUs' | 'times';

/** A number of a cost model, and where it comes from. */
export interface Figure {
  readonly value: number;
  readonly unit: Unit;
  readonly confidence: Confidence;
  readonly source: string;
  /** Both ends where the source gives a range; the value lies between them. */
  readonly range?: readonly [low: number, high: number];
}

type Maker = (value: number, unit: Unit, source: string, range?: readonly [low: number, high: number]) => Figure;

const maker =
  (confidence: Confidence): Maker =>
  (value, unit, source, range) => ({ value, unit, confidence, source, ...(range === undefined ? {} : { range }) });

export const documented = maker('document');
export const measured = maker('measured');
export const reference = maker('reference');
export const arithmetic = maker('arithmetic');
export const recalled = maker('recalled');
export const estimate = maker('estimate');
