// SPDX-License-Identifier: GPL-2.0-only

import type { FrameContent } from '../kernel/frame-content.js';
import type { Mishap } from '../kernel/log.js';

/**
 * What a kernel was seen doing, as plain data: it goes into pages as JSON and is read in a browser. Addresses are the low 52
 * bits of a virtual address, ends exclusive.
 */

/** A stretch of the vmemmap, `end` exclusive. */
export type Stretch = [start: number, end: number];

/** The owner of a frame: the page allocator, boot memory, an altmap, or nobody that the kernel knows. */
export type Owner = { from: 'buddy' | 'boot' | 'unknown' } | { from: 'altmap'; altmap: string };

/** Neighbouring leaves of one level whose entries and frames go on evenly, backed alike. */
export type LeafRun = {
  start: number;
  /** Bytes that one leaf maps. */
  size: number;
  count: number;
  level: string;
  /** The first leaf's frame, and how far the frame of the next one is from it. A leaf may map less than a page. */
  frame: number;
  frameStep: number;
  /** The first leaf's entry, and how far the next one is from it, 16 hex digits each. */
  entry: string;
  entryStep: string;
  /** The entry without its frame, the same for all: what `vmemmap run --json` calls prot. */
  flags: string;
} & Owner;

/** Blocks of frames: the first frame, how many blocks, and how far each begins behind the one before. */
export type FrameRun = [first: number, count: number, step: number];

/** What every event tells besides what happened. */
export interface Seen {
  /** Place of the kernel functions that were running in {@link Recording.stacks}. */
  stack: number;
  /** How often it happened, one directly after the other; addresses and frames cover all of them. */
  times: number;
  /** Place in {@link Recording.actives}: memmap of active subsections when it had happened. */
  active: number;
  /** unused_pmd_start after it: memmap from here to the end of the leaf is unused and not yet marked so. */
  unusedStart: number | null;
}

/** One thing that a kernel did. @typeParam Leaf how runs of leaves are told: by their place in {@link Recording.leaves} */
export type Deed<Leaf = number> =
  /**
   * Pages of the page allocator; no frames where there were none. `pages` is those of one block, `out` all that were out
   * before it happened first. `content` is what the step says that they hold.
   */
  | { what: 'alloc' | 'free'; pages: number; frames: FrameRun[]; out: number; content?: FrameContent }
  /** One more reference to a frame. */
  | { what: 'get'; frames: FrameRun[] }
  | { what: 'altmap-alloc'; altmap: string; pages: number; frames: FrameRun[]; content?: FrameContent }
  | { what: 'altmap-free'; altmap: string; pages: number }
  /** An entry is written; `leaves` is what [start, end) is mapped with afterwards. */
  | { what: 'set'; level: string; start: number; end: number; entry: string; leaves: Leaf[] }
  | { what: 'clear'; level: string; start: number; end: number; leaves: Leaf[] }
  /** memset() and memchr_inv() of memmap bytes. */
  | { what: 'memset'; start: number; end: number; byte: number }
  | { what: 'scan'; start: number; end: number; byte: number; filled: boolean }
  /** Struct pages are initialised. */
  | { what: 'initialise'; start: number; end: number }
  | { what: 'copy'; to: number; from: number }
  | { what: 'flush'; of: 'all' | 'range' | 'table'; start: number; end: number }
  /** A test in a kernel function, and what follows from it. */
  | { what: 'decide'; by: string; because: string; so: string; start: number; end: number }
  | { what: 'warn'; mishap: Mishap }
  /** The kernel stops. */
  | { what: 'stop'; text: string };

/** One thing that a kernel did, with the functions that were running and how often it happened in a row. */
export type KernelEvent<Leaf = number> = Deed<Leaf> & Seen;

/** Books at the end of a step, which the events before do not tell where the last thing done is no event. */
export interface Books {
  /** Place in {@link Recording.actives}. */
  active: number;
  unusedStart: number | null;
  /** Base pages of the page allocator that are out. */
  ramPages: number;
  /**
   * Places in {@link Recording.leaves} of all that is mapped, where a kernel without page tables keeps it in books that it
   * writes unseen.
   */
  leaves?: number[];
}

/** Everything that one kernel did in a scenario. */
export interface Recording {
  pageSize: number;
  /** What recycled pages hold: zeros, or what was in them. */
  recycledPages: 'zero' | 'keep';
  /** Stacks of kernel functions, outermost first. */
  stacks: (readonly string[])[];
  /** Memmap of active subsections, by moment. */
  actives: Stretch[][];
  leaves: LeafRun[];
  /** The machine before the first step; leaves by their place in {@link leaves}. */
  boot: Books & { leaves: number[] };
  /** Events by step. */
  steps: KernelEvent[][];
  /** Books by step. */
  ends: Books[];
}

/** An event of a recording: index of the step and of the event in it, from 0; event -1 is before the first. */
export type Moment = [step: number, event: number];

export const isBefore = ([a, i]: Moment, [b, j]: Moment): boolean => a < b || (a === b && i < j);

/** The kernel functions that ran when something happened, outermost first. */
export const stackOf = ({ stacks }: Pick<Recording, 'stacks'>, { stack }: Seen): readonly string[] => stacks[stack]!;
