// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { args, executablePath } from './chromium.js';

/** `npm run screenshots`: the pictures of the README, taken of reports that are made for it. */

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const FOLDER = join(ROOT, 'src', 'page', 'screenshots');
const STORY = join(ROOT, 'src', 'story', 'partial-pmd.json');

const SHOTS = [
  { name: 'partial-pmd', report: [STORY, '--kernel', '5.12'], width: 1280, height: 1090, colorScheme: 'light' },
  { name: 'two-releases', report: ['--bug', 'tail-keeps-leaf'], width: 1280, height: 860, colorScheme: 'dark' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-screenshots-'));
const browser = await chromium.launch({ executablePath, args });
mkdirSync(FOLDER, { recursive: true });
for (const { name, report, width, height, colorScheme } of SHOTS) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const path = join(folder, `${name}.html`);
  const { stderr } = spawnSync(process.execPath, [MAIN, 'report', ...report, '--no-plots', '-o', path], {
    encoding: 'utf8',
  });
  if (stderr !== '') throw new Error(stderr);
  await page.goto(pathToFileURL(path).href);
  await page.waitForSelector('.verdict');
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}
await browser.close();
rmSync(folder, { recursive: true });
