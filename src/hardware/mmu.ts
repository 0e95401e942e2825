// SPDX-License-Identifier: GPL-2.0-only

import { hex } from './hex.js';
import type { Leaf } from './page-table.js';
import type { Ram } from './ram.js';

/** Memory as code sees it: through the translation that is in force at the moment of the access. */

/** A translation that is in force. */
export interface Mmu {
  /** The leaf that maps an address, or undefined. */
  walk(address: number): Leaf | undefined;
}

/** An access that no mapping serves. The kernel would have stopped there. */
export class PageFault extends Error {
  override readonly name = 'PageFault';
  constructor(readonly address: number) {
    super(`no mapping at ${hex(address)}`);
  }
}

/**
 * memset() of a virtual range.
 * @param length bytes
 * @throws PageFault at the first byte that is not mapped; bytes before it are written, as on hardware
 */
export function memset(mmu: Mmu, ram: Ram, address: number, byte: number, length: number): void {
  const end = address + length;
  while (address < end) {
    const leaf = mmu.walk(address);
    if (leaf === undefined) throw new PageFault(address);
    const offset = address - leaf.start;
    const part = Math.min(end - address, leaf.size - offset);
    ram.memset(leaf.pa + offset, byte, part);
    address += part;
  }
}

/**
 * !memchr_inv() of a virtual range: whether every byte is `byte`.
 * @param length bytes
 * @throws PageFault where the scan meets a byte that is not mapped
 */
export function isFilled(mmu: Mmu, ram: Ram, address: number, byte: number, length: number): boolean {
  const end = address + length;
  while (address < end) {
    const leaf = mmu.walk(address);
    if (leaf === undefined) throw new PageFault(address);
    const offset = address - leaf.start;
    const part = Math.min(end - address, leaf.size - offset);
    if (!ram.isFilled(leaf.pa + offset, byte, part)) return false;
    address += part;
  }
  return true;
}
