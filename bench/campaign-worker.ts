// SPDX-License-Identifier: GPL-2.0-only

import { exploreWorld } from '../src/check/explore/campaign/campaign.js';
import type { World } from '../src/check/explore/campaign/worlds.js';

/** One thread of the campaign. */
export default ({ world, maxStates }: { world: World; maxStates: number }): ReturnType<typeof exploreWorld> =>
  exploreWorld(world, maxStates);
