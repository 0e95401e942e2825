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
