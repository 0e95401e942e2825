// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves, lowHalf } from '../../../src/hardware/word-halves.js';
import { swap32 } from '../../../src/hardware/page-table.js';
import { MIXED, type Ram } from '../../../src/hardware/ram.js';

/**
 * The hashed page table of the Power ISA (Book III, 6.7.6 "Page Table"): groups of eight entries of 16 bytes, big-endian,
 * in physical memory. A virtual page is looked for in its primary group, then in its secondary one.
 */

export const HPTES_PER_GROUP = 8;
const HPTE_BYTES = 16;
const GROUP_BYTES = HPTES_PER_GROUP * HPTE_BYTES;
/** Words of an entry: first dword high and low, second dword high and low. */
const HPTE_WORDS = HPTE_BYTES / 4;

/** First dword, low half. */
export const V_VALID = 0x1;
export const V_LARGE = 0x4;
export const V_BOLTED = 0x10;
/** Bits of the first dword's low half that are no part of the address: HPTE_V_COMPARE ignores them. */
const V_FLAGS = 0x7f;

/** Second dword: from this bit on, the page size is told by ones below the real page number (LP field). */
const LP_SHIFT = 12;
/** Low bits of the second dword that are no address. */
const R_FLAGS = 0xfff;
/** Bits 32-55 of the second dword: the upper part of the real page number. */
const R_ADDRESS_HI = 0x00ff_ffff;

/** log2 of a segment's bytes: 256 MiB or 1 TiB, and its number in an entry's B field. */
export type SegmentShift = 28 | 40;
const B_FIELD: Readonly<Record<SegmentShift, number>> = { 28: 0, 40: 1 };
/** Virtual page numbers count 4 KiB, VPN_SHIFT. */
export const VPN_SHIFT = 12;
/** AVPN leaves out the low 23 bits of a virtual address. */
const AVPN_SHIFT = 23;
/** AVPN stands in the first dword from this bit on. */
const V_AVPN_SHIFT = 7;

/** A virtual page: which segment, and where in it. Together they are the virtual page number. */
export interface VirtualPage {
  vsid: number;
  /** Offset in the segment in units of 4 KiB. */
  offset: number;
}

/** A page size: its log2, and its encoding in the LP field (mmu_psize_defs[].penc). */
export interface HashPageSize {
  shift: number;
  penc: number;
}

/** Size and encoding of the pages that the vmemmap may use, by bytes. */
export const HASH_PAGE_SIZES: Readonly<Record<number, HashPageSize>> = {
  4096: { shift: 12, penc: 0 },
  65536: { shift: 16, penc: 1 },
  16777216: { shift: 24, penc: 0 },
};

/** What a look-up or an insertion returns when it finds no place. */
export const NO_SLOT = -1;

export class HashPageTable {
  /** Groups less one. */
  readonly groupMask: number;

  /**
   * @param base physical byte address
   * @param bytes size, a power of two
   */
  constructor(
    private readonly ram: Ram,
    private readonly base: number,
    private readonly bytes: number,
    private readonly segmentShift: SegmentShift,
    private readonly pageSize: HashPageSize,
  ) {
    this.groupMask = bytes / GROUP_BYTES - 1;
  }

  /** Primary group of a page. The hash has 39 bits, of which a table uses at most 32. */
  primaryGroup({ vsid, offset }: VirtualPage): number {
    const page = offset >>> (this.pageSize.shift - VPN_SHIFT);
    const hash = this.segmentShift === 40 ? vsid ^ (vsid << 25) ^ page : (vsid | 0) ^ page;
    return (hash & this.groupMask) >>> 0;
  }

  secondaryGroup(page: VirtualPage): number {
    return (~this.primaryGroup(page) & this.groupMask) >>> 0;
  }

  /**
   * Writes an entry into the first free slot of a group.
   * @param pa real byte address of the page
   * @param flags protection and storage bits of the second dword
   * @returns the slot, or NO_SLOT when the group is full
   */
  insert(group: number, page: VirtualPage, pa: number, flags: number): number {
    for (let i = 0; i < HPTES_PER_GROUP; i++) {
      const slot = group * HPTES_PER_GROUP + i;
      const at = this.ram.wordIndex(this.base + slot * HPTE_BYTES);
      const { words } = this.ram;
      if ((swap32(words[at + 1]!) & V_VALID) !== 0) continue;
      const large = this.pageSize.shift === VPN_SHIFT ? 0 : V_LARGE;
      words[at + 2] = swap32(highHalf(pa));
      words[at + 3] = swap32(((pa & ~R_FLAGS) | (this.pageSize.penc << LP_SHIFT) | flags) >>> 0);
      words[at] = swap32(this.avpnHi(page));
      words[at + 1] = swap32((this.avpnLo(page) | large | V_BOLTED | V_VALID) >>> 0);
      return slot;
    }
    return NO_SLOT;
  }

