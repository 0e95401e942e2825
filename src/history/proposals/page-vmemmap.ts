// SPDX-License-Identifier: GPL-2.0-only

import type { Proposal } from './proposal.js';

const common = {
  posted: 'version 3, July 2019',
  base: '5.3',
  landed: 'v5.13 for single blocks, v6.8 with an altmap for each block of a range',
  page: 'page-vmemmap.md',
} as const;

export const pageVmemmap: Proposal = {
  ...common,
  name: 'page-vmemmap',
  title: 'The memmap of a whole range lies at its start; it is removed as it was added',
  edits: { momOneBlock: true, momFallbackToRam: true, momWholeRange: true, momGranularityCheck: true },
  objection: 'A block cannot go alone, though none of its pages is in use.',
};

export const pageVmemmapUnchecked: Proposal = {
  ...common,
  name: 'page-vmemmap-unchecked',
  title: 'The same, and blocks are removed one by one',
  edits: { momOneBlock: true, momFallbackToRam: true, momWholeRange: true },
  objection: 'When the first block goes, the memmap of those behind it goes with its memory.',
};
