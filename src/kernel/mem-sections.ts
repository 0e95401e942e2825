// SPDX-License-Identifier: GPL-2.0-only

import type { StateWriter, StateReader } from '../hardware/saved-state.js';
import { SparseList } from '../hardware/sparse-list.js';

/** mem_section[] (mm/sparse.c, include/linux/mmzone.h): the flags and the subsection map of every section. */

/** SECTION_HAS_MEM_MAP: the section carries a memmap; valid_section(). */
export const HAS_MEM_MAP = 1;
/** SECTION_IS_EARLY: its memmap was made at boot. */
export const IS_EARLY = 2;
/** The section has a usage map. A boot section keeps it for ever. */
export const HAS_USAGE = 4;
export const USAGE_RESERVED = 8;
/** section_mem_map still encodes the section's number though there is no memmap. */
export const STALE_MEM_MAP = 16;
/** SECTION_IS_ONLINE: the page allocator has its pages. */
export const IS_ONLINE = 32;
/** SECTION_TAINT_ZONE_DEVICE: a device's range begins or ends inside it. */
export const TAINT_ZONE_DEVICE = 64;
/** Sections of one root of the two-level array, SECTIONS_PER_ROOT. */
export const ROOT_SHIFT = 8;
export const SECTIONS_PER_ROOT = 1 << ROOT_SHIFT;
export interface SectionRoot {
  readonly flags: Uint8Array;
  /** Subsection maps, `wordsPerMap` words a section. */
  readonly maps: Uint32Array;
}

/** What {@link MemSections.capture} found. It can be used again and again. */
export class SectionsImage {
  /** What {@link MemSections.changes} was when the sections were last as they are here. */
  changes = 0;
  present = 0;
  first = 0;
  end = 0;
  flags = new Uint8Array(0);
  maps = new Uint32Array(0);
}

/** mem_section[]: the state of every section. */
export class MemSections {
  /** Sections that carry a memmap. */
  present = 0;
  /** Grows with every change of a flag or a map: who has read them all need not do it again while this stands still. */
  changes = 0;
  /** Sections that ever had a state lie in [first, end). */
  private first = Number.MAX_SAFE_INTEGER;
  private end = 0;
  private readonly roots = new SparseList<SectionRoot>();
  /** Numbers of the roots that there are, ascending: memory may lie terabytes apart. */
  private readonly rootNumbers: number[] = [];
  /** See {@link reached}; undefined until somebody asks. */
  private reachedNumbers: number[] | undefined;
  private readonly wordsPerMap: number;
  /** The root that was looked up last, and its number: what is asked next is mostly about the same section. */
  private lastNumber = 0;
  private lastRoot: SectionRoot | undefined;
  /** What {@link mask} was asked last, and its answer. */
  private maskFrom = 0;
  private maskTo = 0;
  private readonly maskWords: Int32Array;

  /** @param subsectionsPerSection SUBSECTIONS_PER_SECTION */
  constructor(readonly subsectionsPerSection: number) {
    this.wordsPerMap = Math.ceil(subsectionsPerSection / 32);
    this.maskWords = new Int32Array(this.wordsPerMap);
  }

  /** sparse_index_init(): the root that holds a section exists from here on. */
  indexInit(sectionNr: number): void {
    if (this.root(sectionNr) !== undefined) return;
    const index = sectionNr >>> ROOT_SHIFT;
    this.lastRoot = this.roots.add(index, {
      flags: new Uint8Array(SECTIONS_PER_ROOT),
      maps: new Uint32Array(SECTIONS_PER_ROOT * this.wordsPerMap),
    });
    const behind = this.rootNumbers.findIndex((number) => number > index);
    this.reachedNumbers = undefined;
    this.rootNumbers.splice(behind < 0 ? this.rootNumbers.length : behind, 0, index);
  }

  /** The flags of a section, 0 where it never had any. */
  flags(sectionNr: number): number {
    const root = this.root(sectionNr);
    return root === undefined ? 0 : root.flags[sectionNr & (SECTIONS_PER_ROOT - 1)]!;
  }

