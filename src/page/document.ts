// SPDX-License-Identifier: GPL-2.0-only

import type { Moment, Recording, Stretch } from '../events/event.js';
import type { Geometry } from '../events/words.js';
import type { ScenarioInput } from '../scenario/schema.js';

/**
 * What a report shows, as JSON: the page is a view of it and computes nothing about kernels. Addresses are the low 52 bits
 * of a virtual address.
 */

/** The name of the format, which changes when the format does. */
export const DOCUMENT_SCHEMA = 'vmemmap/report/v2';

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

/** The books of an altmap, pages. */
export interface AltmapReport {
  name: string;
  basePfn: number;
  reserve: number;
  free: number;
  alloc: number;
  align: number;
}

/** Books of memory hot-plug, on the axis of physical memory; pfns, ends exclusive. */
export interface PhysicalReport {
  blocks: { start: number; end: number; text: string }[];
  zones: { start: number; end: number; text: string }[];
  iomem: { start: number; end: number; text: string; depth: number }[];
}

/** The state behind a step, as far as its events do not tell it. */
export interface StateReport {
  /** Places in {@link RunReport.tables}. */
  tables: number[];
  /** Memmap of sections that are online. */
  online: Stretch[];
  altmaps: AltmapReport[];
  physical: PhysicalReport | null;
}

/** A step as a page shows it, with the state that it leaves. */
export interface StepReport extends StateReport {
  op: string;
  /** "remove-pages section 33". */
  title: string;
  /** With addresses: "remove-pages 0x108000000-0x10fffffff (128 MiB)". */
  text: string;
  /** 0 or a negative errno, null for a void function, "BUG" where the kernel stopped. */
  ret: number | null | 'BUG';
  /** Memmap that the step was about. */
  given: Stretch | null;
  /** What the kernel did in this step, by the names of the counters; zeros are left out. */
  counters: Record<string, number>;
  /** Words of the kernel and books that are lines of text, by what they are. */
  lines: Record<string, string[]>;
  /** Cycles by cause. */
  cycles: { total: number; microseconds: number; causes: Record<string, number> } | null;
  /** nr_memmap_pages of /proc/vmstat behind the step; null on a release that does not count. */
  nrMemmapPages: number | null;
}

/** An entry of the catalogue whose finding is the same. */
export interface KnownBug {
  id: string;
  name: string;
  title: string;
  explanation: string;
  fix: string;
  /** The release that has it no more; null where nothing has ended it. */
  endedBy: string | null;
}

/** A part of how a finding came about: what happened at a moment, in words. */
export interface Link {
  at: Moment;
  text: string;
}

/** Which books a finding is in, where it is in none of what maps the vmemmap. */
export type Books = 'blocks' | 'zones' | 'iomem' | 'lines';

/** A counter of the kernel that does not say what it should, pages. */
export interface CounterReport {
  /** "nr_memmap_pages". */
  name: string;
  actual: number;
  expected: number;
  /** Why so many are expected: "back the memmap". */
  because: string;
}

/** A finding as a page shows it. */
export interface FindingReport {
  /** The anchor, unique in the document. */
  id: string;
  /** Index of the step, from 0. */
  step: number;
  invariant: string;
  /** What should hold. */
  sentence: string;
  /** As the command line says it. */
  text: string;
  /** What is the case. */
  headline: string;
  /** Which call decided it; empty where no event tells. */
  cause: string;
  /** The bytes to blame, ascending. */
  blamed: Stretch[];
  /** Index of the event of the step that decided it; -1 where the step has none. */
  event: number;
  /** How it came to that, earliest first. */
  chain: Link[];
  frames: number[];
  /** The kernel function that did it; null where no event tells. */
  function: string | null;
  books: Books | null;
  /** The counter that is wrong, where it is one. */
  counter: CounterReport | null;
  /** What else the same event breaks about the same bytes. */
  also: { invariant: string; sentence: string; text: string }[];
  /** The command that shows it again. */
  command: string;
  known: KnownBug | null;
}

/** One scenario on one kernel. */
export interface RunReport extends Geometry {
  name: string;
  title: string;
  arch: string;
  kernel: string;
  /** The proposal's one line, if the kernel is one. */
  proposal: string | null;
  /** The command that runs it. */
  command: string;
  /** The scenario as a file. */
  scenario: ScenarioInput;
  /** CPU whose cycles are told; null where none is known, or the cycles are left out. */
  cpu: string | null;
  /** What the reader should know of this run before all else, sentence by sentence. */
  remarks: string[];
  recording: Recording;
  tables: TableReport[];
  /** Fields of a leaf entry, lowest bit first; empty where they are not known. */
  fields: FieldReport[];
  boot: StateReport;
  steps: StepReport[];
  /** Titles of steps that the kernel did not live to see. */
  notReached: string[];
  findings: FindingReport[];
}

/** Which change of the kernel decides between two runs of one scenario. */
export interface ComparisonReport {
  /** Places in {@link ReportDocument.runs}. */
  runs: [from: number, to: number];
  /** Behaviours in which the kernels differ. */
  differing: number;
  /** Those that change the findings, each by itself. */
  deciding: { name: string; since: string; effect: string }[];
}

/** Runs of scenarios as the page shows them: plain data. */
export interface ReportDocument {
  schema: typeof DOCUMENT_SCHEMA;
  /** Version of this program. */
  version: string;
  runs: RunReport[];
  comparisons: ComparisonReport[];
}
