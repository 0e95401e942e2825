// SPDX-License-Identifier: GPL-2.0-only

import type { Traits } from '../../../src/history/traits/index.js';
import { type SegmentShift, type VirtualPage, VPN_SHIFT } from './hash-page-table.js';

/** Which virtual segment a kernel address lies in: arch/powerpc/include/asm/book3s/64/mmu-hash.h. */

/** VA_BITS: bits of a virtual address with MMU_FTR_68_BIT_VA. */
const VA_BITS = 68;
const CONTEXT_BITS = 19;
/** VSID_MULTIPLIER, a prime; the same for both segment sizes. */
const VSID_MULTIPLIER = 12_538_073;
/** VMEMMAP_REGION_ID. */
const VMEMMAP_REGION_ID = 4;
/** MAX_KERNEL_CTX_CNT: contexts of the linear map, by page size. */
const LINEAR_CONTEXTS: Readonly<Record<number, number>> = { 4096: 1, 65536: 4 };

/** Context of the region at 0xf000…: regions from 0xc000… on were counted from 1. */
const SEPARATE_REGION_CONTEXT = 4;

/** get_kernel_context() of a vmemmap address. @param pageSize bytes */
export function vmemmapContext(pageSize: number, traits: Traits): number {
  if (!traits.ppc64KernelRegions0xc) return SEPARATE_REGION_CONTEXT;
  return VMEMMAP_REGION_ID + (LINEAR_CONTEXTS[pageSize] ?? 1) - 1;
}

/** vsid_scramble(): multiplication modulo 2^bits - 1. All values stay below 2^53. */
function vsidScramble(protoVsid: number, bits: number): number {
  const unit = 2 ** bits;
  const product = protoVsid * VSID_MULTIPLIER;
  const folded = Math.floor(product / unit) + (product % unit);
  return (folded + Math.floor((folded + 1) / unit)) % unit;
}

/**
 * get_vsid() and hpt_vpn(): the virtual page of a kernel address.
 * @param address low 52 bits of it
 * @param context number of the kernel context
 */
export function virtualPage(address: number, context: number, segmentShift: SegmentShift): VirtualPage {
  const esidBits = VA_BITS - (segmentShift + CONTEXT_BITS);
  const segment = 2 ** segmentShift;
  const esid = Math.floor(address / segment) % 2 ** esidBits;
  const protoVsid = context * 2 ** esidBits + esid;
  return {
    vsid: vsidScramble(protoVsid, VA_BITS - segmentShift),
    offset: Math.floor((address % segment) / 2 ** VPN_SHIFT),
  };
}

/** A virtual page number in hex digits; it has up to 56 bits. */
export function vpnText({ vsid, offset }: VirtualPage, segmentShift: SegmentShift): string {
  return ((BigInt(vsid) << BigInt(segmentShift - VPN_SHIFT)) | BigInt(offset)).toString(16);
}
