// SPDX-License-Identifier: GPL-2.0-only

import type { WordStore } from '../hardware/ram.js';
import type { MemmapKconfig } from './kconfig.js';
import type { MemoryHotplug } from './memory-hotplug.js';
import type { VmemmapCode } from './vmemmap-code.js';
import type { Kernel } from './kernel.js';
import { ScenarioError } from './scenario-error.js';

/**
 * The door of code that makes and frees memmap in place of mm/ and arch/: sections, subsection maps, altmap arithmetic,
 * populate and free, from __add_pages() and __remove_pages() down. What is above stays as it is. It tells the kernel's
 * observer the {@link MemoryEvents}; of the {@link CostEvents} what it can.
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
export class CodeError extends ScenarioError {
  /** @param isOfMachine other machines may have such code */
  constructor(
    message: string,
    readonly isOfMachine = false,
  ) {
    super(message);
  }
}

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
  /** What the hardware has of the bits that the kernel is built for, if fewer. */
  readonly vaBitsActual?: number | undefined;
  readonly mmu?: string | undefined;
  readonly hugeVmemmap: boolean;
  /** Whether a mapping says what memory it is, in T-Head's bits. */
  readonly theadMemoryTypes?: boolean | undefined;
  readonly vmemmapPageSize?: number | undefined;
}

/** Starts the code in a machine that boots. */
export type CodeStarter = (machine: CodeMachine) => MemmapCode;

/** Code of a release that is not mm/ and arch/. */
export interface CodeSource {
  /**
   * Starts the code in a machine that boots.
   * @param isNamed every function of it shall be on the stack, at the price of speed
   */
  start(machine: CodeMachine, isNamed: boolean): MemmapCode;
  /** Where a function is defined, "file:line"; undefined where it is none of the code's. */
  placeOf(arch: string, name: string): string | undefined;
}

const SOURCES = new Map<string, CodeSource>();

/** From here on kernels of a release run this code. */
export function provideCode(release: string, source: CodeSource): void {
  SOURCES.set(release, source);
}

/** The code of a release that boots on a machine; undefined where mm/ and the architecture do it. */
export const startCode = (release: string, machine: CodeMachine, isNamed: boolean): MemmapCode | undefined =>
  SOURCES.get(release)?.start(machine, isNamed);

/** A kernel function with the place where a release's own code defines it, if it has such code. */
export function placed(release: string, arch: string, name: string): string {
  const place = SOURCES.get(release)?.placeOf(arch, name);
  return place === undefined ? name : `${name} (${place})`;
}
