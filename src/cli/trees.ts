// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/load.js';
import { openTree, TREE_PREFIX } from '../tree/open.js';
import type { Configuration } from '../tree/targets.js';

/** Trees that a command line names: they are open, and releases, before the command runs. */

/** Options of commands that take the name of a kernel, as text. */
export interface TreeCommandOptions {
  /** Kconfig names of trees: "CONFIG_X=y". */
  config?: string[];
  /** Which compiler makes trees. */
  clang?: string;
}

/** @throws InputError */
function configurationOf(said: readonly string[]): Configuration {
  return new Map(
    said.map((text) => {
      const [, name, value] = /^(CONFIG_[A-Z0-9_]+)=([yn])$/.exec(text) ?? [];
      if (name !== undefined) return [name, value === 'y'];
      throw new InputError(`--config is "${text}"; allowed is CONFIG_NAME=y or CONFIG_NAME=n`);
    }),
  );
}

/** Whether the value of an option names a tree. */
const isTree = (value: unknown): value is string => typeof value === 'string' && value.startsWith(TREE_PREFIX);

/**
 * Opens every tree that a command's options name.
 * @param options all of the command's, whatever they are called
 */
export async function openTrees(options: Readonly<Record<string, unknown>> & TreeCommandOptions): Promise<void> {
  const names = new Set(Object.values(options).flat().filter(isTree));
  const config = configurationOf(options.config ?? []);
  for (const name of names) await openTree(name, { config, compiler: options.clang });
}
