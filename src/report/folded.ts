// SPDX-License-Identifier: GPL-2.0-only

import type { CallNode } from '../cycles/call-tree.js';
import { oneLine } from './text.js';

/** Folded stacks: "a;b;c 123" a line, as flamegraph.pl, inferno and speedscope read them. The weight is cycles. */

/** A frame ends at a semicolon, and a stack at the end of its line. */
const frameText = (name: string): string => oneLine(name).replaceAll(';', ',');

/**
 * One line for each stack that took cycles of its own.
 * @param roots names of frames below which the tree hangs, such as that of the scenario
 */
export function foldedLines(tree: CallNode, roots: readonly string[]): string[] {
  const frames = tree.name === '' ? roots.map(frameText) : [...roots, frameText(tree.name)];
  const self = Math.round(tree.self);
  const own = self === 0 ? [] : [`${frames.join(';')} ${self}`];
  return [...own, ...[...tree.children.values()].flatMap((child) => foldedLines(child, frames))];
}
