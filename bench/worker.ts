// SPDX-License-Identifier: GPL-2.0-only

import { measureLarge } from './large.js';

/** Measures in a process of its own what it costs to add much memory, GiB; the result goes to the parent. */

export interface Measured {
  /** Nanoseconds of the whole job. */
  ns: number;
  /** Memory that the job keeps. */
  bytes: number;
}

process.send?.(measureLarge(Number(process.argv[2])) satisfies Measured);
