// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { TestContext } from 'vitest';
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

/** Opens an address, and waits for the picture. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser!.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const found: string[] = [];
  errors.set(page, found);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.push(message.text());
  });
  page.on('pageerror', ({ message }) => found.push(message));
  page.on('request', (request) => {
    if (!OWN.test(request.url())) found.push(`asks for ${request.url()}`);
  });
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
