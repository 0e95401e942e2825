// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Score } from './score.js';

const README = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'docs', 'known-right.md'), 'utf8').replaceAll(
  /\s+/g,
  ' ',
);

test('documentation states the mutation score that was measured', () => {
  const { total } = JSON.parse(readFileSync(join(import.meta.dirname, 'score.json'), 'utf8')) as Score;
  const dead = total.killed + total.timeout;
  const [, of, percent, killed, timeout] =
    /there are ([\d,]+) places, and the tests see the change in ([\d.]+) % of them, ([\d,]+)\. In ([\d,]+) of those/.exec(
      README,
    )!;
  const plain = (text: string | undefined): number => Number(text?.replaceAll(',', ''));
  expect([plain(of), plain(percent), plain(killed), plain(timeout)]).toEqual([
    total.mutants,
    total.score,
    dead,
    total.timeout,
  ]);
});
