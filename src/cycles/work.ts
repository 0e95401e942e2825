// SPDX-License-Identifier: GPL-2.0-only

import { arithmetic, documented, estimate, reference } from './figure.js';
import { SOURCES } from './sources.js';

/** What code costs beside its accesses to memory: the same C on every CPU, so counted in instructions. */
export const WORK = {
  /** A store that hits L1. */
  store: estimate(1, 'cycles', 'a store a cycle; what it waits for is hidden by the store queue'),
  /**
   * Around one entry of a page table: the loop, the making of its value, the call of its setter. Calibrated so that the
   * last step of the measurement comes out.
   */
  entry: arithmetic(
    12,
    'instructions',
    `calibrated: ${SOURCES.linearMap}; VM of 64 GiB, 61 ms for 16.8 million entries, less what the model charges besides`,
  ),
  /** One entry read and tested on the way to another, where the load waits for nothing. */
  readEntry: estimate(4, 'instructions', 'load, mask, test and branch; read off the code of pXd_none()'),
  /** Around the memmap of one hugepage that is folded, and restored: lists, the walk, page counts. Calibrated alike. */
  foldHugepage: arithmetic(
    50_000,
    'instructions',
    `calibrated: ${SOURCES.hugetlbBatch}; 5.1 µs a hugepage with flushes batched, less what the model charges besides`,
  ),
  unfoldHugepage: arithmetic(
    132_000,
    'instructions',
    `calibrated: ${SOURCES.hugetlbBatch}; 17.9 µs a hugepage with flushes batched, less what the model charges besides`,
  ),
  /** One struct page, besides the stores to its line. */
  structPage: reference(30, 'instructions', 'initialisation of a struct page on 2013 to 2021 machines', [20, 40]),
  /** One struct page of 64 bytes as mm/mm_init.c initialises it, its stores among them; each 8 bytes more are a store more. */
  initialise: documented(23, 'instructions', 'counted in the loop that gcc 12.2 makes of its own C at -O2'),
  initialiseStores: documented(10, 'instructions', 'stores among them'),
  /** One subsection asked whether it is valid: its section, the flags of it, a bit of its bitmap. */
  checkSubsection: estimate(12, 'instructions', 'read off pfn_section_valid() and what it calls'),
} as const;
