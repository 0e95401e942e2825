// SPDX-License-Identifier: GPL-2.0-only

/** Alignment of non-negative numbers below 2^53, where bit operators would cut at 32 bits. */

/** Up to this unit the low 32 bits of a number tell its alignment, and bit operators are faster than a division. */
const BIT_OPERATOR_LIMIT = 2 ** 31;

/** @param unit a power of two */
export const alignDown = (x: number, unit: number): number =>
  unit <= BIT_OPERATOR_LIMIT ? x - (x & (unit - 1)) : Math.floor(x / unit) * unit;

/** @param unit a power of two */
export const alignUp = (x: number, unit: number): number => alignDown(x + unit - 1, unit);

/** @param unit a power of two */
export const isAligned = (x: number, unit: number): boolean => alignDown(x, unit) === x;
