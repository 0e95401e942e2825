// SPDX-License-Identifier: GPL-2.0-only

/** Alignment of non-negative numbers below 2^53, where bit operators would cut at 32 bits. */

/** @param unit a power of two */
export const alignDown = (x: number, unit: number): number => Math.floor(x / unit) * unit;

/** @param unit a power of two */
export const alignUp = (x: number, unit: number): number => Math.ceil(x / unit) * unit;

/** @param unit a power of two */
export const isAligned = (x: number, unit: number): boolean => Math.floor(x / unit) * unit === x;
