// SPDX-License-Identifier: GPL-2.0-only

import { addTree, findRelease, RELEASES, type Release } from '../history/releases.js';
import { provideCode } from '../kernel/memmap-code.js';
import { TreeCode } from './tree-code.js';
import { TreeError } from './tree-error.js';
import { Tree, type TreeOptions } from './tree.js';

/** A tree as a release: whoever takes the name of a release takes `tree:PATH` once the tree is open. */

/** What names of trees begin with. */
export const TREE_PREFIX = 'tree:';

/** Trees that are open here, so that another thread can open them as well. */
const OPENED: { name: string; options: TreeOptions }[] = [];

export const openedTrees = (): readonly { name: string; options: TreeOptions }[] => OPENED;

/** The release that a tree is nearest to: the one of its version, or the newest where the tree is newer. */
function nearestTo({ path, version }: Tree): Release {
  const newest = RELEASES[RELEASES.length - 1]!;
  const [major, minor] = version.split('.').map(Number);
  const [newestMajor, newestMinor] = newest.mainline.split('.').map(Number);
  const isNewer = major! > newestMajor! || (major === newestMajor && minor! > newestMinor!);
  const nearest = isNewer ? newest : findRelease(version);
  if (nearest !== undefined) return nearest;
  throw new TreeError(`${path} is Linux ${version}; covered are trees from 4.18 on`);
}

/**
 * Opens a tree and makes it a release.
 * @param name "tree:PATH"
 * @throws TreeError where there is no tree, or none that is covered
 */
export async function openTree(name: string, options: TreeOptions = {}): Promise<Release> {
  const tree = await Tree.open(name.slice(TREE_PREFIX.length), options);
  const nearest = nearestTo(tree);
  const { mainline, patch } = nearest;
  const release: Release = {
    mainline,
    patch,
    name,
    remark: `${name} is Linux ${tree.version}: sections, populating and freeing are the tree’s own code; memory blocks, zones, resources and devices are those of ${nearest.name} as modelled here`,
    tree: { path: tree.path, version: tree.version, nearest: nearest.name },
  };
  addTree(release);
  OPENED.push({ name, options });
  provideCode(name, {
    start: (machine, isNamed) => new TreeCode(tree.moduleFor(machine, isNamed), machine),
    placeOf: (arch, function_) => tree.placeOf(arch, function_),
  });
  return release;
}

/** Opens trees in another thread than the one that has {@link openedTrees}. @throws TreeError */
export async function openAgain(trees: ReturnType<typeof openedTrees>): Promise<void> {
  for (const { name, options } of trees) await openTree(name, options);
}
