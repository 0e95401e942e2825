// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterEach, type TestContext } from 'vitest';
import { args, executablePath } from './chromium.js';

/** One Chromium for the tests of a file. A page that writes an error, or asks another host for anything, has a fault. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser | undefined;
const errors = new WeakMap<Page, string[]>();

export const hasBrowser = (): boolean => browser !== undefined;

export async function openBrowser(): Promise<void> {
  if (!existsSync(executablePath)) {
    console.warn(`skipped: there is no browser at ${executablePath}; CHROMIUM names another`);
    return;
  }
  browser = await chromium.launch({ executablePath, args });
}

export const closeBrowser = async (): Promise<void> => browser?.close();

export const needsBrowser = ({ skip }: TestContext): void => {
  if (browser === undefined) skip(`there is no browser at ${executablePath}; CHROMIUM names another`);
};

/** What went wrong in a page. */
export const errorsOf = (page: Page): string[] => errors.get(page) ?? [];

const OWN = /^(file:|blob:|data:|http:\/\/127\.0\.0\.1[:/])/;

async function newPage(options: BrowserContextOptions): Promise<Page> {
  const context = await browser!.newContext(options);
  const page = await context.newPage();
  const find = (fault: string): void => void errorsOf(page).push(fault);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') find(message.text());
  });
  page.on('pageerror', ({ message }) => find(message));
  page.on('request', (request) => {
    if (!OWN.test(request.url())) find(`asks for ${request.url()}`);
  });
  return page;
}

const SCREEN = { width: 1440, height: 900 };

/** Pages that no test has any more, by the options of their context: a new one costs a process, the same one a load. */
const idle = new Map<string, Page[]>();
/** Pages of the test that is running. */
const lent: { readonly page: Page; readonly back: Page[] }[] = [];

afterEach(async () => {
  for (const { page, back } of lent.splice(0)) {
    if (page.isClosed()) continue;
    await page.evaluate('localStorage.clear()');
    // Nothing stays of a page, not even where it was pointed at.
    await page.goto('about:blank');
    await page.mouse.move(0, 0);
    back.push(page);
  }
});

/** Opens an address in a page that knows of nothing before, and waits for the picture. */
export async function openPage(url: string, { viewport, ...options }: BrowserContextOptions = {}): Promise<Page> {
  const key = JSON.stringify(options);
  const back = idle.get(key) ?? [];
  idle.set(key, back);
  const page = back.pop() ?? (await newPage(options));
  lent.push({ page, back });
  errors.set(page, []);
  await page.setViewportSize(viewport ?? SCREEN);
  await page.emulateMedia({ colorScheme: null });
  await page.goto(url);
  await page.waitForSelector('#picture');
  return page;
}

/** Rows of a list are alike: of hundreds of events the first ones tell what is wrong with all. */
const ROWS_CHECKED = 24;
const CHECKED = JSON.stringify({ exclude: [`.event:nth-child(n + ${ROWS_CHECKED})`] });

/**
 * Faults that axe finds, contrast among them.
 * @param only contrast, where nothing else has changed since
 */
async function axeFaults(page: Page, only: 'contrast' | 'all'): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.addScriptTag({ content: AXE });
  const rules = only === 'all' ? {} : { runOnly: ['color-contrast'] };
  const { violations, passes } = await page.evaluate<AxeResults>(`axe.run(${CHECKED}, ${JSON.stringify(rules)})`);
  const checked = passes.some(({ id }) => id === 'color-contrast');
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    ...(checked ? [] : ['contrast was not checked']),
  ];
}

/** {@link axeFaults} in light, and what colours change of it in dark. */
export async function faultsInLightAndDark(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await axeFaults(page, 'all');
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...light, ...(await axeFaults(page, 'contrast')).map((fault) => `dark: ${fault}`)];
}
