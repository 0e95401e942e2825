// SPDX-License-Identifier: GPL-2.0-only

import type { Proposal } from './proposal.js';

export const freeAnyLeaf: Proposal = {
  name: 'free-any-leaf',
  title: 'remove_pmd_table() frees every leaf that it meets',
  posted: 'discussion of sub-PMD ranges, January 2021',
  base: '5.12',
  edits: { x86FreesAnyLeaf: true },
  objection:
    'With a struct page of 56 bytes two sections share a leaf, and removing one takes the memmap of the other.',
  landed: 'v5.13: unused parts of a leaf are tracked, and it goes when all of it is unused',
  page: 'free-any-leaf.md',
};
