// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playgroundPage } from '../../src/cli/page-template.js';
import { vmemmapHere } from '../cli/here.js';
import {
  faultsInLightAndDark,
  closeBrowser,
  errorsOf,
  hasBrowser,
  needsBrowser,
  openBrowser,
  openPage,
  fits,
  keepBack,
  reopenKeeping,
  PATIENCE,
  settled,
} from './browser.js';

/** The playground in a real Chromium: one file, opened from disk, with the network off. */

const ROOT = join(import.meta.dirname, '..', '..');
const PLAYGROUND = pathToFileURL(join(ROOT, 'dist', 'src', 'page', 'playground.html')).href;

beforeAll(async () => {
  await openBrowser();
  if (hasBrowser()) playgroundPage();
}, PATIENCE);
afterAll(closeBrowser, PATIENCE);

const open = async (hash = '', width = 1440): Promise<Page> => {
  const page = await openPage(`${PLAYGROUND}${hash}`, { offline: true, viewport: { width, height: 900 } });
  await page.waitForSelector('.tools');
  return page;
};
const verdict = (page: Page): Promise<string> => page.locator('.verdict').first().innerText();
const steps = (page: Page): Promise<string[]> => page.locator('.step').allInnerTexts();
const section = (page: Page, nr: number) => page.locator(`[data-section="${nr}"]`);
const waitFor = (page: Page, text: string) =>
  page.getByRole('group', { name: 'verdict' }).getByText(text).first().waitFor();
/** So many steps are there, and every kernel has run them. */
const stepCount = async (page: Page, count: number): Promise<void> => {
  await page.waitForFunction(`document.querySelectorAll('.step').length === ${count}`);
  await settled(page);
};
/** What the page says for a moment. */
const toast = (page: Page, text: string | RegExp) => page.locator('#toast', { hasText: text }).waitFor();

/** Each kernel runs it for longer than the page waits for a second one. */
const LONG_SCENARIO = JSON.stringify({
  machine: { arch: 'x86_64', structPageSize: 56 },
  steps: Array.from({ length: 200 }, (_, i) => ({
    op: i % 4 < 2 ? 'add-pages' : 'remove-pages',
    start: `0x${(0x100000000 + (i % 2) * 0x8000000).toString(16)}`,
    size: '128M',
  })),
});

