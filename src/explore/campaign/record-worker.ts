// SPDX-License-Identifier: GPL-2.0-only

import { exploreWorld } from './campaign.js';
import type { World } from './worlds.js';

/** One thread of the campaign. */
export default ({ world, maxStates }: { world: World; maxStates: number }): ReturnType<typeof exploreWorld> =>
  exploreWorld(world, maxStates);
