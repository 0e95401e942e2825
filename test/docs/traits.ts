// SPDX-License-Identifier: GPL-2.0-only

import type { Trait } from '../../src/history/traits/index.js';
import { spanText, stableTexts } from '../../src/report/release-text.js';

/**
 * A row of a page's table of traits, without the spaces that fill columns: the name, the mainline releases and the stable
 * series that took it over, the effect.
 */
export const traitRow = (trait: Trait): string =>
  `| \`${trait.name}\` | ${[spanText(trait), ...stableTexts(trait)].join(', ')} | ${trait.effect} |`;
