// SPDX-License-Identifier: GPL-2.0-only

import { observe, type Kernel } from '../kernel/kernel.js';
import { DEAF_OBSERVER } from '../kernel/observer.js';

/** Frames that are given back while translations to them may still be held: an entry was cleared and no flush followed. */
export interface FlushWatch {
  /** Pages given back so since the last call, and the first frame of the first of them; NO_FRAME where an altmap got them. */
  take(): { readonly pages: number; readonly firstPfn: number };
}

/** An altmap is told how many pages come back, and not which. */
export const NO_FRAME = -1;

/**
 * Watches a kernel from here on; it takes the place of other observers. Any flush counts for every entry cleared before
 * it, so what is told is too little rather than too much.
 */
export function watchFlushes(kernel: Kernel): FlushWatch {
  let isDue = false;
  let pages = 0;
  let firstPfn = NO_FRAME;
  const free = (pfn: number, count: number): void => {
    if (!isDue) return;
    if (pages === 0) firstPfn = pfn;
    pages += count;
  };
  observe(kernel, {
    ...DEAF_OBSERVER,
    clearEntry: () => {
      isDue = true;
    },
    flush: () => {
      isDue = false;
    },
    freePages: (pfn, order) => free(pfn, 2 ** order),
    altmapFree: (_altmap, nrPages) => free(NO_FRAME, nrPages),
  });
  return {
    take() {
      const taken = { pages, firstPfn };
      isDue = false;
      pages = 0;
      return taken;
    },
  };
}