  /** Gives a section flags. Its root must exist, see {@link indexInit}. */
  setFlags(sectionNr: number, flags: number): void {
    const root = this.root(sectionNr)!;
    const at = sectionNr & (SECTIONS_PER_ROOT - 1);
    this.present += (flags & HAS_MEM_MAP) - (root.flags[at]! & HAS_MEM_MAP);
    root.flags[at] = flags;
    this.changes++;
    this.reach(sectionNr);
  }

  /** valid_section(). */
  isValid(sectionNr: number): boolean {
    return (this.flags(sectionNr) & HAS_MEM_MAP) !== 0;
  }

  /** Number of the first section in [from, end) that is valid, or `end`. */
  nextValid(from: number, end: number): number {
    const last = Math.min(end, this.end);
    let sectionNr = Math.max(from, this.first);
    while (sectionNr < last && !this.isValid(sectionNr)) sectionNr++;
    return sectionNr < last ? sectionNr : end;
  }

  /** Numbers of the sections without memmap whose section_mem_map is not zero, ascending. */
  stale(): number[] {
    const stale: number[] = [];
    const reached = this.reached();
    for (let i = 0; i < reached.length; i++)
      if ((this.flags(reached[i]!) & STALE_MEM_MAP) !== 0) stale.push(reached[i]!);
    return stale;
  }

  /** early_section(). */
  isEarly(sectionNr: number): boolean {
    return (this.flags(sectionNr) & IS_EARLY) !== 0;
  }

  /** online_section(). */
  isOnline(sectionNr: number): boolean {
    return (this.flags(sectionNr) & IS_ONLINE) !== 0;
  }

  /** online_mem_sections() and offline_mem_sections(), of one section. */
  setOnline(sectionNr: number, online: boolean): void {
    const flags = this.flags(sectionNr);
    this.setFlags(sectionNr, online ? flags | IS_ONLINE : flags & ~IS_ONLINE);
  }

  /** Whether a device's range begins or ends inside the section (online_device_section without the online part). */
  isTainted(sectionNr: number): boolean {
    return (this.flags(sectionNr) & TAINT_ZONE_DEVICE) !== 0;
  }

  /** section_taint_zone_device(). */
  taint(sectionNr: number): void {
    this.indexInit(sectionNr);
    this.setFlags(sectionNr, this.flags(sectionNr) | TAINT_ZONE_DEVICE);
  }

