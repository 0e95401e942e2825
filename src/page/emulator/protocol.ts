// SPDX-License-Identifier: GPL-2.0-only

import type { ReportDocument } from '../document.js';

/** What the page asks the emulator, which runs in a worker beside it, and what it answers. */

/** A configuration of an architecture that one can choose. */
export interface MachineOffer {
  /** "4-level", "64K pages, radix". */
  title: string;
  /** What a scenario's machine says to get it. */
  machine: Record<string, unknown>;
}

export interface ArchitectureOffer {
  name: string;
  configurations: MachineOffer[];
  structPageSizes: number[];
}

export interface BugOffer {
  id: string;
  name: string;
  arch: string;
  title: string;
  fix: string;
}

/** A bug that a machine has. */
export interface BugHere {
  id: string;
  name: string;
  title: string;
  /** The next release that has it no more; null where none is. */
  endedBy: string | null;
  /** Sizes of struct page that its steps show it with, where they do not with the machine's. */
  structPageSizes: number[];
}

export interface StoryOffer {
  name: string;
  title: string;
  /** A scenario as a file. */
  file: unknown;
  kernels: string[];
}

/** What one can choose from. */
export interface Offer {
  version: string;
  architectures: ArchitectureOffer[];
  /** Releases and proposals, oldest first. */
  kernels: string[];
  defaultKernel: string;
  bugs: BugOffer[];
  stories: StoryOffer[];
  /** The JSON Schema of a scenario. */
  schema: unknown;
}

/** A mistake of a text, and where in it. */
export interface Mistake {
  message: string;
  /** Names and places from the top; empty where the text is no JSON. */
  path: readonly (string | number)[];
}

/** A scenario, made of what somebody gave. */
export interface Loaded {
  file: unknown;
  /** The kernel that it is of, and beside it the next that has something fixed. */
  kernels: string[];
  /** What was recognised, and what of it is not used. */
  told: string;
}

/** Something that exploring found. */
export interface Explored {
  invariant: string;
  text: string;
  /** Steps of the shortest sequence. */
  length: number;
  file: unknown;
}

export interface ExploreProgress {
  states: number;
  depth: number;
  found: Explored[];
  /** Why it is over; undefined while it goes on. */
  ended: string | undefined;
}

/** The runs of a report that are there already: all that their kernels do, and no more of them yet. */
export interface ReportPart {
  document: ReportDocument;
  /** Kernels that the scenario is still to run on. */
  awaited: readonly string[];
  /** Why others of those that were asked for cannot run it. */
  refused: readonly string[];
}

/** A scenario with all that a run of it takes. */
export interface Editable {
  file: unknown;
  kernels: string[];
  /** Expectations that are asked beside the invariants: what the entry breaks that it was taken from. */
  expect: string[];
}

/** What is asked by its name, what is answered, and what comes before the answer in parts. */
export interface Ask {
  offer: { request: object; answer: Offer; part: never };
  bug: { request: { name: string; kernels: string[] }; answer: ReportDocument; part: ReportPart };
  /** The entry's scenario as a file. */
  bugFile: { request: { name: string }; answer: Editable; part: never };
  run: { request: Editable; answer: ReportDocument; part: ReportPart };
  check: { request: { text: string }; answer: Mistake[]; part: never };
  /** @param kernel as uname -r prints it, where the text does not say; empty where nobody knows */
  load: { request: { name: string; text: string; kernel: string }; answer: Loaded; part: never };
  /** The bugs that a machine of a scenario has. */
  here: { request: { machine: unknown; kernel: string }; answer: BugHere[]; part: never };
  explore: {
    request: { file: unknown; kernel: string; sections: number; unit: string; depth: number };
    answer: ExploreProgress;
    part: ExploreProgress;
  };
}

export type Op = keyof Ask;

export interface Request<O extends Op = Op> {
  id: number;
  op: O;
  request: Ask[O]['request'];
}

/** Answers may come in parts; the last says so. */
export type Answer =
  { id: number; answer: unknown; isLast: boolean } | { id: number; error: string; path?: readonly (string | number)[] };
