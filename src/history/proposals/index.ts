// SPDX-License-Identifier: GPL-2.0-only

import { altmapFree, altmapReserve } from './altmap-reserve.js';
import { freeAnyLeaf } from './free-any-leaf.js';
import { pageVmemmap, pageVmemmapUnchecked } from './page-vmemmap.js';
import type { Proposal } from './proposal.js';
import { shrinkInOffline } from './shrink-in-offline.js';

export type { Proposal } from './proposal.js';

/** Proposals by the date on which they were posted, oldest first. */
export const PROPOSALS: readonly Proposal[] = [
  shrinkInOffline,
  pageVmemmap,
  pageVmemmapUnchecked,
  freeAnyLeaf,
  altmapReserve,
  altmapFree,
];
