// SPDX-License-Identifier: GPL-2.0-only

import type { Level } from '../hardware/page-table.js';

/** What an architecture's manual asks of whoever changes a page table that CPUs are using. */

/** A valid entry of a page table. */
export interface ValidEntry {
  /** Bits 0-31 and 32-63, unsigned. */
  readonly lo: number;
  readonly hi: number;
  /** Physical byte address of the memory or table that it points to. */
  readonly pa: number;
  readonly isLeaf: boolean;
}

/** A valid entry is written where the last valid one said something else. */
export interface EntryChange {
  readonly level: Level;
  /** The first address that the entry covers, low 52 bits, and bytes that it covers. */
  readonly start: number;
  readonly span: number;
  readonly was: ValidEntry;
  readonly is: ValidEntry;
  /** No invalid entry came between them. */
  readonly isDirect: boolean;
  /** What CPUs held of the last valid entry was invalidated while the entry was not valid. */
  readonly isFlushed: boolean;
  /** Physical byte address behind an address now, or NOT_MAPPED. */
  readonly translate: (address: number) => number;
}

/** Memory is given back to which a CPU may still hold a translation, or a walk. */
export interface HeldRelease {
  /** The first frame that is given back. */
  readonly pfn: number;
  readonly nrPages: number;
}

/** A rule of the hardware: a row with the place where it is written, and a check. */
export interface TranslationRule {
  /** In few words: "break-before-make". */
  readonly name: string;
  readonly manual: string;
  readonly section: string;
  /** What must hold. */
  readonly sentence: string;
  /** Whether writing an entry breaks it. */
  readonly changeBreaks?: (change: EntryChange) => boolean;
  /** Giving memory back that is still held breaks it. */
  readonly releaseBreaks?: true;
}

/** The entry points elsewhere, or maps in another size. */
export const pointsElsewhere = ({ was, is }: EntryChange): boolean => was.pa !== is.pa || was.isLeaf !== is.isLeaf;

/** There was no time at which the entry was invalid and no CPU held what it had said. */
export const isUnbroken = ({ isDirect, isFlushed }: EntryChange): boolean => isDirect || !isFlushed;