  /** Whether none of the subsections [from, to) is active. */
  areClear(sectionNr: number, from: number, to: number): boolean {
    const root = this.root(sectionNr);
    if (root === undefined) return true;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
      if ((root.maps[first + word]! & wordMask(word, from, to)) !== 0) return false;
    }
    return true;
  }

  /** Whether all of the subsections [from, to) are active. */
  areSet(sectionNr: number, from: number, to: number): boolean {
    const root = this.root(sectionNr);
    if (root === undefined) return false;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
      const mask = wordMask(word, from, to);
      if ((root.maps[first + word]! & mask) !== mask) return false;
    }
    return true;
  }

  /** Whether no subsection is active. */
  isEmpty(sectionNr: number): boolean {
    return this.areClear(sectionNr, 0, this.subsectionsPerSection);
  }

  /** Whether a subsection is in the subsection map. */
  isSet(sectionNr: number, subsection: number): boolean {
    return this.areSet(sectionNr, subsection, subsection + 1);
  }

  /** The subsection behind those in a row from one on that are in the subsection map as it is, or are not as it is not. */
  endOfAlike(sectionNr: number, from: number): number {
    const root = this.root(sectionNr);
    if (root === undefined) return this.subsectionsPerSection;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    const isIn = (root.maps[first + (from >>> 5)]! >>> (from & 31)) & 1;
    for (let at = from; at < this.subsectionsPerSection; at = ((at >>> 5) + 1) << 5) {
      const word = root.maps[first + (at >>> 5)]!;
      const unlike = (isIn === 1 ? ~word : word) & (-1 << (at & 31));
      if (unlike !== 0)
        return Math.min(((at >>> 5) << 5) + 31 - Math.clz32(unlike & -unlike), this.subsectionsPerSection);
    }
    return this.subsectionsPerSection;
  }

  /** The subsection map, lowest bit the first subsection. */
  subsectionMask(sectionNr: number): bigint {
    let mask = 0n;
    for (let s = 0; s < this.subsectionsPerSection; s++) if (this.isSet(sectionNr, s)) mask |= 1n << BigInt(s);
    return mask;
  }

  /**
   * fill_subsection_map(): makes the subsections [from, to) active if none of them is.
   * @returns whether none was
   */
  fillMap(sectionNr: number, from: number, to: number): boolean {
    const { maps } = this.root(sectionNr)!;
    const { wordsPerMap } = this;
    const mask = this.mask(from, to);
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * wordsPerMap;
    for (let word = 0; word < wordsPerMap; word++) if ((maps[first + word]! & mask[word]!) !== 0) return false;
    for (let word = 0; word < wordsPerMap; word++) maps[first + word]! |= mask[word]!;
    this.changes++;
    return true;
  }

  /**
   * clear_subsection_map(): makes the subsections [from, to) inactive if all of them are active.
   * @returns whether all were
   */
  clearMap(sectionNr: number, from: number, to: number): boolean {
    const { maps } = this.root(sectionNr)!;
    const { wordsPerMap } = this;
    const mask = this.mask(from, to);
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * wordsPerMap;
    for (let word = 0; word < wordsPerMap; word++) if ((~maps[first + word]! & mask[word]!) !== 0) return false;
    for (let word = 0; word < wordsPerMap; word++) maps[first + word]! &= ~mask[word]!;
    this.changes++;
    return true;
  }

  /** subsection_mask_set(): the bits [from, to) of a subsection map. It holds until the next one is asked for. */
  private mask(from: number, to: number): Int32Array {
    if (from !== this.maskFrom || to !== this.maskTo) {
      this.maskFrom = from;
      this.maskTo = to;
      for (let word = 0; word < this.wordsPerMap; word++) {
        const isIn = from < (word + 1) * 32 && word * 32 < to;
        this.maskWords[word] = isIn ? wordMask(word, from, to) : 0;
      }
    }
    return this.maskWords;
  }

  /** bitmap_set() of the subsection map. @param from the first subsection @param to behind the last */
  set(sectionNr: number, from: number, to: number): void {
    this.change(sectionNr, from, to, true);
  }

  /** bitmap_clear() of the subsection map. @param from the first subsection @param to behind the last */
  clear(sectionNr: number, from: number, to: number): void {
    this.change(sectionNr, from, to, false);
  }

  /** Numbers of the sections that have an active subsection, ascending. */
  active(): number[] {
    const active: number[] = [];
    const reached = this.reached();
    for (let i = 0; i < reached.length; i++) {
      if (!this.areClear(reached[i]!, 0, this.subsectionsPerSection)) active.push(reached[i]!);
    }
    return active;
  }

  /** Numbers of sections, ascending, without those that never had a state. */
  private reached(): readonly number[] {
    if (this.reachedNumbers === undefined) {
      this.reachedNumbers = [];
      for (const number of this.rootNumbers) {
        const from = Math.max(this.first, number << ROOT_SHIFT);
        const to = Math.min(this.end, (number + 1) << ROOT_SHIFT);
        for (let sectionNr = from; sectionNr < to; sectionNr++) this.reachedNumbers.push(sectionNr);
      }
    }
    return this.reachedNumbers;
  }

  /**
   * Takes over what other code says of a section. Whether it is online, and whether a device ends in it, is kept here as
   * long as the section has its memmap.
   * @param words holds the section's flags at `at`, and its subsection map two words behind
   */
  take(sectionNr: number, words: Uint32Array, at: number): void {
    const flags = words[at]!;
    const known = this.root(sectionNr);
    if (known === undefined && flags === 0) return;
    this.indexInit(sectionNr);
    const kept = (flags & HAS_MEM_MAP) === 0 ? 0 : this.flags(sectionNr) & (IS_ONLINE | TAINT_ZONE_DEVICE);
    this.setFlags(sectionNr, flags | kept);
    const { maps } = this.root(sectionNr)!;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = 0; word < this.wordsPerMap; word++) maps[first + word] = words[at + 2 + word]!;
  }

  /** Every section that has a flag, with its subsection map. */
  save(to: StateWriter): void {
    const { wordsPerMap } = this;
    to.word(this.present);
    const count = to.length;
    to.word(0);
    let sections = 0;
    for (let sectionNr = this.first; sectionNr < this.end; sectionNr++) {
      const root = this.root(sectionNr);
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      if (root === undefined || root.flags[s] === 0) continue;
      sections++;
      to.word(sectionNr);
      to.word(root.flags[s]!);
      to.copy(root.maps, s * wordsPerMap, (s + 1) * wordsPerMap);
    }
    to.set(count, sections);
  }

  /** Reads back what {@link save} wrote. */
  restore(from: StateReader): void {
    this.changes++;
    const { roots, wordsPerMap } = this;
    for (const number of this.rootNumbers) {
      const root = roots.get(number)!;
      root.flags.fill(0);
      root.maps.fill(0);
    }
    this.present = from.word();
    for (let sections = from.word(); sections > 0; sections--) {
      const sectionNr = from.word();
      this.indexInit(sectionNr);
      this.reach(sectionNr);
      const root = this.root(sectionNr)!;
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      root.flags[s] = from.word();
      from.copy(root.maps, s * wordsPerMap, (s + 1) * wordsPerMap);
    }
  }

  /** Copies the state of all sections as it lies. */
  capture(image: SectionsImage): void {
    const { first, end, wordsPerMap } = this;
    const sections = Math.max(0, end - first);
    if (image.flags.length < sections) {
      image.flags = new Uint8Array(sections);
      image.maps = new Uint32Array(sections * wordsPerMap);
    }
    image.changes = this.changes;
    image.present = this.present;
    image.first = first;
    image.end = end;
    for (let sectionNr = first, i = 0; sectionNr < end; sectionNr++, i++) {
      const root = this.root(sectionNr);
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      image.flags[i] = root === undefined ? 0 : root.flags[s]!;
      for (let w = 0; w < wordsPerMap; w++) {
        image.maps[i * wordsPerMap + w] = root === undefined ? 0 : root.maps[s * wordsPerMap + w]!;
      }
    }
  }

  /** Makes the sections what they were when an image was made of them. */
  load(image: SectionsImage): void {
    if (this.changes === image.changes) return;
    image.changes = ++this.changes;
    const { first, end, wordsPerMap } = this;
    this.present = image.present;
    for (let sectionNr = first; sectionNr < end; sectionNr++) {
      const root = this.root(sectionNr);
      if (root === undefined) continue;
      const isIn = sectionNr >= image.first && sectionNr < image.end;
      const i = sectionNr - image.first;
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      root.flags[s] = isIn ? image.flags[i]! : 0;
      for (let w = 0; w < wordsPerMap; w++) {
        root.maps[s * wordsPerMap + w] = isIn ? image.maps[i * wordsPerMap + w]! : 0;
      }
    }
  }

  /** The root that holds a section, if there is one. */
  private root(sectionNr: number): SectionRoot | undefined {
    const number = sectionNr >>> ROOT_SHIFT;
    if (number !== this.lastNumber) {
      this.lastNumber = number;
      this.lastRoot = this.roots.get(number);
    }
    return this.lastRoot;
  }

  private reach(sectionNr: number): void {
    if (sectionNr >= this.first && sectionNr < this.end) return;
    this.reachedNumbers = undefined;
    if (sectionNr < this.first) this.first = sectionNr;
    if (sectionNr >= this.end) this.end = sectionNr + 1;
  }

  private change(sectionNr: number, from: number, to: number, active: boolean): void {
    this.changes++;
    this.reach(sectionNr);
    const { maps } = this.root(sectionNr)!;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
      const mask = wordMask(word, from, to);
      if (active) maps[first + word]! |= mask;
      else maps[first + word]! &= ~mask;
    }
  }
}

/** Bits [from, to) of a bitmap as far as they lie in one of its 32-bit words. */
export function wordMask(word: number, from: number, to: number): number {
  const low = from - word * 32;
  const high = to - word * 32;
  return (low <= 0 ? -1 : -1 << low) & (high >= 32 ? -1 : (1 << high) - 1);
}

/** SUBSECTION_SIZE, bytes: what memory is added and removed in. */
export const SUBSECTION_SIZE = 2 ** 21;
