// SPDX-License-Identifier: GPL-2.0-only

/** Exit codes of every command. */
export const EXIT_OK = 0;
export const EXIT_FINDING = 1;
export const EXIT_USAGE = 2;
/** A defect of this program: EX_SOFTWARE of sysexits.h. */
export const EXIT_DEFECT = 70;
