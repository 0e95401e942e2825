// SPDX-License-Identifier: GPL-2.0-only

import { arithmetic, estimate, measured, type Figure } from './figure.js';
import { SOURCES } from './sources.js';

/**
 * Cycles of the page allocator by order. Measured on x86_64 up to order 4; nothing was found for order 9, so what lies
 * beyond goes on at the step that reaches 950 and 850 cycles there.
 */

/** The largest block of any architecture here. */
const MAX_ORDER = 13;
const LAST_MEASURED = 4;

interface Measured {
  /** Order 0 in batches, as populating asks for pages one after the other, and one at a time. */
  batched: number;
  single: number;
  /** Orders 1 to 4. */
  byOrder: readonly [number, number, number, number];
  /** Cycles that each order beyond 4 adds. */
  step: number;
}

const ALLOCATE: Measured = { batched: 160, single: 220, byOrder: [449, 469, 511, 585], step: 73 };
const FREE: Measured = { batched: 80, single: 190, byOrder: [290, 311, 360, 447], step: 80.6 };

const orderZero = ({ batched, single }: Measured): Figure =>
  measured(batched, 'cycles', `${SOURCES.allocFast}; order 0 in batches, to one at a time`, [batched, single]);

function x86Figure(costs: Measured, order: number): Figure {
  if (order === 0) return orderZero(costs);
  const known = costs.byOrder[order - 1];
  if (known !== undefined) return measured(known, 'cycles', `${SOURCES.allocFast}; unit not printed`);
  const value = Math.round(costs.byOrder[LAST_MEASURED - 1]! + costs.step * (order - LAST_MEASURED));
  return estimate(value, 'cycles', 'extrapolated from order 4: one section under the zone lock, no zeroing');
}

const orders = (costs: Measured): Figure[] =>
  Array.from({ length: MAX_ORDER + 1 }, (_, order) => x86Figure(costs, order));

const scaled = (figure: Figure, factor: number, reason: string): Figure =>
  estimate(
    Math.round(figure.value * factor),
    'cycles',
    `${factor} times x86: ${reason}`,
    figure.range && [Math.round(figure.range[0] * factor), Math.round(figure.range[1] * factor)],
  );

export interface PageAllocatorCost {
  readonly allocate: readonly Figure[];
  readonly free: readonly Figure[];
}

export const X86_PAGE_ALLOCATOR: PageAllocatorCost = { allocate: orders(ALLOCATE), free: orders(FREE) };

/** The costs of another architecture: the same C code. @param factor cycles against x86_64 */
export const pageAllocatorCost = (factor: number, reason: string): PageAllocatorCost => ({
  allocate: X86_PAGE_ALLOCATOR.allocate.map((figure) => scaled(figure, factor, reason)),
  free: X86_PAGE_ALLOCATOR.free.map((figure) => scaled(figure, factor, reason)),
});

/** What each further CPU adds to a flush on all of them, bare metal. */
export const SHOOT_DOWN_PER_CPU = arithmetic(
  0.16,
  'µs',
  `calibrated: ${SOURCES.hugetlbBatch}; (24.85 - 2.55) s / 500 000 flushes on 240 to 288 CPUs`,
  [0.16, 0.19],
);
