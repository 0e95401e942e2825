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

/** A level of cache: its size and ways, and the cycles of a hit. */
export interface CacheProfile extends CacheGeometry, Sourced {
  readonly name: string;
  readonly latency: Figure;
}

/** A level of TLB: its entries by leaf size. */
export interface TlbProfile extends TlbGeometry, Sourced {}

/** Bytes a cycle of a loop over a range, by what holds the line: one figure for each cache, memory last. */
export interface StreamProfile {
  /** Cycles before the first byte. */
  readonly startup?: Figure;
  /** Cycles that a loop waits which begins in memory, until the prefetcher runs ahead of it. */
  readonly coldStart?: Figure;
  readonly rates: readonly Figure[];
}

/** A flush, µs: what it takes by itself, and what each further CPU adds, and what is lost. */
export interface FlushProfile {
  readonly base: Figure;
  readonly perCpu?: Figure;
  /** It takes all translations away, not just those of its range. */
  readonly empties: boolean;
}

/**
 * What code costs whose loads and stores wait for nothing: an out-of-order core goes on while lines are on their way, so
 * entries in a row cost the instructions around them and the rate at which lines come. A profile without these figures
 * charges latencies, which only a chase of pointers has.
 */
export interface ThroughputProfile {
  /** A function called and left. */
  readonly call: Figure;
  /** A store among others to the same line, one behind the other. */
  readonly pairedStore: Figure;
  /** A store by itself: the one of a turn. */
  readonly singleStore: Figure;
  /** Two stores leave the store buffer in one cycle only where they go to the same line. */
  readonly pairsWithinLine: Sourced & { readonly value: boolean };
  /** What the store of an entry takes whose line is not in L1, by the level that serves it, L1 first, memory last. */
  readonly storeMiss: readonly Figure[];
  /** What a walk takes longer that brings a line of page-table entries from memory. */
  readonly coldTableLine: Figure;
  /** copy_page(), by the level that serves its source. */
  readonly copy: StreamProfile;
  /** How many times as long initialisation takes where so many CPUs do it at once, ascending. */
  readonly together?: readonly { readonly cpus: number; readonly factor: Figure }[];
}

/** Memory of a node that is not the CPU's own. */
export interface RemoteNode {
  readonly name: string;
  /** Its distance from the CPU's node as `numactl -H` prints it, from the SLIT: words of firmware for it. */
  readonly distances: readonly number[];
  /** It has no memory that the page allocator may take for the kernel: the memmap of such a node lies on it only as its own. */
  readonly isMemoryOnly: boolean;
  /** How many times as long a line takes that comes from it. */
  readonly latency: Figure;
  /**
   * How many times as long one core takes for a line of many in a row, where that was measured. A core has so many lines
   * under way and no more, wherever they come from, so where it was not it is the latency's.
   */
  readonly stream?: Figure;
}

/** What a kernel asks for when it chooses how to fill memory. */
export type CpuFlag = 'erms' | 'fsrs';

/** Who runs below a kernel. */
export const HYPERVISORS = ['none', 'powervm', 'kvm'] as const;
/** Who runs below a kernel; `none` on bare metal. */
export type Hypervisor = (typeof HYPERVISORS)[number];

/** What a CPU costs: one CPU, one value. Each figure bears its unit, its source and how it is known. */
export interface CpuProfile {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** CPUID leaf 1, EAX, as hex digits, of the CPU that its figures were measured on. */
  readonly cpuid?: string;
  /** Name of the registered profile that has what was not measured, where this one is from a file. */
  readonly base?: string;
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
  /** Memory of other nodes, where it was measured. */
  readonly remote?: readonly RemoteNode[];

  readonly tlb: {
    readonly first: readonly TlbProfile[];
    readonly second: readonly TlbProfile[];
    /** Cycles that a hit in the second level adds. */
    readonly secondHit: Figure;
    /** Cycles of a walk whose tables are cached. */
    readonly walk: Figure;
    /**
     * How many times as long a walk takes under nested paging. The walks of a CPU that was measured with a hypervisor below
     * it have that inside.
     */
    readonly nested?: Figure | 'inside';
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

  /** Figures of a core that does not wait, where they were measured. */
  readonly throughput?: ThroughputProfile;

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

/** Name of the registered profile that a profile is, or that one from a file stands for. */
export const registeredName = ({ base, name }: CpuProfile): string => base ?? name;

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
    return collect(child, pathOf(path, key, child));
  });
}

/** The name of a part of a profile: its own where it has one, else its key. */
function pathOf(path: string, key: string, child: unknown): string {
  const label = typeof child === 'object' && child !== null && 'name' in child ? String(child.name) : key;
  return path === '' ? label : `${path}.${label}`;
}

/** Figures of a profile, at any depth, each with its path as its name: "zero.rates.0". */
export const figuresOf = (profile: CpuProfile): NamedFigure[] => collect(profile, '');

/**
 * A profile with some figures replaced, each named as {@link figuresOf} names it.
 * @throws RangeError where the profile has no figure of a name
 */
export function withFigures(profile: CpuProfile, replaced: ReadonlyMap<string, Figure>): CpuProfile {
  const known = new Set(figuresOf(profile).map(({ name }) => name));
  for (const name of replaced.keys())
    if (!known.has(name)) throw new RangeError(`${profile.name} has no figure ${name}`);
  return replace(profile, '', replaced) as CpuProfile;
}

function replace(value: unknown, path: string, replaced: ReadonlyMap<string, Figure>): unknown {
  if (isFigure(value)) return replaced.get(path) ?? value;
  if (Array.isArray(value)) return value.map((child, i) => replace(child, pathOf(path, String(i), child), replaced));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, replace(child, pathOf(path, key, child), replaced)]),
  );
}
