// SPDX-License-Identifier: GPL-2.0-only

import type { PfnRange } from '../kernel/pfn-range.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { pfnToSectionNr } from '../mm/sparse.js';
import type { AddressRange } from '../kernel/vmemmap-view.js';

/** The memmap of pages that are active together or not at all, whatever an exploration does. */
export interface Cell extends AddressRange {
  readonly sectionNr: number;
  /** Subsections of the section, [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Cuts ranges where any of them begins or ends, and at sections. Cells are ascending and do not overlap. */
export function cellsOf(kernel: Kernel, ranges: readonly PfnRange[]): Cell[] {
  const { pagesPerSection, pagesPerSubsection } = kernel;
  const cuts = new Set<number>();
  for (const { pfn, nrPages } of ranges) {
    cuts.add(pfn).add(pfn + nrPages);
    for (let cut = pfn - (pfn % pagesPerSection); cut < pfn + nrPages; cut += pagesPerSection) cuts.add(cut);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.flatMap((pfn, i) => {
    const end = sorted[i + 1];
    const isIn = end !== undefined && ranges.some((range) => range.pfn <= pfn && range.pfn + range.nrPages >= end);
    if (!isIn) return [];
    const sectionNr = pfnToSectionNr(kernel, pfn);
    const from = (pfn - sectionNr * pagesPerSection) / pagesPerSubsection;
    const to = from + Math.max(1, (end - pfn) / pagesPerSubsection);
    return [
      {
        start: pfnToPage(kernel, pfn),
        end: pfnToPage(kernel, end),
        sectionNr,
        from: Math.floor(from),
        to: Math.ceil(to),
      },
    ];
  });
}
