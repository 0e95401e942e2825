// SPDX-License-Identifier: GPL-2.0-only

import { addTree, findRelease, releaseOfSeries, type Release } from '../history/releases.js';
import { provideCode } from '../kernel/memmap-code.js';
import { targetOf } from './targets.js';
import { TreeCode } from './tree-code.js';
import { TreeError } from './tree-error.js';
import { Tree, type TreeOptions } from './tree.js';

/** A tree as a release: whoever takes the name of a release takes `tree:PATH` once the tree is open. */

/** What names of trees begin with. */
export const TREE_PREFIX = 'tree:';

/** The release that a tree is nearest to: the one of its version, or else of its series. */
function nearestTo({ path, version }: Tree): Release {
  try {
    return findRelease(version) ?? releaseOfSeries(version);
  } catch {
    throw new TreeError(`${path} is Linux ${version}; covered are trees of 4.18 to 7.3`);
  }
}

/**
 * Opens a tree and makes it a release.
 * @param name "tree:PATH"
 * @throws TreeError where there is no tree, or none that is covered
 */
export async function openTree(name: string, options: TreeOptions = {}): Promise<Release> {
  const tree = await Tree.open(name.slice(TREE_PREFIX.length), options);
  const nearest = nearestTo(tree);
  const release: Release = {
    ...nearest,
    name,
    tree: { path: tree.path, version: tree.version, nearest: nearest.name },
  };
  addTree(release);
  provideCode(name, (machine) => new TreeCode(tree.moduleFor(machine), targetOf(machine.arch).directMap(machine), machine));
  return release;
}
