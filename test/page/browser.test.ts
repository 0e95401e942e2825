// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file } from '../cli/cli.js';
import { vmemmapHere } from '../cli/here.js';
import {
  faultsInLightAndDark,
  closeBrowser,
  errorsOf,
  needsBrowser,
  openBrowser,
  openPage,
  hasBrowser,
  fits,
  PATIENCE,
} from './browser.js';

/** The report in a real Chromium, opened from disk. */

const STORY = join('src', 'story', 'partial-pmd.json');
const WIDTHS = [1440, 800, 390];

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-page-'));

/** Makes a report; its address on disk. */
async function report(name: string, ...command: string[]): Promise<string> {
  const path = join(folder, `${name}.html`);
  const { stderr } = await vmemmapHere('report', ...command, '-o', path);
  expect(stderr).toBe('');
  return pathToFileURL(path).href;
}

const position = (page: Page): Promise<string> => page.locator('.position').innerText();
const verdict = (page: Page): Promise<string> => page.locator('.verdict').first().innerText();
const event = (page: Page): Promise<string> => page.locator('.event[aria-current]').innerText();
const segments = (page: Page, lane: number) => page.locator(`[data-lane="${lane}"] .seg`);

let story = '';
let compared = '';

beforeAll(async () => {
  await openBrowser();
  if (!hasBrowser()) return;
  story = await report('story', STORY, '--kernel', '5.12');
  compared = await report('compared', STORY, '--kernel', '5.12', '--kernel', '5.13');
}, PATIENCE);

afterAll(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true });
}, PATIENCE);

describe('the report of the shared leaf on 5.12 and 5.13', () => {
  test('opens on the event that went wrong, with the picture on the first screen', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    expect(await position(page)).toBe('step 5 of 5, event 6 of 11');
    expect(await verdict(page)).toContain(
      '5.12 step 5: Leaf ffffea0003a00000 stays mapped: no section uses it any more',
    );
    expect(await event(page)).toContain('memchr_inv 0xFD ffffea0003a00000');
    expect(await event(page)).toContain('5.12 → other bytes');
    expect(await event(page)).toContain('5.13 → all 0xFD');
    const picture = (await page.locator('#picture').boundingBox())!;
    expect(picture.y + picture.height).toBeLessThan(600);
    expect(errorsOf(page)).toEqual([]);
  });

  test('has kernels under each other on one axis: the same byte has the same place', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    const [upper, lower] = [
      (await segments(page, 0).first().boundingBox())!,
      (await segments(page, 1).first().boundingBox())!,
    ];
    expect(lower.y).toBeGreaterThan(upper.y + upper.height);
    expect(lower.x).toBe(upper.x);
    expect(await page.locator('.difference').innerHTML()).toBe('≠ 512 KiB');
    const blamed = (await page.locator('[data-lane="0"] .blamed').boundingBox())!;
    const band = (await page.locator('[data-lane="0"] .seg[height="8"]').boundingBox())!;
    // Brackets stand around the bytes, and the mark of them beside.
    expect(Math.abs(blamed.x - band.x)).toBeLessThan(8);
  });

  test('the picture and all that answers to it follow the events', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    // One further, 5.13 gives the leaf back, and 5.12 does nothing.
    await page.keyboard.press('ArrowRight');
    expect(await event(page)).toMatch(/^5\.13\s+free 512 pages/);
    await page.keyboard.press('ArrowRight');
    expect(await segments(page, 1).count()).toBe(0);
    expect(await segments(page, 0).count()).toBeGreaterThan(0);
    expect(await page.locator('.difference').innerHTML()).toBe('≠ 2 MiB');
  });

  test('tells who wrote the bytes that are pointed at, on each kernel', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    const bytes = page.getByRole('region', { name: 'these bytes' });
    expect(await bytes.innerText()).toContain('never written since step 2 made the leaf');
    expect(await bytes.innerText()).toContain('PAGE_UNUSED 0xFD by step 4, event 1 vmemmap_flush_unused_pmd()');
    await segments(page, 0).first().hover();
    await bytes.getByText('ffffea0003a00000–ffffea0003b80000').waitFor();
    await bytes.getByRole('button', { name: 'step 5, event 5' }).first().click();
    expect(await position(page)).toBe('step 5 of 5, event 5 of 11');
  });

  test('says which change of the kernel decides, with the commit as a link', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    const chain = page.getByRole('region', { name: 'how it came about' });
    expect(await chain.innerText()).toContain('Of 3 traits that differ, one decides: x86/track-unused-sub-pmd');
    expect(await chain.getByRole('link').first().getAttribute('href')).toBe(
      'https://git.kernel.org/linus/8d400913c231',
    );
    await chain.getByRole('button', { name: 'step 2, event 5' }).click();
    expect(await event(page)).toContain('set pmd entry ffffea0003a00000');
  });
});