describe('the playground, from disk and with the network off', () => {
  test('begins with an empty machine, and shows at once what clicks bring', async (context) => {
    needsBrowser(context);
    const page = await open();
    await waitFor(page, 'Empty machine');
    // There is nothing to play.
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'play', exact: true }).waitFor();
    await section(page, 32).click();
    await stepCount(page, 1);
    await section(page, 33).click();
    await stepCount(page, 2);
    expect(await section(page, 33).getAttribute('data-presence')).toBe('present');
    await section(page, 32).focus();
    await page.keyboard.press('Enter');
    await stepCount(page, 3);
    await page.keyboard.press('2');
    await stepCount(page, 4);
    await waitFor(page, 'Leaf ffffea0003a00000 stays mapped: no section uses it any more');
    expect((await steps(page)).map((text) => text.replaceAll(/\s+/g, ' ').trim())).toEqual([
      '1 add-pages section 32 ≠',
      '2 add-pages section 33 ≠',
      '3 remove-pages section 32 ≠',
      '4 remove-pages section 33 ✗ 5.12',
    ]);
    // Functions have the kernel's names here too, by release.
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.event .by').allInnerTexts()).toContain('remove_pmd_table | vmemmap_pmd_is_unused');
    expect(errorsOf(page)).toEqual([]);
  });

  test('undo, deleting a step, and another release run the same steps anew', async (context) => {
    needsBrowser(context);
    const page = await open();
    for (const key of ['1', '2', '1', '2']) {
      const before = await page.locator('.step').count();
      await page.keyboard.press(key);
      await stepCount(page, before + 1);
    }
    await page.getByLabel('kernel', { exact: true }).selectOption('5.13');
    await waitFor(page, 'Nothing wrong on 5.13 and 6.12.117');
    await page.getByLabel('beside').selectOption('nothing');
    await waitFor(page, 'Nothing wrong on 5.13');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await waitFor(page, 'stays mapped');
    await page.getByRole('button', { name: 'delete step 4' }).click();
    await stepCount(page, 3);
    await page.getByRole('button', { name: 'undo' }).click();
    await stepCount(page, 4);
    expect(errorsOf(page)).toEqual([]);
  });

  test('blocks, DIMMs and devices are unplugged as what they were plugged, and set online', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.getByLabel('sizeof(struct page)').selectOption('64');
    await page.getByRole('button', { name: 'DIMM 256 MiB' }).click();
    await section(page, 32).click();
    await stepCount(page, 1);
    await page.getByRole('button', { name: 'online', exact: true }).click();
    await section(page, 32).click();
    await stepCount(page, 2);
    expect(await section(page, 33).getAttribute('data-presence')).toBe('online');
    await page.getByRole('button', { name: 'device with altmap' }).click();
    await section(page, 36).click();
    await stepCount(page, 3);
    await section(page, 36).click();
    await stepCount(page, 4);
    await section(page, 33).click();
    await stepCount(page, 5);
    expect(
      (await steps(page)).map((text) =>
        text
          .replaceAll(/\s+/g, ' ')
          .replace(/^\d+ | [≠✗].*$/g, '')
          .trim(),
      ),
    ).toEqual([
      'add-memory sections 32–33',
      'online sections 32–33',
      'create-namespace dax0 section 36',
      'destroy-namespace dax0',
      'offline-and-remove-memory sections 32–33',
    ]);
    await page.getByRole('button', { name: 'offline', exact: true }).click();
    await section(page, 32).click();
    await toast(page, 'section 32 is absent');
  });

  test('the next allocation fails', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('1');
    await stepCount(page, 1);
    await page.getByRole('button', { name: 'next allocation fails' }).click();
    await section(page, 34).click();
    await stepCount(page, 2);
    expect(await page.locator('.event').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/alloc 512 pages → fails/)]),
    );
  });

  test('the scenario as text: a mistake is marked, a name completed, and what is whole is run', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('1');
    await stepCount(page, 1);
    await page.getByRole('button', { name: 'as text' }).click();
    const editor = page.getByLabel('scenario as text');
    await editor.waitFor();
    await page.locator('.cm-line', { hasText: '"op": "add-pages"' }).click();
    await page.keyboard.press('End');
    await page.keyboard.type(' "alt');
    await page.locator('.cm-tooltip-autocomplete').getByText('"altmap"').waitFor();
    await editor.fill('{"machine":{"arch":"vax"},"steps":[]}');
    await page.locator('.cm-lintRange-error').waitFor();
    await editor.fill(
      JSON.stringify({ machine: { arch: 'arm64' }, steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }] }),
    );
    await page.waitForFunction(`document.querySelector('.facts').textContent.includes('arm64')`);
    expect(errorsOf(page)).toEqual([]);
  });

  test('a scenario that cannot run is answered with a sentence, over the picture from before', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('1');
    await stepCount(page, 1);
    await page.getByRole('button', { name: 'as text' }).click();
    const machine = { arch: 'x86_64', ramSize: '8M', boot: [{ start: '0x0', size: '4G' }] };
    await page
      .getByLabel('scenario as text')
      .fill(JSON.stringify({ machine, steps: [{ op: 'add-pages', start: '0x200000000', size: '128M' }] }));
    const verdict = page.getByRole('alert');
    await verdict.getByText('machine.ramSize is 8388608; it is too small to boot').waitFor();
    await verdict.getByText('The picture is from before the error.').waitFor();
    await stepCount(page, 1);
    expect(errorsOf(page)).toEqual([]);
  });

  test('a kernel that has nothing of a step is told beside the one that has, and hides nothing of it', async (context) => {
    needsBrowser(context);
    const page = await openPage(`${PLAYGROUND}#bug=folded-without-break`, { offline: true });
    await waitFor(page, '6.2 step 3');
    await page.keyboard.press('e');
    await page.waitForSelector('.tools');
    // What the entry breaks is no invariant, and it is asked here, too.
    await waitFor(page, 'break-before-make is not kept');
    await waitFor(page, '6.3: steps[2].op is "hugetlb-optimize"');
    await stepCount(page, 3);
    await page.getByRole('button', { name: 'delete step 3' }).click();
    await stepCount(page, 2);
    await waitFor(page, 'Nothing wrong on 6.2 and 6.3');
    await page.keyboard.press('Backspace');
    await stepCount(page, 3);
    await waitFor(page, '6.2 step 3');
    expect(errorsOf(page)).toEqual([]);
  });

  test('a block that begins at no border is not offered, and one that stands there is answered by the kernel', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.getByRole('button', { name: 'memory block', exact: true }).click();
    await section(page, 33).click();
    await stepCount(page, 1);
    await page.getByLabel('memory block').selectOption('256 MiB');
    await section(page, 35).click();
    await toast(page, /begins at a multiple of 0x10000000/);
    await settled(page);
    expect(await steps(page)).toHaveLength(1);
  });

  test('the address has the whole scenario', async (context) => {
    needsBrowser(context);
    const page = await open();
    for (const [i, key] of ['1', '2', '1', '2'].entries()) {
      await page.keyboard.press(key);
      await stepCount(page, i + 1);
    }
    await waitFor(page, 'stays mapped');
    await page.waitForFunction(`location.hash.includes('step=4')`);
    const again = await openPage(page.url(), { offline: true });
    await waitFor(again, 'Leaf ffffea0003a00000 stays mapped');
    expect(await steps(again)).toHaveLength(4);
  });

  test('loads a machine, a scenario, what exploring found; and says what it does not read', async (context) => {
    needsBrowser(context);
    const page = await open();
    const load = async (text: string): Promise<void> => {
      // The page tells of what was loaded a moment before its dialog is gone.
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await page.keyboard.press('l');
      await page.getByLabel('text to load').fill(text);
      await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    };
    await load(
      '00001000-3fffffff : System RAM\n40000000-4fffffff : PCI Bus 0000:00\n100000000-17fffffff : System RAM\n',
    );
    await page.waitForFunction(`document.querySelector('h1').textContent.startsWith('A machine with 3 GiB')`);
    // What can be plugged lies behind what the machine has, and is large enough to be clicked.
    await stepCount(page, 1);
    expect((await section(page, 48).boundingBox())!.width).toBeGreaterThan(80);
    await page.keyboard.press('2');
    await stepCount(page, 2);
    expect(await section(page, 49).getAttribute('data-presence')).toBe('present');
    await load(readFileSync(join(ROOT, 'src', 'story', 'own-memmap.json'), 'utf8'));
    await page.waitForFunction(`document.querySelector('h1').textContent.startsWith('Two blocks hold')`);
    await load(
      'qemu-system-x86_64 -m 2G,slots=2,maxmem=8G -object memory-backend-ram,id=m0,size=1G -device pc-dimm,memdev=m0',
    );
    await page.locator('.note', { hasText: 'a QEMU command line' }).waitFor();
    await settled(page);
    expect(await steps(page)).toEqual([expect.stringContaining('add-memory') as string]);
    await load('hello');
    await page.getByRole('dialog').getByText('it is no scenario, no QEMU command line').waitFor();
  });

  test('a dialog that is opened as soon as another is gone stays open', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('l');
    await page.getByLabel('text to load').fill('00001000-3fffffff : System RAM\n');
    // The key comes in the task in which the page takes the dialog away: sooner than any hand.
    await page.evaluate(`new MutationObserver((_, observer) => {
      if (document.querySelector('dialog') !== null) return;
      observer.disconnect();
      dispatchEvent(new KeyboardEvent('keydown', { key: 'l' }));
    }).observe(document.body, { childList: true, subtree: true })`);
    await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    await page.waitForFunction(`document.querySelector('h1').textContent.startsWith('A machine with')`);
    await page.locator('dialog[open]').getByLabel('text to load').fill('once more');
    expect(errorsOf(page)).toEqual([]);
  });

  test('a machine that was loaded brings its kernel, the next that has something fixed, and the bugs that it has', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('l');
    await page
      .getByLabel('text to load')
      .fill(
        'OSRELEASE=6.1.50-custom\nSIZE(page)=64\n00001000-3fffffff : System RAM\n100000000-17fffffff : System RAM\n',
      );
    await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    await page.locator('.note', { hasText: 'beside 6.1.192, the next that has' }).waitFor();
    expect(await page.getByLabel('kernel', { exact: true }).inputValue()).toBe('6.1.50-custom');
    expect(await page.getByLabel('beside').inputValue()).toBe('6.1.192');
    await stepCount(page, 1);
    await page.getByRole('button', { name: /^\d+ known bugs here$/ }).click();
    const list = page.getByRole('group', { name: 'known bugs here' });
    expect(await list.innerText()).toMatch(/B24\s+ends in 6\.1\.192\s+A block that cannot be created/);
    // A bug of 56-byte struct pages only is told as that.
    expect(await list.getByRole('heading').innerText()).toContain('not to be seen with a struct page of 64 bytes');
    expect(await list.locator('h3 ~ [data-bug="recycled-leaf"]').innerText()).toContain(
      'struct page of 56, 72, 80 bytes',
    );
    expect(await list.locator('h3 ~ [data-bug="freed-before-flush"]').count()).toBe(0);
    await list.locator('[data-bug="error-path-forgets-altmap"]').click();
    await page.waitForFunction(`document.querySelector('.facts').textContent.includes('6.1.50 | 6.1.192')`);
    await waitFor(page, '6.1.50 step');
    await page.keyboard.press('p');
    // Without a word on its kernel it is taken for the usual one, and that is said.
    await page.keyboard.press('l');
    await page.getByLabel('text to load').fill('00001000-3fffffff : System RAM\n');
    await page.getByLabel('kernel', { exact: true }).last().fill('5.10.0-46-amd64');
    await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    await page.locator('.note', { hasText: 'on 5.10.262, beside' }).waitFor();
    await page.locator('.remark', { hasText: 'is some 5.10.y and does not say which' }).waitFor();
    expect(errorsOf(page)).toEqual([]);
  });

  test('the first kernel is shown while the second is running', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.getByRole('button', { name: 'as text' }).click();
    await page.getByLabel('scenario as text').waitFor();
    // What is there the moment that the second kernel is said to be running.
    await page.evaluate(`new MutationObserver(() => {
      const waits = document.querySelector('#picture [aria-label="6.12.117 is running"]');
      if (waits !== null) window.meanwhile ??= [
        document.querySelectorAll('.step').length,
        document.querySelectorAll('[data-lane="0"] .seg').length,
        document.querySelector('.position').textContent,
      ];
    }).observe(document.body, { childList: true, subtree: true })`);
    await page.getByLabel('scenario as text').fill(LONG_SCENARIO);
    await page.waitForFunction(`document.querySelectorAll('[data-lane="1"] .seg').length > 0`);
    const [count, segments, at] = await page.evaluate<[number, number, string]>('window.meanwhile');
    expect(count).toBe(200);
    expect(segments).toBeGreaterThan(0);
    expect(at).toMatch(/^step 200 of 200/);
    expect(await page.locator('[aria-label$="is running"]').count()).toBe(0);
    expect(errorsOf(page)).toEqual([]);
  });

  test('explores a small world in the background, and opens what it finds', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.getByRole('button', { name: 'explore' }).click();
    await page.getByLabel('steps', { exact: true }).selectOption('4');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('every sequence').waitFor();
    await page.locator('.explore li button').first().click();
    await page.waitForSelector('.verdict.is-wrong');
    // Its worker has nothing more to do; one of the page's own goes on.
    await expect.poll(() => page.workers().length, { timeout: PATIENCE }).toBe(1);
    expect(errorsOf(page)).toEqual([]);
  });

  test('the catalogue is searched, shown and edited', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('c');
    await page.getByLabel('search').fill('arm64 neighbour shares');
    await page.keyboard.press('Enter');
    await waitFor(page, 'Section 33 is present and its first 1.5 MiB of struct pages are not mapped');
    await page.waitForFunction(`location.hash.includes('bug=')`);
    await page.keyboard.press('e');
    await page.waitForSelector('.tools');
    await stepCount(page, 3);
    await page.keyboard.press('c');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Two neighbouring sections/ })
      .click();
    await stepCount(page, 5);
    await page.keyboard.press('r');
    await page.waitForFunction(`!document.querySelector('.tools')`);
    await page.keyboard.press('p');
    await stepCount(page, 5);
    expect(errorsOf(page)).toEqual([]);
  });

  test('does not scroll sideways at any width, and has no fault that axe knows of, in light and in dark', async (context) => {
    needsBrowser(context);
    const page = await open();
    for (const [i, key] of ['1', '2', '1', '2'].entries()) {
      await page.keyboard.press(key);
      await stepCount(page, i + 1);
    }
    await page.getByRole('button', { name: 'as text' }).click();
    for (const width of [390, 800, 1440]) await fits(page, width);
    expect(await faultsInLightAndDark(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });
});

