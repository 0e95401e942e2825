// SPDX-License-Identifier: GPL-2.0-only

import { blockReferenceLeft } from './block-reference-left.js';
import { blocksLeftOffline } from './blocks-left-offline.js';
import type { Bug } from './bug.js';
import { errorPathForgetsAltmap, errorPathForgetsAltmapAgain } from './error-path-forgets-altmap.js';
import { forceReadsYes } from './force-reads-yes.js';
import { lostResources } from './lost-resources.js';
import { memmapOutOfReach } from './memmap-out-of-reach.js';
import { tailsNotInitialised } from './tails-not-initialised.js';
import { onlineForEver } from './online-for-ever.js';
import { zonesFreedUnderDevice } from './zones-freed-under-device.js';
import { zoneOfUninitialisedPage } from './zone-of-uninitialised-page.js';

/** Entries of the layer above the page tables. */
export const MEMORY_HOTPLUG_BUGS: readonly Bug[] = [
  memmapOutOfReach,
  errorPathForgetsAltmap,
  errorPathForgetsAltmapAgain,
  blockReferenceLeft,
  tailsNotInitialised,
  zoneOfUninitialisedPage,
  forceReadsYes,
  zonesFreedUnderDevice,
  blocksLeftOffline,
  onlineForEver,
  lostResources,
];
