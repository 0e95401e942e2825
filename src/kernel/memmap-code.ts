// SPDX-License-Identifier: GPL-2.0-only

import type { WordStore } from '../hardware/ram.js';
import type { Arch } from './arch.js';
import type { Kernel } from './kernel.js';
import { ScenarioError } from './scenario-error.js';
import type { DevPagemap, VmemAltmap } from './memremap.js';

/**
 * The door of code that makes and frees memmap in place of mm/ and arch/: sections, subsection maps, altmap arithmetic,
 * populate and free, from __add_pages() and __remove_pages() down. What is above stays as it is.
 */
export interface MemmapCode {
  /** Where frames that hold bytes of their own lie, so that the code reaches them. */
  readonly frames: WordStore;
  /** Takes the kernel that the code is a part of. Its memory, page allocator and root page table exist by now. */
  bind(kernel: Kernel): void;
  /** The architecture's door with what this code remembers in it. */
  over(arch: Arch): Arch;
  /** Boot is over. */
  booted(): void;
  /** __add_pages(). Returns 0 or a negative errno. */
  addPages(nid: number, pfn: number, nrPages: number, altmap: VmemAltmap | null, pgmap: DevPagemap | null): number;
  /** __remove_pages(). */
  removePages(pfn: number, nrPages: number, altmap: VmemAltmap | null, pgmap: DevPagemap | null): void;
  /** sparse_init() for pages of boot memory that lie in one section. Returns 0 or a negative errno. */
  initSection(nid: number, pfn: number, nrPages: number): number;
}

/** Code that was asked for cannot run. The message is a sentence. */
export class CodeError extends ScenarioError {}

/** What such code has to know of the machine. */
export interface CodeMachine {
  readonly arch: string;
  /** PAGE_SIZE, bytes. */
  readonly pageSize: number;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
  readonly sectionSizeBits: number;
  /** Virtual address of the struct page of pfn 0. */
  readonly vmemmapBase: bigint;
  readonly pagingLevels?: number | undefined;
  readonly vaBits?: number | undefined;
  readonly mmu?: 'radix' | 'hash' | undefined;
  readonly hugeVmemmap: boolean;
  readonly vmemmapPageSize?: number | undefined;
}

/** Starts the code in a machine that boots. */
export type CodeStarter = (machine: CodeMachine) => MemmapCode;

const STARTERS = new Map<string, CodeStarter>();

/** From here on kernels of a release run this code. */
export function provideCode(release: string, start: CodeStarter): void {
  STARTERS.set(release, start);
}

/** The code of a release that boots on a machine; undefined where mm/ and the architecture do it. */
export const startCode = (release: string, machine: CodeMachine): MemmapCode | undefined =>
  STARTERS.get(release)?.(machine);
