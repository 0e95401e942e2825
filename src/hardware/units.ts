// SPDX-License-Identifier: GPL-2.0-only

/** Sizes, bytes. */
export const KIB = 2 ** 10;
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
export const TIB = 2 ** 40;