describe('every control, by key and by mouse', () => {
  test('the stepper', async (context) => {
    needsBrowser(context);
    const page = await openPage(story);
    const start = await position(page);
    for (const [key, name] of [
      ['ArrowLeft', 'event back'],
      ['ArrowRight', 'event on'],
      ['ArrowUp', 'step back'],
      ['ArrowDown', 'step on'],
    ] as const) {
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowUp');
      const before = await position(page);
      await page.keyboard.press(key);
      const byKey = await position(page);
      expect(byKey).not.toBe(before);
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowUp');
      await page.getByRole('button', { name, exact: true }).click();
      expect(await position(page)).toBe(byKey);
    }
    await page.keyboard.press('Home');
    expect(await position(page)).toMatch(/^step 1 of 5, event 0/);
    await page.keyboard.press('n');
    expect(await position(page)).toBe(start);
  });

  test('play goes on by itself, and stops', async (context) => {
    needsBrowser(context);
    const page = await openPage(story);
    await page.keyboard.press('Home');
    await page.keyboard.press(' ');
    await page.waitForFunction(`!document.querySelector('.position').textContent.includes('event 0')`);
    await page.getByRole('button', { name: 'stop' }).click();
    expect(await page.getByRole('button', { name: 'play' }).isVisible()).toBe(true);
    expect(await position(page)).not.toMatch(/event 0/);
  });

  test('the overview, dragged', async (context) => {
    needsBrowser(context);
    const page = await openPage(story);
    const box = (await page.locator('#overview').boundingBox())!;
    await page.mouse.move(box.x + 4, box.y + 18);
    await page.mouse.down();
    await page.locator('.position', { hasText: /^step 1 / }).waitFor();
    await page.mouse.move(box.x + box.width - 2, box.y + 18);
    await page.mouse.up();
    await page.locator('.position', { hasText: /^step 5 / }).waitFor();
    await page.locator('#overview').focus();
    await page.keyboard.press('ArrowLeft');
    expect(await position(page)).toMatch(/^step 5 /);
  });

  test('steps and events of the list', async (context) => {
    needsBrowser(context);
    const page = await openPage(story);
    await page.locator('.step').nth(1).click();
    expect(await position(page)).toMatch(/^step 2 of 5/);
    await page.locator('.event').first().click();
    expect(await position(page)).toMatch(/^step 2 of 5, event 1 /);
    expect(await page.locator('.step[aria-current="step"]').innerText()).toContain('add-pages section 33');
  });

  test('byte ranges, zoom and pan', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    const bytes = page.locator('[aria-label="these bytes"] h3');
    await page.keyboard.press('b');
    const first = await bytes.innerText();
    await page.keyboard.press('b');
    expect(await bytes.innerText()).not.toBe(first);
    await page.keyboard.press('Shift+B');
    expect(await bytes.innerText()).toBe(first);
    await page.waitForFunction(`location.hash.includes('&at=fea0003a00000-')`);
    const wide = (await segments(page, 0).first().boundingBox())!.width;
    await page.keyboard.press('+');
    expect((await segments(page, 0).first().boundingBox())!.width).toBeGreaterThan(wide);
    await page.keyboard.press(']');
    await page.keyboard.press('0');
    expect((await segments(page, 0).first().boundingBox())!.width).toBe(wide);
    await page.keyboard.press('Escape');
    await page.waitForFunction(`!location.hash.includes('at=')`);
  });

  test('differences, findings, keys, light and dark', async (context) => {
    needsBrowser(context);
    const page = await openPage(compared);
    await page.keyboard.press('Home');
    await page.keyboard.press('d');
    expect(await page.locator('.event[aria-current]').getAttribute('class')).toMatch(/is-one/);
    await page.keyboard.press('c');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /step 5: Leaf/ })
      .click();
    expect(await position(page)).toBe('step 5 of 5, event 6 of 11');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog', { name: 'Keys' }).innerText()).toContain('next finding of any kernel');
    await page.getByRole('button', { name: 'Close' }).click();
    const ground = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.body.parentElement).backgroundColor');
    const light = await ground();
    await page.keyboard.press('t');
    expect(await ground()).not.toBe(light);
    await page.getByRole('button', { name: 'light or dark' }).click();
    expect(await ground()).toBe(light);
    expect(errorsOf(page)).toEqual([]);
  });

  test('the folded panels, among them the picture as a table', async (context) => {
    needsBrowser(context);
    const page = await openPage(story);
    await page.getByText('The picture as a table').click();
    await page.locator('details[open] tbody').waitFor();
    expect(await page.locator('details[open] tbody tr').count()).toBe(2);
    await page.getByText('Step 5 in numbers').click();
    await page.locator('details[open]', { hasText: 'unusedBytes' }).waitFor();
    await page.getByText('Page table', { exact: true }).click();
    await page.locator('.tree', { hasText: 'pmd table' }).waitFor();
  });

  test('shows where the focus is', async (context) => {
    needsBrowser(context);
    const page = await openPage(story);
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate<{ outlineStyle: string; width: number }>(`(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { outlineStyle, width: parseFloat(outlineWidth) };
      })()`);
      expect(outline.outlineStyle).toBe('solid');
      expect(outline.width).toBeGreaterThanOrEqual(2);
    }
  });
});