  /** Physical byte address of a group. */
  groupAddress(group: number): number {
    return this.base + group * GROUP_BYTES;
  }

  /** Slot of a valid entry for a page in its primary or secondary group, or NO_SLOT. */
  find(page: VirtualPage): number {
    const primary = this.findInGroup(this.primaryGroup(page), page);
    return primary === NO_SLOT ? this.findInGroup(this.secondaryGroup(page), page) : primary;
  }

  /** Makes an entry invalid: its first dword becomes zero. */
  invalidate(slot: number): void {
    const at = this.ram.wordIndex(this.base + slot * HPTE_BYTES);
    this.ram.words[at] = 0;
    this.ram.words[at + 1] = 0;
  }

  /** Takes an entry that is not bolted out of a group. Returns whether there was one. */
  evict(group: number): boolean {
    for (let i = 0; i < HPTES_PER_GROUP; i++) {
      const slot = group * HPTES_PER_GROUP + i;
      const at = this.ram.wordIndex(this.base + slot * HPTE_BYTES);
      if ((swap32(this.ram.words[at + 1]!) & (V_VALID | V_BOLTED)) !== V_VALID) continue;
      this.invalidate(slot);
      return true;
    }
    return false;
  }

  /** Real byte address of the page that an entry maps. */
  realAddress(slot: number): number {
    const at = this.ram.wordIndex(this.base + slot * HPTE_BYTES);
    const { words } = this.ram;
    const size = 2 ** this.pageSize.shift;
    const pa = joinHalves(swap32(words[at + 2]!) & R_ADDRESS_HI, swap32(words[at + 3]!));
    return Math.floor(pa / size) * size;
  }

  /** Low bits of an entry's second dword: protection, storage control, key. */
  flags(slot: number): number {
    return swap32(this.ram.words[this.ram.wordIndex(this.base + slot * HPTE_BYTES) + 3]!) & R_FLAGS;
  }

  /** Valid entries, found by reading the whole table. */
  countValid(): number {
    let valid = 0;
    this.ram.forEachRun(this.base, this.bytes, (offset, length, byte) => {
      if (byte !== MIXED) return;
      const at = this.ram.wordIndex(this.base + offset);
      for (let i = 0; i < (length / HPTE_BYTES) * HPTE_WORDS; i += HPTE_WORDS) {
        if ((swap32(this.ram.words[at + i + 1]!) & V_VALID) !== 0) valid++;
      }
    });
    return valid;
  }

  private findInGroup(group: number, page: VirtualPage): number {
    const hi = this.avpnHi(page);
    const lo = this.avpnLo(page);
    for (let i = 0; i < HPTES_PER_GROUP; i++) {
      const slot = group * HPTES_PER_GROUP + i;
      const at = this.ram.wordIndex(this.base + slot * HPTE_BYTES);
      const v = swap32(this.ram.words[at + 1]!);
      if ((v & V_VALID) === 0 || (v & ~V_FLAGS) >>> 0 !== lo) continue;
      if (swap32(this.ram.words[at]!) === hi) return slot;
    }
    return NO_SLOT;
  }

  /** Offset bits of AVPN: those above bit 23, less what the page size covers. */
  private avpnOffset(offset: number): number {
    const covered = Math.max(0, this.pageSize.shift - AVPN_SHIFT);
    return (offset >>> (AVPN_SHIFT - VPN_SHIFT + covered)) << covered;
  }

  /** Bits of the segment offset that AVPN holds. */
  private get avpnOffsetBits(): number {
    return this.segmentShift - AVPN_SHIFT;
  }

  /** Bits 0-31 of the first dword without flags: AVPN starts at bit 7. */
  private avpnLo({ vsid, offset }: VirtualPage): number {
    const below = V_AVPN_SHIFT + this.avpnOffsetBits;
    return (lowHalf(vsid * 2 ** below) | (this.avpnOffset(offset) << V_AVPN_SHIFT)) >>> 0;
  }

  /** Bits 32-63 of the first dword: the rest of AVPN, and the segment size on top. */
  private avpnHi({ vsid }: VirtualPage): number {
    const below = V_AVPN_SHIFT + this.avpnOffsetBits;
    return (highHalf(vsid * 2 ** below) + B_FIELD[this.segmentShift] * 2 ** 30) >>> 0;
  }
}
