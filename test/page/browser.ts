// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterEach, expect, type TestContext } from 'vitest';
import type { Op } from '../../src/page/emulator/protocol.js';
import { args, executablePath } from './chromium.js';

/** One Chromium for the tests of a file. A page that writes an error, or asks another host for anything, has a fault. */

/** Whatever is waited for comes at once, but on a machine that has much else to do; ms. */
export const PATIENCE = 100_000;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser | undefined;
const errors = new WeakMap<Page, string[]>();

export const hasBrowser = (): boolean => browser !== undefined;

export async function openBrowser(): Promise<void> {
  if (!existsSync(executablePath)) {
    console.warn(`skipped: there is no browser at ${executablePath}; CHROMIUM names another`);
    return;
  }
  browser = await chromium.launch({ executablePath, args, timeout: PATIENCE });
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
  page.setDefaultTimeout(PATIENCE);
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
}, PATIENCE);

/** All that was asked for is shown: of every kernel what it does. Comparisons and cycles come later, and are waited for by what they say. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('main[aria-busy="false"]');
}

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
  await settled(page);
  return page;
}

/** Waits until a page is as wide as its window: what is drawn follows the window a frame later. */
export const fits = async (page: Page, width: number): Promise<void> => {
  await page.setViewportSize({ width, height: SCREEN.height });
  await expect
    .poll(() => page.evaluate<number>('document.documentElement.scrollWidth'), {
      timeout: PATIENCE,
      message: `at ${width}`,
    })
    .toBe(width);
};

/**
 * Between the page and its worker: keeps answers back until a test lets them come. Functions of the page are hold(op), which
 * forgets those that are kept, release(op, count), which gives so many in their order and keeps back what comes then, and
 * release(op), which gives all; held(op) counts them.
 */
const HOLDING = `{
  const ops = new Map();
  const kept = new Map();
  const tapped = new WeakSet();
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message) {
    ops.set(message.id, message.op);
    if (!tapped.has(this)) {
      tapped.add(this);
      const { onmessage } = this;
      this.onmessage = (event) => {
        const list = kept.get(ops.get(event.data.id));
        if (list === undefined) onmessage(event);
        else list.push(() => onmessage(event));
      };
    }
    postMessage.call(this, message);
  };
  window.hold = (op) => void kept.set(op, []);
  window.held = (op) => kept.get(op).length;
  window.release = (op, count = Infinity) => {
    const list = kept.get(op);
    if (count === Infinity) kept.delete(op);
    for (const give of list.splice(0, count)) give();
  };
}`;

/** Answers to a question, parts among them, that come when a test says so. */
interface Kept {
  /** Waits until so many are there. */
  readonly are: (count: number) => Promise<void>;
  /** Lets the first ones come; all, and all that follow, where none is said. */
  readonly come: (count?: number) => Promise<void>;
  readonly forget: () => Promise<void>;
}

/** Keeps the answers of the page's worker to a question back. */
export async function keepBack(page: Page, op: Op): Promise<Kept> {
  if (!(await page.evaluate<boolean>('"hold" in window'))) await page.evaluate(HOLDING);
  const forget = (): Promise<void> => page.evaluate(`hold('${op}')`);
  await forget();
  return {
    are: async (count) => {
      await page.waitForFunction(`held('${op}') >= ${count}`);
    },
    come: (count) => page.evaluate(`release('${op}', ${count})`),
    forget,
  };
}

/** Opens an address anew, with answers of its worker kept back from the first on. The page is lent to nobody after. */
export async function reopenKeeping(page: Page, ...ops: Op[]): Promise<void> {
  await page.addInitScript(`${HOLDING}\n${ops.map((op) => `hold('${op}');`).join('')}`);
  await page.reload();
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
