// SPDX-License-Identifier: GPL-2.0-only

/** Numbers of more than 32 bits in two words, as entries of a table and saved states keep them. */

const BITS_31_0 = 2 ** 32;

/**
 * The number that two words are.
 * @param hi bits 63:32
 * @param lo bits 31:0, not negative
 */
export const joinHalves = (hi: number, lo: number): number => hi * BITS_31_0 + lo;

/** Bits 63:32 of a number that is not negative. */
export const highHalf = (value: number): number => Math.floor(value / BITS_31_0);

/** Bits 31:0 of a number that is not negative. */
export const lowHalf = (value: number): number => value % BITS_31_0;
