// SPDX-License-Identifier: GPL-2.0-only

/** A number in hex with 0x before it, as the kernel prints it with %#llx. */
export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
