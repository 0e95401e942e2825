// SPDX-License-Identifier: GPL-2.0-only

/** Ranges [start, end) in order, those that touch or overlap joined. */
export function joined(
  ranges: readonly { readonly start: number; readonly end: number }[],
): { start: number; end: number }[] {
  const apart: { start: number; end: number }[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = apart[apart.length - 1];
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else apart.push({ start, end });
  }
  return apart;
}

/** `ranges` without what lies in `hole`. */
export const outside = (
  ranges: readonly { readonly start: number; readonly end: number }[],
  hole: { readonly start: number; readonly end: number },
): { start: number; end: number }[] =>
  ranges.flatMap(({ start, end }) =>
    [
      { start, end: Math.min(end, hole.start) },
      { start: Math.max(start, hole.end), end },
    ].filter((part) => part.start < part.end),
  );
