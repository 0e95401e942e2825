// SPDX-License-Identifier: GPL-2.0-only

import type { Kernel } from '../kernel/kernel.js';
import type { RemoteNode } from './profile.js';

/** Memory of another node than the CPU's: which it is, and how many times as long what comes from it takes. */
export interface RemoteMemory {
  /** Whether a byte lies on the other node. @param pa physical byte address */
  readonly holds: (pa: number) => boolean;
  /** Whether page tables lie there. */
  readonly holdsTables: boolean;
  /** Of a line by itself. */
  readonly latency: number;
  /** Of a line of many in a row. */
  readonly stream: number;
}

/**
 * What lies on a node where memory is added to it. vmemmap_alloc_block() (mm/sparse-vmemmap.c) and the page tables ask
 * alloc_pages_node() for pages of that node, so all does; but a node that has nothing to give is passed over for the nearest
 * that has, and only what is taken from the added memory itself lies there: a memmap from an altmap.
 * @param kernel that memory is added to
 * @param node that it belongs to
 */
export function remoteMemory({ allocator, pageSize }: Kernel, node: RemoteNode): RemoteMemory {
  const { isMemoryOnly, latency, stream = latency } = node;
  return {
    holds: isMemoryOnly ? (pa) => !allocator.owns(Math.floor(pa / pageSize)) : () => true,
    holdsTables: !isMemoryOnly,
    latency: latency.value,
    stream: stream.value,
  };
}
