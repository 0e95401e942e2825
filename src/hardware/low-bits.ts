// SPDX-License-Identifier: GPL-2.0-only

/** Addresses below here are numbers: the low 52 bits of a virtual address tell all places of a vmemmap apart. */

export const LOW_52_BITS = 2n ** 52n - 1n;

/** The low 52 bits of a virtual address that has all 64. */
export const low52 = (address: bigint): number => Number(address & LOW_52_BITS);

/** Hex digits of the low bits, and what they tell apart. */
const LOW_DIGITS = 13;
const LOW_SPAN = 16 ** LOW_DIGITS;
/** Values of the bits above them. */
const TOPS = 2 ** 12;

/**
 * A virtual address, as hex digits without leading zeros. What lies behind the last address is at the first one again: 64 bits
 * wrap.
 * @param top bits 63 to 52 of where `low` counts from
 * @param low the low 52 bits, and what carries over them
 */
export function addressText(top: number, low: number): string {
  const above = (top + Math.floor(low / LOW_SPAN)) % TOPS;
  return (above.toString(16) + (low % LOW_SPAN).toString(16).padStart(LOW_DIGITS, '0')).replace(/^0+(?=.)/, '');
}
