// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { searchShowing } from '../../src/explore/showing/search.js';
import { shown } from '../../src/explore/showing/shown.js';
import { type Showing, SHOWINGS } from '../../src/history/showings.js';
import { TRAIT_KEYS, type TraitKey, TRAITS } from '../../src/history/traits/index.js';
import { UNSEEN } from '../../src/history/unseen.js';

/**
 * `npm run showings`: searches for the shortest scenario in which each trait shows, and writes them down. What was found
 * before and still shows its trait is kept, so a search that ended early goes on; `--again` begins anew.
 */

const RESULT = join(import.meta.dirname, '..', '..', 'src', 'history', 'showings.ts');
const { values, positionals } = parseArgs({
  options: {
    again: { type: 'boolean', default: false },
    depth: { type: 'string', default: '3' },
    steps: { type: 'string', default: '400' },
    progress: { type: 'string' },
  },
  allowPositionals: true,
});

const found = new Map<TraitKey, Showing>();
if (!values.again) {
  for (const showing of SHOWINGS) {
    if (shown(showing) !== undefined) found.set(showing.trait, showing);
  }
}
/** What was searched for in vain before, where a file is to say so: trait and range. */
const tried = new Set<string>();
const { progress } = values;
if (progress !== undefined && existsSync(progress)) {
  for (const name of readFileSync(progress, 'utf8').split('\n')) tried.add(name);
}

const rows = (): string =>
  TRAIT_KEYS.flatMap((key) => found.get(key) ?? [])
    .map((showing) => `  ${JSON.stringify(showing)},`)
    .join('\n');

function write(): void {
  writeFileSync(
    RESULT,
    `// SPDX-License-Identifier: GPL-2.0-only

import type { TraitKey } from './traits/index.js';

/** Made by \`npm run showings\`: the shortest scenario in which each trait shows. A test plays each of them. */

/** In this scenario the release does otherwise than the same release without the trait, in the last step at the latest. */
export interface Showing {
  readonly trait: TraitKey;
  readonly release: string;
  /** As a file has it, without \`machine.kernel\`. */
  readonly scenario: object;
}

export const SHOWINGS: readonly Showing[] = [
${rows()}
];
`,
  );
}

const lengths = Array.from({ length: Number(values.depth) }, (_, i) => i + 1);
const limit = Number(values.steps);
const ranges = [false, true].flatMap((isOnAny) => lengths.map((length) => ({ length, limit, isOnAny })));
for (const range of ranges) {
  for (const key of TRAIT_KEYS) {
    const { name } = TRAITS[key];
    const question = `${name} ${JSON.stringify(range)}`;
    if (UNSEEN[key] !== undefined || found.has(key) || tried.has(question)) continue;
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const showing = searchShowing(key, range);
    if (showing === undefined) {
      if (progress !== undefined) writeFileSync(progress, `${question}\n`, { flag: 'a' });
      continue;
    }
    console.log(`${name}: ${showing.release}, ${range.length} steps`);
    found.set(key, { trait: key, ...showing });
    write();
  }
}
write();