/** Somebody clicks on while the page waits for its worker: the last click counts, whatever comes first. */
describe('an answer that comes when something else was asked for', () => {
  const other = `#bug=shared-leaf-ripped-out`;
  const isOther = (page: Page) =>
    page.locator('h1', { hasText: 'Removing a section takes the leaf that its neighbour shares' }).waitFor();
  const goTo = (page: Page, hash: string) => page.evaluate(`location.hash = '${hash}'`);

  test('an address that takes long to read gives way to the one behind it', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.keyboard.press('1');
    await stepCount(page, 1);
    await page.waitForFunction(`location.hash.includes('step=1')`);
    const [, scenario = ''] = page.url().split('#');
    await page.evaluate(`location.hash = '${scenario}&event=1'; location.hash = '${other}'`);
    await isOther(page);
    expect(await page.locator('.tools').count()).toBe(0);
  });

  test('an entry that was to be edited', async (context) => {
    needsBrowser(context);
    const page = await openPage(`${PLAYGROUND}#bug=tail-keeps-leaf`, { offline: true });
    const entry = await keepBack(page, 'bugFile');
    await page.keyboard.press('e');
    await entry.are(1);
    await goTo(page, other);
    await isOther(page);
    await entry.come();
    await settled(page);
    expect(await page.locator('h1').innerText()).toContain('Removing a section takes the leaf');
    expect(await page.locator('.tools').count()).toBe(0);
  });

  test('a machine that was loaded by somebody who then closed the dialog', async (context) => {
    needsBrowser(context);
    const page = await open();
    const loaded = await keepBack(page, 'load');
    await page.keyboard.press('l');
    await page.getByLabel('text to load').fill('00001000-3fffffff : System RAM\n');
    await page.getByRole('dialog').getByRole('button', { name: 'Load', exact: true }).click();
    await loaded.are(1);
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await loaded.come();
    await settled(page);
    expect(await page.locator('.note').count()).toBe(0);
    expect(await steps(page)).toEqual([]);
  });

  test('a text that was typed before a section was clicked', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.getByRole('button', { name: 'as text' }).click();
    const checked = await keepBack(page, 'check');
    await page.getByLabel('scenario as text').fill(
      JSON.stringify({
        machine: { arch: 'arm64' },
        steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
      }),
    );
    await checked.are(1);
    await section(page, 32).click();
    await stepCount(page, 1);
    await checked.come();
    await settled(page);
    expect(await page.locator('.facts').innerText()).toContain('x86_64');
  });

  test('the machine that was chosen, for somebody who has clicked a section of it', async (context) => {
    needsBrowser(context);
    const page = await open();
    const run = await keepBack(page, 'run');
    await page.getByLabel('architecture').selectOption('ppc64');
    await page.keyboard.press('2');
    await run.are(1);
    await run.come();
    await stepCount(page, 1);
    // Sections have 16 MiB, and 128 MiB in the picture from before.
    expect(await page.locator('.step').innerText()).toContain('add-pages section 257');
  });

  test('the steps before the one in which an allocation is to fail', async (context) => {
    needsBrowser(context);
    const page = await open();
    const run = await keepBack(page, 'run');
    await page.keyboard.press('1');
    await page.getByRole('button', { name: 'next allocation fails' }).click();
    await page.keyboard.press('3');
    await run.are(1);
    await run.come();
    await stepCount(page, 2);
    expect(await page.locator('.step[aria-current]').innerText()).toContain('add-pages section 34');
    expect(await page.locator('.event', { hasText: '→ fails' }).count()).toBeGreaterThan(0);
  });

  test('the second kernel, for somebody who has chosen a finding of the first', async (context) => {
    needsBrowser(context);
    const page = await open();
    await page.getByRole('button', { name: 'as text' }).click();
    const run = await keepBack(page, 'run');
    await page.getByLabel('scenario as text').fill(LONG_SCENARIO);
    await run.are(2);
    await run.come(1);
    await page.locator('[aria-label="6.12.117 is running"]').waitFor();
    // What is wrong on the first is told, however long the second takes.
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await waitFor(page, '5.12 step');
    await page.getByRole('button', { name: 'Catalogue' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /step 4: Leaf/ })
      .click();
    const chosen = page.locator('.position', { hasText: /^step 4 of 200/ });
    await chosen.waitFor();
    await run.come();
    await settled(page);
    expect(await page.locator('[data-lane]').count()).toBe(2);
    expect(await chosen.count()).toBe(1);
  });

  test('stopping a run stops nothing else that the page waits for', async (context) => {
    needsBrowser(context);
    const page = await open();
    const [run, here] = [await keepBack(page, 'run'), await keepBack(page, 'here')];
    await page.getByLabel('kernel', { exact: true }).selectOption('5.13');
    await here.are(1);
    const stop = page.getByRole('button', { name: 'Stop' });
    await stop.waitFor();
    await here.forget();
    await here.come();
    await stop.click();
    await page.getByRole('button', { name: /^\d+ known bugs here$/ }).click();
    await run.come();
    expect(errorsOf(page)).toEqual([]);
    await reopenKeeping(page, 'run', 'offer');
    await stop.waitFor();
    await page.evaluate(`hold('offer'); release('offer')`);
    await stop.click();
    await page.keyboard.press('c');
    await page.getByRole('dialog').locator('[data-bug]').first().waitFor();
    await page.close();
  });
});

