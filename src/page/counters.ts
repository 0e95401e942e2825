// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../check/checked-run.js';
import type { CounterReport } from './document.js';

/** Findings about a counter of the kernel: no byte is to blame, and what there is to see is what it says and what it should. */
export function counterOf(finding: Finding): CounterReport | null {
  switch (finding.kind) {
    case 'counter-off':
      return { name: 'nr_memmap_pages', actual: finding.count, expected: finding.pages, because: 'back the memmap' };
    case 'counter-left':
      return { name: 'nr_memmap_pages', actual: finding.count, expected: 0, because: 'are left of what was added' };
    case 'counter-negative':
      return { name: 'nr_memmap_pages', actual: finding.count, expected: 0, because: 'are the fewest there can be' };
    case 'tables-uncounted':
      return { name: 'nr_page_table_pages', actual: -finding.count, expected: 0, because: 'came or went uncounted' };
    case 'altmap-miscounts':
      return {
        name: `alloc of altmap ${finding.altmap}`,
        actual: finding.alloc,
        expected: finding.mapped,
        because: 'of it are mapped',
      };
    case 'altmap-outlives-users':
      return { name: `alloc of altmap ${finding.altmap}`, actual: finding.alloc, expected: 0, because: 'are in use' };
    default:
      return null;
  }
}
