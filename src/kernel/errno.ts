// SPDX-License-Identifier: GPL-2.0-only

/** Error numbers as kernel functions return them (include/uapi/asm-generic/errno-base.h). */
export const EPERM = 1;
export const ENOENT = 2;
export const ENXIO = 6;
export const E2BIG = 7;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const ERANGE = 34;
export const ENOTSUPP = 524;