test('what is typed when a dialog was asked for is for the dialog, and when it was closed for the page', async (context) => {
  needsBrowser(context);
  const page = await open();
  const after = (act: string, key: string) =>
    page.evaluate(`(async () => {
      const press = (key) => dispatchEvent(new KeyboardEvent('keydown', { key }));
      ${act};
      await Promise.resolve();
      press('${key}');
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    })()`);
  await after(`press('l')`, 'c');
  await page.getByLabel('text to load').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
  await after(`document.querySelector('dialog button').click()`, 'l');
  await page.getByLabel('text to load').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
});

test('a counter that is wrong is shown with what it should say, and hundreds of events come behind the picture', async (context) => {
  needsBrowser(context);
  const page = await openPage(`${PLAYGROUND}#bug=compound-memmap-overcounted`, { offline: true });
  const counter = page.getByRole('group', { name: 'the counter nr_memmap_pages' });
  expect((await counter.innerText()).replaceAll(/\s+/g, ' ')).toBe(
    'nr_memmap_pages behind step 1 ✗ 7.1 counts 512 pages should be 128 pages back the memmap 7.2 counts 128 pages',
  );
  const width = async (nth: number): Promise<number> =>
    (await counter.locator('.counter-bar span').nth(nth).boundingBox())!.width;
  expect((await width(0)) / (await width(1))).toBeCloseTo(4, 1);
  // On a phone all of its controls are in one row.
  await page.setViewportSize({ width: 390, height: 844 });
  const tops = await page
    .locator('.bar button')
    .evaluateAll((all) => all.map((button) => Math.round(button.getBoundingClientRect().top)));
  expect(new Set(tops.filter((top) => top > tops[0]! + 2))).toEqual(new Set());
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.waitForFunction(`document.querySelectorAll('.event').length > 500`);
  // The current one stays in sight while those before it come.
  const [list, current] = [page.locator('.steps'), page.locator('.event[aria-current]')];
  expect((await current.boundingBox())!.y).toBeLessThan(
    (await list.boundingBox())!.y + (await list.boundingBox())!.height,
  );
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('.event[aria-current]').getAttribute('data-row')).toBe('0');
  expect(errorsOf(page)).toEqual([]);
});

test('an entry of the catalogue is shown as the command line shows it', async (context) => {
  needsBrowser(context);
  const { stdout } = await vmemmapHere('report', '--bug', 'shared-leaf-ripped-out', '--json');
  const shown = await openPage(`${PLAYGROUND}#bug=shared-leaf-ripped-out`, { offline: true });
  const headline = (JSON.parse(stdout) as { runs: { findings: { headline: string }[] }[] }).runs[0]!.findings[0]!
    .headline;
  expect(await verdict(shown)).toContain(headline);
});
