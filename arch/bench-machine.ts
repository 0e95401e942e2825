// SPDX-License-Identifier: GPL-2.0-only

import type { Hypervisor } from '../src/cycles/profile.js';
import type { RoomValues } from './machine-fields.js';

/** What a room brings to the suites of the benchmark. */

/** Suites that a machine can be part of; `cycle` is three of them: populate, free, and both. */
export type BenchSuite =
  'cycle' | 'altmap' | 'partial-pmd' | 'subsection' | 'compound' | 'struct-page' | 'block-size' | 'release' | 'hot-add';

/** A machine of the suites, as a scenario says it. */
export interface BenchMachine {
  /** "x86_64, PMD leaves". */
  readonly name: string;
  readonly machine: {
    readonly arch: string;
    readonly pageSize?: string;
    readonly structPageSize?: number;
    readonly hugeVmemmap?: boolean;
    readonly mmu?: NonNullable<RoomValues['mmu']>;
  };
  readonly hypervisor?: Hypervisor;
  readonly suites: readonly BenchSuite[];
}

/** Machines of an architecture. */
export interface Bench {
  /** Where its cases stand among those of others: results are compared line by line, so the order stays. */
  readonly place: number;
  readonly machines: readonly BenchMachine[];
}
