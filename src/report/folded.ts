// SPDX-License-Identifier: GPL-2.0-only

import type { CallNode } from '../cycles/call-tree.js';

/** Folded stacks: "a;b;c 123" a line, as flamegraph.pl, inferno and speedscope read them. The weight is cycles. */

/** @param roots frames below which the tree hangs: no semicolons, spaces are fine */
export function foldedLines(tree: CallNode, roots: readonly string[]): string[] {
  const frames = tree.name === '' ? roots : [...roots, tree.name];
  const self = Math.round(tree.self);
  const own = self === 0 ? [] : [`${frames.join(';')} ${self}`];
  return [...own, ...[...tree.children.values()].flatMap((child) => foldedLines(child, frames))];
}