test('a page that has no width for a while goes on when it has one', async (context) => {
  needsBrowser(context);
  const page = await openPage(compared);
  const widthAt = (width: string) =>
    page.evaluate<number>(`new Promise((done) => {
      const picture = document.getElementById('picture');
      new ResizeObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => done(picture.width.baseVal.value)));
      }).observe(picture.parentElement);
      document.querySelector('.stage').style.width = '${width}';
    })`);
  for (const none of ['0', '30px', '130px']) expect(await widthAt(none)).toBeGreaterThan(0);
  expect(await widthAt('700px')).toBeGreaterThan(600);
  expect(errorsOf(page)).toEqual([]);
});

test('a link leads to the same bytes at the same moment', async (context) => {
  needsBrowser(context);
  const page = await openPage(`${compared}#step=4&event=2&at=fea0003b80000-fea0003c00000`);
  expect(await position(page)).toMatch(/^step 4 of 5, event 2 /);
  expect(await page.locator('[aria-label="these bytes"] h3').innerText()).toContain(
    'ffffea0003b80000–ffffea0003c00000',
  );
  const again = await openPage(page.url());
  expect(await position(again)).toBe(await position(page));
});

test('of three kernels two are shown, and which is chosen', async (context) => {
  needsBrowser(context);
  const page = await openPage(await report('three', STORY, '--kernel', '5.12', '--kernel', '5.13', '--kernel', '4.18'));
  await page.getByLabel('lower kernel').selectOption('2');
  expect(
    await page.locator('[data-lane]').evaluateAll((lanes) => lanes.map((lane) => lane.getAttribute('aria-label'))),
  ).toEqual(['x86_64 5.12', 'x86_64 4.18']);
});

test('several bugs have an index', async (context) => {
  needsBrowser(context);
  const page = await openPage(await report('several', '--bug', 'tail-keeps-leaf', '--bug', 'shared-leaf-ripped-out'));
  await page.getByLabel('what is shown').selectOption('shared-leaf-ripped-out');
  expect(await page.locator('h1').innerText()).toBe('Removing a section takes the leaf that its neighbour shares');
  await page.keyboard.press('c');
  await page.getByLabel('search').fill('5.12');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /stays mapped/ })
    .click();
  expect(await page.locator('h1').innerText()).toContain('tail of a leaf');
  await page.waitForFunction(`location.hash.includes('of=tail-keeps-leaf')`);
});

