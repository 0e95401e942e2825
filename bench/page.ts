// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Page } from 'playwright-core';
import { BUGS } from '../src/catalogue/bugs/index.js';
import { args, executablePath } from '../test/page/chromium.js';

/**
 * `npm run bench:page`: what the page is allowed to take, in the browser that it is tested in. Each answer is timed in the page
 * itself, from the key or the click to the frame after the picture changed.
 */

const ROOT = join(import.meta.dirname, '..');
const PLAYGROUND = join(ROOT, 'dist', 'src', 'page', 'playground.html');
const PLAYGROUND_URL = pathToFileURL(PLAYGROUND).href;
const COLD_LOADS = 7;
const KEYS = ['ArrowUp', 'ArrowLeft', 'ArrowLeft', 'ArrowRight'];
const ROUNDS = 30;
const KIB = 1024;

/** Budgets: kB of script, and ms. */
const SCRIPT = 600;
const FIRST_PICTURE = 1500;
const KEY = 50;
const ANSWER = 100;

const say = (what: string, median: string, worst: string, budget: string): void =>
  void process.stdout.write(`${what.padEnd(52)} ${median.padStart(9)} ${worst.padStart(9)} ${budget.padStart(9)}\n`);
const ms = (value: number): string => `${value.toFixed(0)} ms`;
const tell = (what: string, times: readonly number[], budget: number): void => {
  const sorted = [...times].sort((a, b) => a - b);
  say(what, ms(sorted[Math.floor(sorted.length / 2)]!), ms(sorted.at(-1)!), ms(budget));
};

/** An answer that takes longer is none, ms. */
const NO_ANSWER = 5000;

/** Functions of the page under test: milliseconds until the frame after `isDone`. */
const TIMING = `window.timed = async (act, isDone) => {
  const start = performance.now();
  act();
  while (!isDone() && performance.now() - start < ${NO_ANSWER}) await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
};
window.press = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));`;

/** Times of keys, pressed one after the other; one that leads nowhere is not counted. */
const timeKeys = (page: Page, keys: readonly string[], count: number): Promise<number[]> =>
  page.evaluate(`(async () => {
    const place = () => document.querySelector('.position').textContent;
    const times = [];
    for (let i = 0; i < ${count}; i++) {
      const before = place();
      let frames = 0;
      const key = ${JSON.stringify(keys)}[i % ${keys.length}];
      const time = await timed(() => press(key), () => place() !== before || ++frames > 3);
      if (place() !== before) times.push(time);
    }
    return times;
  })()`);

const browser = await chromium.launch({ executablePath, args });
const folder = mkdtempSync(join(tmpdir(), 'vmemmap-bench-'));

async function open(url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(TIMING);
  await page.goto(url);
  await page.waitForSelector('#picture');
  return page;
}

say('', 'median', 'worst', 'budget');
const scripts = readFileSync(PLAYGROUND, 'utf8').match(/<script[^]*?<\/script>/g) ?? [];
const compressed = gzipSync(scripts.join('')).length / KIB;
say('script of the playground, gzip', `${compressed.toFixed(0)} KiB`, '', `${SCRIPT} KiB`);

// A browser that never saw the page: nothing of it is compiled or kept.
const firsts: number[] = [];
for (let i = 0; i < COLD_LOADS; i++) {
  const cold = await chromium.launch({ executablePath, args });
  const page = await cold.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(`addEventListener('DOMContentLoaded', function wait() {
    if (document.getElementById('picture') === null) requestAnimationFrame(wait);
    else requestAnimationFrame(() => setTimeout(() => (window.firstPicture = performance.now())));
  })`);
  await page.goto(PLAYGROUND_URL);
  await page.waitForFunction('window.firstPicture !== undefined');
  firsts.push(await page.evaluate<number>('window.firstPicture'));
  await cold.close();
}
tell('first picture of the playground, cold', firsts, FIRST_PICTURE);

const MIB_128 = 0x8000000;
const steps = Array.from({ length: 200 }, (_, i) => ({
  op: i % 4 < 2 ? 'add-pages' : 'remove-pages',
  start: `0x${(0x100000000 + (i % 2) * MIB_128).toString(16)}`,
  size: '128M',
}));
const long = join(folder, 'long.json');
writeFileSync(long, JSON.stringify({ machine: { arch: 'x86_64', structPageSize: 56 }, steps }));
const main = join(ROOT, 'dist', 'cli', 'main.js');
const report = join(folder, 'long.html');
spawnSync(process.execPath, [main, 'report', long, '--kernel', '5.12', '--kernel', '5.13', '-o', report]);
const two = await open(pathToFileURL(report).href);
await two.keyboard.press('End');
tell('a key, 200 steps, two kernels', await timeKeys(two, KEYS, ROUNDS * KEYS.length), KEY);
await two.close();

const keys: number[] = [];
const clicks: number[] = [];
const slowest: [string, number][] = [];
const page = await open(PLAYGROUND_URL);
await page.waitForSelector('.tools');
for (const { name } of BUGS) {
  await page.evaluate(`location.hash = 'bug=${name}'`);
  // The address has the place as soon as the entry is shown.
  await page.waitForFunction(`location.hash.startsWith('#bug=${name}&')`);
  keys.push(...(await timeKeys(page, KEYS, 2 * KEYS.length)));
  await page.keyboard.press('e');
  await page.waitForSelector('.delete');
  // The last step is taken out, and put back: each runs the whole scenario on both kernels.
  const times = await page.evaluate<number[]>(`(async () => {
    const times = [];
    const count = () => document.querySelectorAll('.step').length;
    const all = count();
    for (let i = 0; i < 3; i++) {
      times.push(await timed(() => [...document.querySelectorAll('.delete')].at(-1).click(), () => count() === all - 1));
      times.push(await timed(() => press('Backspace'), () => count() === all));
    }
    return times;
  })()`);
  clicks.push(...times);
  slowest.push([name, Math.max(...times)]);
  if (process.env['VERBOSE']) process.stderr.write(`${name} ${times.map(ms).join(' ')}\n`);
}
tell(`a key, the ${BUGS.length} entries of the catalogue`, keys, ANSWER);
tell('a click that runs an entry anew', clicks, ANSWER);
slowest.sort(([, a], [, b]) => b - a);
process.stdout.write(
  `slowest: ${slowest
    .slice(0, 8)
    .map(([name, time]) => `${name} ${ms(time)}`)
    .join(', ')}\n`,
);

await browser.close();
rmSync(folder, { recursive: true });
