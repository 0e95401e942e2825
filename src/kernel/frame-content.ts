// SPDX-License-Identifier: GPL-2.0-only

import { ENTRY_BYTES } from '../hardware/page-table.js';
import type { Ram } from '../hardware/ram.js';
import type { VmemmapCode } from './vmemmap-code.js';

/**
 * What memory holds when it becomes memmap. The kernel does not ask for zeroed pages: a leaf has the bytes that its frames
 * were given back with, or that a driver left in its device. Of these bytes the kernel asks two things: whether a stretch
 * is filled with PAGE_UNUSED (memchr_inv() in arch/x86 and arch/s390), and, where it takes a leaf for a table, what the
 * entries in it say.
 */

/** `zero`; `0xfd`, the byte of PAGE_UNUSED, as a leaf has it that was freed unused; `entries`, those of an old page table. */
export const FRAME_CONTENTS = ['zero', '0xfd', 'entries'] as const;
/** What frames hold that become memmap; see {@link FRAME_CONTENTS}. */
export type FrameContent = (typeof FRAME_CONTENTS)[number];

/** PAGE_UNUSED: the byte that fills parts of a leaf which describe no memory. */
export const PAGE_UNUSED = 0xfd;

/** What of a kernel memory is filled in. */
export interface FilledKernel {
  readonly ram: Ram;
  readonly pageSize: number;
  readonly code: Pick<VmemmapCode, 'paging' | 'pageEntry'>;
  readonly frameContent: FrameContent | null;
}

/** What entries of an old table map: a frame of the boot, which no page allocator and no altmap here hands out. */
const OLD_FRAME = 0x10;

/**
 * Gives pages what a step says that they hold, when they are taken for it: from the page allocator or from an altmap. Of
 * `entries` the first page is the old table and the others are zero; a hashed MMU has no such tables, and all are zero.
 * @param pfn the first page taken
 * @param nrPages base pages
 */
export function fillTaken(kernel: FilledKernel, pfn: number, nrPages: number): void {
  const { frameContent, ram } = kernel;
  if (frameContent === null) return;
  ram.fillFrames(pfn, nrPages, frameContent === '0xfd' ? PAGE_UNUSED : 0);
  // Nobody takes a base page for a table.
  if (frameContent === 'entries' && nrPages > 1) writeOldTable(kernel, pfn);
}

function writeOldTable({ ram, code, pageSize }: FilledKernel, pfn: number): void {
  const entry = code.pageEntry ?? code.paging;
  if (entry === undefined) return;
  const word0 = entry.pteWord0(OLD_FRAME);
  const word1 = entry.pteWord1(OLD_FRAME);
  const first = ram.wordIndex(pfn * pageSize);
  const end = first + pageSize / 4;
  for (let at = first; at < end; at += ENTRY_BYTES / 4) {
    ram.words[at] = word0;
    ram.words[at + 1] = word1;
  }
}
