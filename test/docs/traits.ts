// SPDX-License-Identifier: GPL-2.0-only

import { RELEASES } from '../../src/history/releases.js';
import type { Trait, TraitKey } from '../../src/history/traits/index.js';

/**
 * A row of a page's table of traits, without the spaces that fill columns: the name, the mainline releases and the stable
 * trees that took it over, the effect.
 */
export function traitRow(key: TraitKey, { name, from, until, effect }: Trait): string {
  const mainline = until === undefined ? `${from} on` : `${from} to before ${until}`;
  const stable = RELEASES.filter(({ backports }) => backports.includes(key)).map((release) => release.name);
  return `| \`${name}\` | ${[mainline, ...stable].join(', ')} | ${effect} |`;
}
