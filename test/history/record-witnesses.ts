// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { findRelease, olderFirst } from '../../src/history/releases.js';
import { TRAIT_KEYS } from '../../src/history/traits/index.js';
import type { Witness } from '../../src/history/witnesses.js';
import { playableCases, witnesses } from '../../src/recordings/witness.js';

/** `npm run witnesses`: plays the recordings in test/ with traits turned round, and writes down which of them tell. */

const TEST = join(import.meta.dirname, '..');
const RESULT = join(TEST, '..', 'src', 'history', 'witnesses.ts');
const FOLDERS = { recorded: ['vectors'], booted: ['real-kernels', 'real-kernels-by-release'] } as const;
type Kind = keyof typeof FOLDERS;

const filesIn = (folder: string): string[] =>
  readdirSync(join(TEST, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .map((name) => join(TEST, folder, name));

const recordings = new Map<string, Record<Kind, Set<string>>>();
const found: Witness[] = [];

for (const kind of ['recorded', 'booted'] as const) {
  const isTold = new Set<string>();
  for (const path of FOLDERS[kind].flatMap(filesIn)) {
    const file = relative(TEST, path).split(sep).join('/');
    const cases = playableCases(path);
    for (const { arch, release } of cases.filter(({ isOfPageTables }) => isOfPageTables)) {
      const of = recordings.get(arch) ?? { recorded: new Set(), booted: new Set() };
      recordings.set(arch, of);
      of[kind].add(release.name);
    }
    const told = witnesses(cases, (release, key) => isTold.has(`${release} ${key}`));
    for (const { trait, release, name } of told) {
      const fact = `${release} ${trait}`;
      if (!isTold.has(fact)) found.push({ trait, release, file, name });
      isTold.add(fact);
    }
    console.log(`${file}: ${cases.length} cases, ${told.length} facts`);
  }
}

const releaseOf = (name: string) => findRelease(name)!;
const rowOf = ({ trait }: Witness): number => (TRAIT_KEYS as readonly string[]).indexOf(trait);
const names = (of: ReadonlySet<string>): string[] => [...of].sort((a, b) => olderFirst(releaseOf(a), releaseOf(b)));

found.sort((a, b) => rowOf(a) - rowOf(b) || olderFirst(releaseOf(a.release), releaseOf(b.release)));

const quoted = (value: unknown): string => JSON.stringify(value).replaceAll('"', "'");
const architectures = [...recordings]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([arch, { recorded, booted }]) => {
    return `  ${arch}: { recorded: ${quoted(names(recorded))}, booted: ${quoted(names(booted))} },`;
  });
const rows = found.map(
  ({ trait, release, file, name }) => `  [${[trait, release, file, name].map(quoted).join(', ')}],`,
);

writeFileSync(
  RESULT,
  `// SPDX-License-Identifier: GPL-2.0-only

/** Made by \`npm run witnesses\` from the recordings in test/; a test plays each witness. */

/** A recorded case that agrees with its release, and would not if the release had the trait turned round. */
export interface Witness {
  readonly trait: string;
  readonly release: string;
  /** In test/. */
  readonly file: string;
  readonly name: string;
}

/** Releases whose page tables were recorded, by architecture: by the kernel's own functions, or on a booted kernel. */
export const RECORDINGS: Readonly<Record<string, { recorded: readonly string[]; booted: readonly string[] }>> = {
${architectures.join('\n')}
};

const ROWS: readonly (readonly [trait: string, release: string, file: string, name: string])[] = [
${rows.join('\n')}
];

export const WITNESSES: readonly Witness[] = ROWS.map(([trait, release, file, name]) => ({ trait, release, file, name }));
`,
);
console.log(`${found.length} facts of ${new Set(found.map(({ trait }) => trait)).size} traits`);
