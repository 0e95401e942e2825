// SPDX-License-Identifier: GPL-2.0-only

/** Behaviours that were proposed and that no release has; proposals alone switch them on. */

/** A behaviour of which there is no release. */
export interface ProposedTrait {
  /** Name as people say it: room/behaviour. */
  readonly name: string;
  /** What differs, in one sentence. */
  readonly effect: string;
}

/** Traits that patches brought which never landed as they were posted. */
export const PROPOSED_TRAITS = {
  unmapReleasesResource: {
    name: 'span/unmap-without-altmap-releases-resource',
    effect:
      'A device without an altmap is taken for system memory when it goes, so its range leaves the iomem tree, whoever claimed it.',
  },
  momWholeRange: {
    name: 'mom/whole-range',
    effect: 'The memmap of a whole range of blocks lies at the start of the range, with one altmap for all of them.',
  },
  momGranularityCheck: {
    name: 'mom/granularity-check',
    effect: 'Memory that holds its memmap is removed in the ranges in which it was added, or not at all.',
  },
  x86FreesAnyLeaf: {
    name: 'x86/frees-any-leaf',
    effect: 'A leaf that removal meets is cleared and freed, whatever part of it the range covers.',
  },
  momReserveIsPadding: {
    name: 'mom/reserve-is-padding',
    effect:
      'By force, pages that fill up pageblocks are altmap.reserve and lie before the memmap; the altmap may give out all other pages of the block.',
  },
  momRemovalRebuildsAltmap: {
    name: 'mom/removal-rebuilds-altmap',
    effect: 'Removal makes an altmap with base and free as they were when the block was added.',
  },
} as const satisfies Record<string, ProposedTrait>;

/** The key of a trait that no release has. */
export type ProposedTraitKey = keyof typeof PROPOSED_TRAITS;

export const PROPOSED_TRAIT_KEYS = Object.keys(PROPOSED_TRAITS) as readonly ProposedTraitKey[];
