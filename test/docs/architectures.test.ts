// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { ARM64_TRAITS } from '../../src/history/traits/arm64.js';
import type { Trait, TraitKey } from '../../src/history/traits/index.js';
import { LOONGARCH_TRAITS } from '../../src/history/traits/loongarch.js';
import { PPC64_TRAITS } from '../../src/history/traits/ppc64.js';
import { RISCV_TRAITS } from '../../src/history/traits/riscv.js';
import { S390_TRAITS } from '../../src/history/traits/s390.js';
import { X86_TRAITS } from '../../src/history/traits/x86.js';
import { PAGES, ROOT } from './pages.js';
import { traitRow } from './traits.js';

/** The page of each architecture beside what the code knows of it. */

const TRAITS_OF: Readonly<Record<string, Readonly<Partial<Record<TraitKey, Trait>>>>> = {
  x86_64: X86_TRAITS,
  arm64: ARM64_TRAITS,
  ppc64: PPC64_TRAITS,
  s390: S390_TRAITS,
  riscv64: RISCV_TRAITS,
  loongarch64: LOONGARCH_TRAITS,
};

const TEST = join(ROOT, 'test');
/** What names of booted kernels' machines begin with. */
const MACHINE: Readonly<Record<string, string>> = { ppc64: 'ppc64le', s390: 's390x' };

const NUMBERS = ['no', 'one', 'two'];
const inWords = (count: number): string => NUMBERS[count] ?? count.toLocaleString('en-US');

/** "15 recordings", by MMU where there are several. */
function recordingsOf(name: string): string[] {
  const machine = MACHINE[name] ?? name;
  const recordedIn = (folder: string): string[] =>
    readdirSync(join(TEST, folder)).filter((file) => file.startsWith(`${machine}-`));
  const all = recordedIn('real-kernels');
  const hash = all.filter((file) => file.includes('-hash-'));
  const groups = hash.length > 0 ? [all.length - hash.length, hash.length] : [all.length];
  const byRelease = recordedIn('real-kernels-by-release').length;
  return [...groups, ...(byRelease > 0 ? [byRelease] : [])].map(
    (count) => `${inWords(count)} ${count === 1 ? 'recording' : 'recordings'}`,
  );
}

/** How many cases the files of vectors hold, beside their names. */
function vectorsOf(name: string): string[] {
  const files = readdirSync(join(TEST, 'vectors')).filter((file) => new RegExp(`^${name}[.-]`).test(file));
  return files.flatMap((file) => {
    const cases = JSON.parse(gunzipSync(readFileSync(join(TEST, 'vectors', file))).toString()) as unknown[];
    return [inWords(cases.length), `test/vectors/${file}`];
  });
}

describe.each(ARCHITECTURES.map(({ name }) => name))('%s', (name) => {
  const page = PAGES.find(({ path }) => path === `arch/${name}/README.md`);

  test('has a page that says what is modelled, what is not, and how that is known', () => {
    const headings = [...page!.text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(expect.arrayContaining(['Not modelled', 'Ground truth', 'By release']));
  });

  test('counts the recordings that there are', () => {
    const [, groundTruth = ''] = page!.text.replaceAll(/\s+/g, ' ').split('## Ground truth');
    const counted = [...recordingsOf(name), ...vectorsOf(name)];
    expect(counted.filter((count) => !groundTruth.toLowerCase().includes(count))).toEqual([]);
  });

  test('has a row for each of its traits, in the words of the code', () => {
    const rows = page!.text
      .split('\n')
      .filter((line) => /^\| `[\w-]+\/[\w-]+`/.test(line))
      .map((line) => line.replaceAll(/ +/g, ' '));
    expect(rows).toEqual(Object.values(TRAITS_OF[name]!).map(traitRow));
  });
});
