// SPDX-License-Identifier: GPL-2.0-only

import type { FrameOwner } from '../ptdump/backing.js';

/**
 * What a report shows, as JSON: the page is a view of it and computes nothing about kernels. What repeats from step to step
 * stands in lists of a run, and steps name it by its place there. Addresses are the low 52 bits of a virtual address.
 */

/** The name of the format, which changes when the format does. */
export const DOCUMENT_SCHEMA = 'vmemmap/report/v1';

/** A stretch of the vmemmap, `end` exclusive. */
export type Stretch = [start: number, end: number];

/** Neighbouring leaves of one level whose entries and frames go on evenly, backed alike. */
export type LeafRun = {
  start: number;
  /** Bytes that one leaf maps. */
  size: number;
  count: number;
  level: string;
  /** The first leaf's frame, and how far the frame of the next one is from it. */
  frame: number;
  frameStep: number;
  /** The first leaf's entry, and how far the next one is from it, 16 hex digits each. */
  entry: string;
  entryStep: string;
  /** The entry without its frame, the same for all: what `vmemmap run --json` calls prot. */
  flags: string;
  /** Bytes that hold PAGE_UNUSED, offsets from the start. */
  unused: Stretch[];
  /** The frames were given back: nobody owns them. */
  freed?: true;
} & FrameOwner;

/** A table of the page table, below the root. */
export interface TableReport {
  /** Level of its entries. */
  level: string;
  start: number;
  /** Bytes that it covers. */
  span: number;
  frame: number;
}

/** A field of a leaf entry. */
export interface FieldReport {
  name: string;
  /** Hex digits. */
  mask: string;
  says: string;
  /** Levels that have it; all if not given. */
  levels?: string[];
}

/** An event in the life of a frame. */
export interface FrameReport {
  /** Index of the step, from 0. */
  step: number;
  what: string;
  /** Pages of the request that the frame was a part of. */
  nrPages: number;
  /** Place in {@link RunReport.stacks}. */
  stack: number;
  /** How often in the step, if more than once. */
  times?: number;
}

/** The books of an altmap, pages. */
export interface AltmapReport {
  name: string;
  basePfn: number;
  reserve: number;
  free: number;
  alloc: number;
  align: number;
}

/** A test in a kernel function, and what follows from it. */
export interface DecisionReport {
  by: string;
  because: string;
  so: string;
}

/** Which test settled a stretch, in which step. */
export type Settled = [step: number, decision: number, start: number, end: number];

export interface StepReport {
  text: string;
  /** 0 or a negative errno, null for a void function, "BUG" where the kernel stopped. */
  ret: number | null | 'BUG';
  /** Memmap that the step was about. */
  given: Stretch | null;
  /** Memmap of active subsections. */
  active: Stretch[];
  /** Places in {@link RunReport.leaves} and {@link RunReport.tables}. */
  leaves: number[];
  tables: number[];
  holes: Stretch[];
  altmaps: AltmapReport[];
  /** Base pages of system memory handed out. */
  ramPages: number;
  /** Start of the range that is unused and not yet marked so; null if there is none. */
  unusedStart: number | null;
  /** What the kernel did in this step, by the names of the counters; zeros are left out. */
  counters: Record<string, number>;
  /** Books of memory hot-plug and words of the kernel, by what they are. */
  lines: Record<string, string[]>;
  /** Cycles by cause. */
  cycles: { total: number; microseconds: number; causes: Record<string, number> } | null;
}

/** An entry of the catalogue whose finding is the same. */
export interface KnownBug {
  id: string;
  name: string;
  title: string;
  explanation: string;
  fix: string;
}

export interface FindingReport {
  /** The anchor, unique in the document. */
  id: string;
  /** Index of the step, from 0. */
  step: number;
  invariant: string;
  /** What should hold. */
  sentence: string;
  text: string;
  place: Stretch | null;
  frames: number[];
  /** The kernel function that did it; null where no event tells. */
  function: string | null;
  /** Functions that were running then, outermost first. */
  stack: string[];
  /** Why, sentence by sentence, from what the kernel was seen doing. */
  why: string[];
  /** The command that shows it again. */
  command: string;
  known: KnownBug | null;
}

/** One scenario on one kernel. */
export interface RunReport {
  name: string;
  title: string;
  arch: string;
  kernel: string;
  /** The proposal's one line, if the kernel is one. */
  proposal: string | null;
  pageSize: number;
  structPageSize: number;
  sectionSize: number;
  /** Hex digits that stand before the 13 of an address. */
  top: string;
  /** Address of the struct page of pfn 0, and memmap bytes of a section. */
  vmemmap: number;
  sectionBytes: number;
  /** CPU whose cycles are told; null where none is known, or the cycles are left out. */
  cpu: string | null;
  /** What the reader should know of this run before all else, sentence by sentence. */
  remarks: string[];
  /** Stacks of kernel functions, outermost first. */
  stacks: string[][];
  decisions: DecisionReport[];
  settled: Settled[];
  leaves: LeafRun[];
  tables: TableReport[];
  /** Fields of a leaf entry, lowest bit first; empty where they are not known. */
  fields: FieldReport[];
  /** Events by frame number, for the first frame of each run of leaves and those that findings are about. */
  frames: Record<string, FrameReport[]>;
  /** The machine before the first step. */
  boot: StepReport;
  steps: StepReport[];
  findings: FindingReport[];
}

/** Where two runs of one scenario part, and which change of the kernel decides. */
export interface ComparisonReport {
  /** Places in {@link ReportDocument.runs}. */
  runs: [from: number, to: number];
  /** The first event that differs, as each of them has it; null where all events agree. */
  parting: {
    /** Index of the step, from 0. */
    step: number;
    from: string | null;
    to: string | null;
  } | null;
  /** Behaviours in which the kernels differ. */
  differing: number;
  /** Those that change the findings, each by itself. */
  deciding: { name: string; since: string; effect: string }[];
}

/** A plot, ready to stand in a page. */
export interface PlotReport {
  name: string;
  title: string;
  svg: string;
}

export interface ReportDocument {
  schema: typeof DOCUMENT_SCHEMA;
  /** Version of this program. */
  version: string;
  runs: RunReport[];
  comparisons: ComparisonReport[];
  plots: PlotReport[];
}
