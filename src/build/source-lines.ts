// SPDX-License-Identifier: GPL-2.0-only

import { decode } from '@jridgewell/sourcemap-codec';

/** From a line of a bundle on, the source file that its lines come from. */
export type SourceLine = [line: number, file: string];

/** What a bundler knows of where its output comes from. */
interface SourceMap {
  readonly mappings: string;
  readonly sources: readonly (string | null)[];
}

/** A path as a stack has it: something stands before its folders. */
const asFile = (source: string | null): string => `/${(source ?? '').replace(/^(\.\.\/)+/, '')}`;

/** The lines of a bundle at which another source file begins, in their order. */
export function sourceLines({ mappings, sources }: SourceMap): SourceLine[] {
  const lines: SourceLine[] = [];
  for (const [i, [first]] of decode(mappings).entries()) {
    if (first?.[1] === undefined) continue;
    const file = asFile(sources[first[1]] ?? null);
    if (lines[lines.length - 1]?.[1] !== file) lines.push([i + 1, file]);
  }
  return lines;
}
