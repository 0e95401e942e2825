// SPDX-License-Identifier: GPL-2.0-only

/** Addresses below here are numbers: the low 52 bits of a virtual address tell all places of a vmemmap apart. */

export const LOW_52_BITS = 2n ** 52n - 1n;

/** The low 52 bits of a virtual address that has all 64. */
export const low52 = (address: bigint): number => Number(address & LOW_52_BITS);
