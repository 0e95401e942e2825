// SPDX-License-Identifier: GPL-2.0-only

import type { RemoteNode } from '../cycles/profile.js';

/** Where memory and page tables are not the plain ones, which are the CPU's own node and bare metal. */

/** What was asked for. */
export interface Elsewhere {
  /** The node that memory is added to, where it is not the CPU's. */
  readonly node?: RemoteNode | undefined;
  /** Leaf size of the second stage, bytes, where the kernel runs under nested paging. */
  readonly nested?: number | undefined;
}

/** The same in a result. */
export interface ElsewhereFields {
  /** Name of the node. */
  readonly node?: string;
  /** Bytes. */
  readonly nestedLeaf?: number;
}

export const isElsewhere = ({ node, nested }: Elsewhere): boolean => node !== undefined || nested !== undefined;

/** Fields of a result; none where all is plain. */
export const elsewhereFields = ({ node, nested }: Elsewhere): ElsewhereFields => ({
  ...(node && { node: node.name }),
  ...(nested !== undefined && { nestedLeaf: nested }),
});
