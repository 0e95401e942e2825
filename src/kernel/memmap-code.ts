// SPDX-License-Identifier: GPL-2.0-only

import type { WordStore } from '../hardware/ram.js';
import type { MemmapKconfig } from './kconfig.js';
import type { MemoryHotplug } from './memory-hotplug.js';
import type { VmemmapCode } from './vmemmap-code.js';
import type { Kernel } from './kernel.js';
import { ScenarioError } from './scenario-error.js';

/**
 * The door of code that makes and frees memmap in place of mm/ and arch/: sections, subsection maps, altmap arithmetic,
 * populate and free, from __add_pages() and __remove_pages() down. What is above stays as it is.
 */
export interface MemmapCode extends MemoryHotplug {
  /** Where frames that hold bytes of their own lie, if the code is to reach them. */
  readonly frames?: WordStore;
  /** What its configuration says, if not what the architecture says of the release. */
  readonly kconfig?: MemmapKconfig;
  /** Takes the kernel that the code is a part of. Its memory, page allocator and root page table exist by now. */
  bind(kernel: Kernel): void;
  /** What the emulator has for the architecture and release, with what this code does and remembers in its place. */
  over(code: VmemmapCode): VmemmapCode;
  /** Boot is over. */
  booted(): void;
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

/** What starts the code of a release; undefined where mm/ and the architecture are its code. */
export const startCode = (release: string): CodeStarter | undefined => STARTERS.get(release);
