// SPDX-License-Identifier: GPL-2.0-only

import type { CacheGeometry } from './cache.js';
import type { TlbGeometry } from './tlb.js';
import type { Confidence, Figure } from './figure.js';

/** What a CPU costs: one CPU, one value of this type, every number of it with its source. */

/** A size with its source: bytes, ways and entries are facts of a table, not of a measurement. */
export interface Sourced {
  readonly confidence: Confidence;
  readonly source: string;
}

export interface CacheProfile extends CacheGeometry, Sourced {
  readonly name: string;
  readonly latency: Figure;
}

export interface TlbProfile extends TlbGeometry, Sourced {}

/** Bytes a cycle of a loop over a range, by what holds the line: one figure for each cache, memory last. */
export interface StreamProfile {
  /** Cycles before the first byte. */
  readonly startup?: Figure;
  readonly rates: readonly Figure[];
}

/** A flush, µs: what it takes by itself, and what each further CPU adds, and what is lost. */
export interface FlushProfile {
  readonly base: Figure;
  readonly perCpu?: Figure;
  /** It takes all translations away, not just those of its range. */
  readonly empties: boolean;
}

/** What a kernel asks for when it chooses how to fill memory. */
export type CpuFlag = 'erms' | 'fsrs';

/** Who runs below a kernel. */
export const HYPERVISORS = ['none', 'powervm', 'kvm'] as const;
export type Hypervisor = (typeof HYPERVISORS)[number];

/** What a CPU costs: one CPU, one value. Each figure bears its unit, its source and how it is known. */
export interface CpuProfile {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly flags: readonly CpuFlag[];
  /** Nominal clock: cycles are turned into time with it. */
  readonly clock: Figure;
  /** CPUs of the machine that is modelled where nobody says how many. */
  readonly cpus: Figure;
  readonly issueWidth: Figure;

  readonly lineSize: number;
  /** From the innermost on. */
  readonly caches: readonly CacheProfile[];
  /** Latency of memory. */
  readonly memory: Figure;

  readonly tlb: {
    readonly first: readonly TlbProfile[];
    readonly second: readonly TlbProfile[];
    /** Cycles that a hit in the second level adds. */
    readonly secondHit: Figure;
    /** Cycles of a walk whose tables are cached. */
    readonly walk: Figure;
    /** Bytes that a leaf of the linear map maps: page tables are read and written through it. */
    readonly linearMap: Sourced & { readonly leafSize: number };
  };

  /** clear_page(). */
  readonly zero: StreamProfile;
  /** memset() of another value than zero, as a string instruction and as a loop of stores. */
  readonly fillString?: StreamProfile;
  readonly fillLoop: StreamProfile;
  /** memchr_inv(): loads of 8 bytes. */
  readonly scan: StreamProfile;

  /** What follows the store of a valid leaf, and of an entry that points to a table. */
  readonly barrier: { readonly leaf: Figure; readonly table: Figure };
  /** Flushes that kernels of this architecture make where they free the vmemmap. */
  readonly flush: {
    /** All of the kernel's translations, on every CPU. */
    readonly all?: FlushProfile;
    /** A range of kernel addresses. */
    readonly range?: FlushProfile;
    /** The cached walks of a freed table. */
    readonly table?: FlushProfile;
  };
  /** A spin lock taken and given back, nobody waiting. */
  readonly lockPair: Figure;
  /** alloc_pages() and free_pages(), without zeroing, by order. */
  readonly allocate: readonly Figure[];
  readonly free: readonly Figure[];

  /** Hashed page table, where the CPU has one. */
  readonly hash?: {
    /** native_hpte_insert() without the lines of the group. */
    readonly insert: Figure;
    /** tlbie with its barriers. */
    readonly tlbie: Figure;
    /** One call of the hypervisor. */
    readonly hypercall: Readonly<Partial<Record<Hypervisor, Figure>>>;
  };
}

/** A figure of a profile with its place in it, as `vmemmap cpu` prints it. */
export interface NamedFigure extends Figure {
  readonly name: string;
}

const isFigure = (value: unknown): value is Figure =>
  typeof value === 'object' && value !== null && 'unit' in value && 'confidence' in value;

/** Every figure below a value, depth first, named by the way to it. */
function collect(value: unknown, path: string): NamedFigure[] {
  if (isFigure(value)) return [{ name: path, ...value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, child]) => {
    const label = typeof child === 'object' && child !== null && 'name' in child ? String(child.name) : key;
    return collect(child, path === '' ? label : `${path}.${label}`);
  });
}

/** Every figure of a profile. */
export const figuresOf = (profile: CpuProfile): NamedFigure[] => collect(profile, '');
