// SPDX-License-Identifier: GPL-2.0-only

import type { Proposal } from './proposal.js';

export const altmapReserve: Proposal = {
  name: 'altmap-reserve',
  title: 'By force, the padding is altmap.reserve, and the memmap follows it',
  posted: 'version 4, patch 4 of 6, July 2023',
  base: '6.6',
  edits: { momReserveIsPadding: true, momAltmapInBlock: false },
  objection:
    'Reserve means pages that the driver keeps; the altmap could give out pages beyond those set aside; and where the memmap of a block is mapped already, the first usable page is not aligned.',
  landed: 'v6.6: altmap.free is the rounded number of pages, and the block keeps its altmap',
  page: 'altmap-reserve.md',
};

export const altmapFree: Proposal = {
  name: 'altmap-free',
  title: 'altmap.free is rounded up, and removal makes the altmap anew',
  posted: 'in the reply, July 2023, with the correction of alt_end for ppc64',
  base: '6.6',
  edits: { momAltmapInBlock: false, momRemovalRebuildsAltmap: true },
  objection:
    'The number of pages that were taken does not tell how many were set aside, where the memmap was mapped already.',
  landed: 'v6.6, with the altmap kept in the block instead of made anew',
  page: 'altmap-reserve.md',
};
