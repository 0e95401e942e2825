// SPDX-License-Identifier: GPL-2.0-only

import type { FUEL } from './fuel.js';
import type { WasmGlobal, WasmMemory } from './module.js';

/** What doors.c exports. Addresses and frame numbers are doubles. */
export interface Doors {
  readonly memory: WasmMemory;
  readonly __stack_pointer: WasmGlobal;
  readonly __heap_base: WasmGlobal;
  readonly [FUEL]: WasmGlobal & { value: number };
  readonly __global_base: WasmGlobal;
  machine(base: number, direct: number, levels: number, huge: number, vaBits: number, radix: number): void;
  boot(heap: number): void;
  booted(): void;
  other_root(pa: number): void;
  altmap(base: number, end: number, reserve: number, free: number, align: number, alloc: number): void;
  altmap_alloc(): number;
  altmap_align(): number;
  add_pages(
    nid: number,
    pfn: number,
    pages: number,
    altmap: number,
    shift: number,
    first: number,
    range: number,
  ): number;
  remove_pages(pfn: number, pages: number, altmap: number, shift: number, first: number, range: number): void;
  init_section(nid: number, pfn: number, pages: number): number;
  sections(first: number, count: number): void;
  remembered(): number;
  heap_needed(): number;
  /** Bytes that a call takes out of the slab which adds so many sections, at most. */
  slab_needed(sections: number): number;
  frames_start(at: number): void;
  /** Frames may lie elsewhere than they did. */
  frames_moved(): void;
  heap_used(): number;
  root_at(): number;
  observed_at(): number;
  scratch_start(): number;
  scratch_end(): number;
  set_counters_at(): number;
  clear_counters_at(): number;
  synced_at(): number;
  roots_at(): number;
  slab_start(): number;
  slab_end(): number;
  describe(firstRoot: number, lastRoot: number): number;
  section_roots(): number;
  /** Of architectures with a hashed page table: what it is like. */
  hashed?(pageShift: number, segmentShift: number, groupMask: number): void;
  /** Of those whose empty entries point to a table of such entries: where that lies. */
  empty_table?(level: number, pa: number): void;
  /** Of those that keep a list of what is mapped: writes it into memory, and says where it begins. */
  list_told?(): number;
  /** Of those, base pages that the list has taken for good. */
  book_pages?(): number;
  sections_per_root(): number;
}
