// SPDX-License-Identifier: GPL-2.0-only
// Stryker disable StringLiteral: names, reasons and sources are words for people

import { documented, estimate } from '../../src/cycles/figure.js';
import { SHOOT_DOWN_PER_CPU, X86_PAGE_ALLOCATOR } from '../../src/cycles/page-allocator-cost.js';
import { SOURCES } from '../../src/cycles/sources.js';

/** What all CPUs of x86_64 share. */
export const COMMON = {
  cpus: estimate(64, 'CPUs', 'no machine is meant: a server of two sockets'),
  issueWidth: estimate(4, 'instructions/cycle', 'dispatch width of the interval simulator Sniper for such cores'),
  lineSize: 64,
  barrier: {
    leaf: documented(0, 'cycles', `${SOURCES.linux}: a plain store`),
    table: documented(0, 'cycles', `${SOURCES.linux}: a plain store`),
  },
  flush: {
    all: {
      base: estimate(1.2, 'µs', 'one interrupt to another CPU and its answer; no measurement for few CPUs was found'),
      perCpu: SHOOT_DOWN_PER_CPU,
      empties: true,
    },
  },
  ...X86_PAGE_ALLOCATOR,
} as const;
