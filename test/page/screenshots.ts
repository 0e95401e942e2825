// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { args, executablePath } from './chromium.js';

/** `npm run screenshots`: pictures of the report and of the playground, three of each, as a reader first sees them. */

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const PLAYGROUND = pathToFileURL(join(ROOT, 'dist', 'src', 'page', 'playground.html')).href;
const FOLDER = join(ROOT, 'src', 'page', 'screenshots');
/** As somebody in a clone names it: the page shows the command. */
const STORY = join('src', 'story', 'partial-pmd.json');

interface Shot {
  readonly name: string;
  /** Arguments of `vmemmap report`; the playground if there are none. */
  readonly report?: readonly string[];
  /** Keys that are pressed before, one after the other. */
  readonly keys?: readonly string[];
  /** What comes last of what is waited for. */
  readonly last?: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

const TWO_KERNELS = [STORY, '--kernel', '5.12', '--kernel', '5.13'];
const SHARED_LEAF = ['1', '2', '1', '2'];
const SHOTS: readonly Shot[] = [
  { name: 'two-releases', report: TWO_KERNELS, width: 1440, height: 900, colorScheme: 'light' },
  { name: 'one-release', report: ['--bug', 'shared-leaf-ripped-out'], width: 800, height: 1000, colorScheme: 'dark' },
  { name: 'two-releases-narrow', report: TWO_KERNELS, width: 390, height: 844, colorScheme: 'light' },
  { name: 'playground', keys: SHARED_LEAF, last: 'one decides', width: 1440, height: 900, colorScheme: 'light' },
  { name: 'playground-narrow', keys: SHARED_LEAF, last: 'one decides', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'catalogue', keys: ['c'], width: 1440, height: 900, colorScheme: 'dark' },
];

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-screenshots-'));

function addressOf({ name, report }: Shot): string {
  if (report === undefined) return PLAYGROUND;
  const path = join(folder, `${name}.html`);
  const { stderr } = spawnSync(process.execPath, [MAIN, 'report', ...report, '-o', path], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (stderr !== '') throw new Error(stderr);
  return pathToFileURL(path).href;
}

const browser = await chromium.launch({ executablePath, args });
mkdirSync(FOLDER, { recursive: true });
for (const shot of SHOTS) {
  const { name, keys = [], width, height, colorScheme } = shot;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(addressOf(shot));
  await page.waitForSelector('#picture');
  if (shot.report === undefined) await page.waitForSelector('.tools');
  for (const [i, key] of keys.entries()) {
    await page.keyboard.press(key);
    if (key === 'c') await page.waitForSelector('.entry-row');
    else await page.waitForFunction(`document.querySelectorAll('.step').length === ${i + 1}`);
  }
  if (shot.last !== undefined) await page.getByText(shot.last).first().waitFor();
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
await browser.close();
rmSync(folder, { recursive: true });
