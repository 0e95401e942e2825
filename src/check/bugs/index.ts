// SPDX-License-Identifier: GPL-2.0-only

import { altmapPageToBuddy } from './altmap-page-to-buddy.js';
import type { Bug } from './bug.js';
import { MEMORY_HOTPLUG_BUGS } from './memory-hotplug.js';
import { sharedLeafRippedOut } from './shared-leaf-ripped-out.js';
import { tailKeepsLeaf } from './tail-keeps-leaf.js';

export type { Bug, ReleaseRange, Symptom } from './bug.js';

/** The catalogue: bugs of populating and freeing, a file each. */
export const BUGS: readonly Bug[] = [tailKeepsLeaf, altmapPageToBuddy, sharedLeafRippedOut, ...MEMORY_HOTPLUG_BUGS];