/** The entry without its frame, put together from the fields that the page names. */
async function flagsShown(page: Page): Promise<bigint> {
  const rows = await page
    .locator('.entry tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [(row as HTMLElement).dataset['mask'] ?? '', row.querySelector('.value')?.textContent ?? '0']),
    );
  return rows.reduce((flags, [mask, value]) => {
    const bits = BigInt(`0x${mask!}`);
    return flags | (BigInt(value!) * (bits & -bits));
  }, 0n);
}

describe('the fields of an entry on the page are those of vmemmap run --json', () => {
  const machines = [
    { arch: 'x86_64', structPageSize: 56 },
    { arch: 'arm64', structPageSize: 72 },
    { arch: 's390', structPageSize: 56 },
    { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
    { arch: 'ppc64', mmu: 'hash', pageSize: '64K' },
  ];
  test.for(machines)('%o', async (machine, context) => {
    needsBrowser(context);
    const steps = [{ op: 'add-pages', start: '0x100000000', size: '512M' }];
    const path = file('bits.json', JSON.stringify({ machine, steps }));
    const run = JSON.parse((await vmemmapHere('run', path, '--json')).stdout) as {
      steps: { prot: Record<string, string> }[];
    };
    const page = await openPage(await report('bits', path));
    await page.keyboard.press('b');
    const [[, flags] = []] = Object.entries(run.steps[0]!.prot);
    expect(await flagsShown(page)).toBe(BigInt(flags!));
    expect(errorsOf(page)).toEqual([]);
  });
});

const REPORTS: [string, string[]][] = [
  ['partial-PMD', [STORY, '--kernel', '5.12', '--kernel', '5.13']],
  ['a hole', ['--bug', 'shared-leaf-ripped-out']],
  ['altmaps and small pages', ['--bug', 'altmap-page-to-buddy']],
  ['hash', ['--bug', 'node-without-entry']],
  ['folded memmap', ['--bug', 'compound-memmap-overcounted']],
  ['zones', ['--bug', 'leaf-of-two-devices']],
  ['memory blocks', [join('src', 'story', 'own-memmap.json')]],
];

describe.each(REPORTS)('the page of %s', (name, command) => {
  test('does not scroll sideways at any width, and has no fault that axe knows of, in light and in dark', async (context) => {
    needsBrowser(context);
    const page = await openPage(await report(name.replaceAll(/\W/g, '-'), ...command));
    for (const width of WIDTHS) await fits(page, width);
    await fits(page, 1440);
    expect(await faultsInLightAndDark(page)).toEqual([]);
    expect(errorsOf(page)).toEqual([]);
  });
});

test('200 steps: a key is answered by the state that is kept, not by a replay', async (context) => {
  needsBrowser(context);
  const steps = Array.from({ length: 200 }, (_, i) => ({
    op: i % 4 < 2 ? 'add-pages' : 'remove-pages',
    start: `0x${(0x100000000 + (i % 2) * 0x8000000).toString(16)}`,
    size: '128M',
  }));
  const path = file('long.json', JSON.stringify({ machine: { arch: 'x86_64', structPageSize: 56 }, steps }));
  const page = await openPage(await report('long', path, '--kernel', '5.12', '--kernel', '5.13'));
  await page.keyboard.press('End');
  expect(await position(page)).toMatch(/^step 200 of 200/);
  const spent = await page.evaluate<number[]>(`(async () => {
    const times = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      dispatchEvent(new KeyboardEvent('keydown', { key: i % 2 ? 'ArrowUp' : 'ArrowLeft', bubbles: true }));
      await new Promise((done) => setTimeout(done));
      times.push(performance.now() - start);
    }
    return times;
  })()`);
  console.info(`a key of 200 steps: median ${spent.sort((a, b) => a - b)[10]!.toFixed(0)} ms`);
  expect(await position(page)).toMatch(/^step 1[89]\d of 200/);
});
