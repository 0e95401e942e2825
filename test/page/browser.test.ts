// SPDX-License-Identifier: GPL-2.0-only

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { file, vmemmap } from '../cli/cli.js';
import { args, executablePath } from './chromium.js';

/** The page in a real Chromium, opened from disk. */

const ROOT = join(import.meta.dirname, '..', '..');
const STORY = join('src', 'story', 'partial-pmd.json');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [1280, 390];
const SCHEMES = ['light', 'dark'] as const;

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-page-'));
let browser: Browser | undefined;
/** What went wrong in the page that is open. */
let errors: string[] = [];

const needsBrowser = ({ skip }: TestContext): void => {
  if (browser === undefined) skip(`there is no browser at ${executablePath}; CHROMIUM names another`);
};

/** Makes a report; its address on disk. */
function report(name: string, ...command: string[]): string {
  const path = join(folder, `${name}.html`);
  const { stderr } = vmemmap('report', ...command, '--no-plots', '-o', path);
  expect(stderr).toBe('');
  return pathToFileURL(path).href;
}

async function open(url: string, width = 1280): Promise<Page> {
  const context = await browser!.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  errors = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('request', (request) => {
    if (/^https?:\/\/(?!127\.0\.0\.1[:/])/.test(request.url())) errors.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector('main');
  return page;
}

let story: string;
let compared: string;

beforeAll(async () => {
  if (!existsSync(executablePath)) {
    console.warn(`skipped: there is no browser at ${executablePath}; CHROMIUM names another`);
    return;
  }
  browser = await chromium.launch({ executablePath, args });
  story = report('story', STORY, '--kernel', '5.12');
  compared = report('compared', STORY, '--kernel', '5.12', '--kernel', '5.13');
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

describe('the report of the partial-PMD bug', () => {
  test('opens on the step that goes wrong, and says in words what, where and why', async (context) => {
    needsBrowser(context);
    const page = await open(story);
    const verdict = page.getByRole('group', { name: 'Verdict' });
    expect(await verdict.locator('.verdict-head').innerText()).toBe('Step 5 of 5 leaks memory.');
    expect(await verdict.innerText()).toContain('remove_pmd_table()');
    expect(await verdict.innerText()).toContain('were never written');
    expect(await page.locator('[aria-current="step"]').innerText()).toContain('remove-pages 0x108000000');
    expect(await page.locator('button.leaf.is-wrong').count()).toBe(1);
    expect(await page.locator('button.leaf.is-wrong').getAttribute('aria-label')).toContain('describes nothing');
    expect(errors).toEqual([]);
  });

  test('shows the state of the step that the scrubber is at', async (context) => {
    needsBrowser(context);
    const page = await open(story);
    const leaves = async (): Promise<number> => page.locator('button.leaf').count();
    const run = JSON.parse(vmemmap('run', STORY, '--kernel', '5.12', '--json').stdout) as {
      steps: { ram: { pages: number } }[];
    };
    expect(await leaves()).toBe(1);
    await page.getByLabel('Step', { exact: true }).fill('2');
    expect(await leaves()).toBe(2);
    expect(await page.locator('.scrubber output').innerText()).toBe('step 2 of 5');
    expect(await page.locator('.counters').innerText()).toContain(
      String(run.steps[1]!.ram.pages).replace(/\B(?=(\d{3})+$)/g, '\u202f'),
    );
    await page.getByLabel('Step', { exact: true }).fill('0');
    expect(await leaves()).toBe(0);
    expect(errors).toEqual([]);
  });

  test('is worked with the keyboard: scrubber, steps, leaves', async (context) => {
    needsBrowser(context);
    const page = await open(story);
    const output = page.locator('.scrubber output');
    await page.keyboard.press('ArrowLeft');
    expect(await output.innerText()).toBe('step 4 of 5');
    await page.getByLabel('Step', { exact: true }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await output.innerText()).toBe('step 2 of 5');

    const chosen = page.locator('.leaf[aria-pressed="true"]');
    await chosen.focus();
    const first = await chosen.getAttribute('data-start');
    await page.keyboard.press('ArrowRight');
    const second = await chosen.getAttribute('data-start');
    expect(second).not.toBe(first);
    expect(await page.locator('.detail-head').innerText()).toContain(second);
    expect(await page.evaluate<string>('document.activeElement.dataset.start')).toBe(second);
    await page.keyboard.press('Home');
    expect(await chosen.getAttribute('data-start')).toBe(first);
  });

  test('shows where the focus is', async (context) => {
    needsBrowser(context);
    const page = await open(story);
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

  test('prints every step and no scrubber', async (context) => {
    needsBrowser(context);
    const page = await open(story);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.scrubber').isVisible()).toBe(false);
    expect(await page.locator('.step').count()).toBe(6);
    expect(await page.locator('.verdict').isVisible()).toBe(true);
  });
});

/** Bits of an entry as the table on the page has them: fields by their place, put together again. */
async function bitsShown(page: Page): Promise<bigint> {
  const bits = await page.locator('.entry tbody td:nth-child(1)').allInnerTexts();
  const values = await page.locator('.entry tbody td:nth-child(3)').allInnerTexts();
  return bits.reduce((entry, text, row) => {
    const low = BigInt(text.split('–').at(-1)!);
    return entry | (BigInt(values[row]!) << low);
  }, 0n);
}

describe('the bits of an entry on the page are those of vmemmap run --json', () => {
  const machines = [
    { arch: 'x86_64', structPageSize: 56 },
    { arch: 'x86_64', hugeVmemmap: false },
    { arch: 'arm64', structPageSize: 72 },
    { arch: 'arm64', pageSize: '64K' },
    { arch: 's390', structPageSize: 56 },
    { arch: 's390', hugeVmemmap: false },
    { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
    { arch: 'ppc64', mmu: 'hash', pageSize: '64K' },
  ];
  test.each(machines)('%o', async (machine) => {
    if (browser === undefined) return;
    const path = file(
      'bits.json',
      JSON.stringify({ machine, steps: [{ op: 'add-pages', start: '0x100000000', size: '512M' }] }),
    );
    const { steps } = JSON.parse(vmemmap('run', path, '--json').stdout) as {
      steps: { prot: Record<string, string> }[];
    };
    const page = await open(report('bits', path));
    const level = (await page.locator('.detail-head .kind').innerText()).trim();
    expect(await bitsShown(page)).toBe(BigInt(steps[0]!.prot[level]!));
    expect(errors).toEqual([]);
  });
});

describe('findings', () => {
  test('have anchors that lead to them and to their step', async (context) => {
    needsBrowser(context);
    const url = report('anchors', '--bug', 'stale-paint');
    const page = await open(`${url}#finding-2`);
    expect(await page.locator('.scrubber output').innerText()).toBe('step 5 of 5');
    expect(await page.locator('#finding-2').isVisible()).toBe(true);
    await page.locator('#finding-1 .finding-head a').click();
    expect(await page.locator('.scrubber output').innerText()).toBe('step 3 of 5');
    expect(page.url()).toMatch(/#finding-1$/);
  });

  test('name a command that shows them again', async (context) => {
    needsBrowser(context);
    const page = await open(story);
    const command = await page.locator('#finding-1 .command').innerText();
    const text = await page.locator('#finding-1 .finding-head').innerText();
    const { status, stdout } = vmemmap(...command.replace(/^vmemmap /, '').split(' '));
    expect(status).toBe(1);
    const [said] = /finding {2}step 5: no-leak: (.*)/.exec(stdout)?.slice(1) ?? [];
    expect(text).toContain(said);
  });
});

describe('two releases', () => {
  test('stand side by side, with one scrubber', async (context) => {
    needsBrowser(context);
    const page = await open(compared);
    const columns = page.locator('article.column');
    expect(await columns.count()).toBe(2);
    const [left, right] = [(await columns.nth(0).boundingBox())!, (await columns.nth(1).boundingBox())!];
    expect(left.y).toBe(right.y);
    expect(left.x + left.width).toBeLessThanOrEqual(right.x);
    expect(await columns.nth(0).locator('.leaf').count()).toBe(1);
    expect(await columns.nth(1).locator('.leaf').count()).toBe(0);
    await page.getByLabel('Step', { exact: true }).fill('1');
    expect(await columns.nth(1).locator('.leaf').count()).toBe(1);
    expect(await page.getByRole('region', { name: 'Difference' }).innerText()).toContain('x86/track-unused-sub-pmd');
    expect(errors).toEqual([]);
  });

  test('stand one below the other on a narrow screen', async (context) => {
    needsBrowser(context);
    const page = await open(compared, 390);
    const columns = page.locator('article.column');
    const [first, second] = [(await columns.nth(0).boundingBox())!, (await columns.nth(1).boundingBox())!];
    expect(second.y).toBeGreaterThan(first.y);
  });

  test('of which there are three are chosen from', async (context) => {
    needsBrowser(context);
    const page = await open(report('three', STORY, '--kernel', '5.12', '--kernel', '5.13', '--kernel', '4.18'));
    expect(await page.locator('article.column').count()).toBe(2);
    await page.getByLabel('run shown in this column').nth(1).selectOption('2');
    expect(await page.locator('.run-head .kernel').allInnerTexts()).toEqual(['5.12', '4.18']);
  });
});

const REPORTS: [string, string[]][] = [
  ['partial-PMD', [STORY, '--kernel', '5.12', '--kernel', '5.13']],
  ['a hole', ['--bug', 'shared-leaf-ripped-out']],
  ['altmaps and small pages', ['--bug', 'altmap-page-to-buddy']],
  ['hash', ['--bug', 'node-without-entry']],
  ['folded memmap', ['--bug', 'compound-memmap-overcounted']],
  ['memory blocks', [join('src', 'story', 'own-memmap.json')]],
];

describe.each(REPORTS)('the page of %s', (name, command) => {
  let address = '';
  beforeAll(() => {
    if (browser !== undefined) address = report(name.replaceAll(/\W/g, '-'), ...command);
  });

  test('does not scroll sideways, at 1280 and at 390 pixels', async (context) => {
    needsBrowser(context);
    for (const width of WIDTHS) {
      const page = await open(address, width);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
    }
    expect(errors).toEqual([]);
  });

  test('has no fault that axe knows of, contrast among them, in light and in dark', async (context) => {
    needsBrowser(context);
    const page = await open(address);
    await page.addScriptTag({ content: AXE });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const { violations, passes } = await page.evaluate<AxeResults>(`axe.run(document)`);
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(passes.map(({ id }) => id)).toContain('color-contrast');
    }
  });
});

describe('vmemmap serve', () => {
  let server: ChildProcess | undefined;
  let address = '';

  beforeAll(async () => {
    if (browser === undefined) return;
    server = spawn(process.execPath, [join(ROOT, 'dist', 'src', 'cli', 'main.js'), 'serve'], { cwd: ROOT });
    address = await new Promise<string>((resolve) =>
      server!.stdout!.once('data', (text: Buffer) => resolve(text.toString().trim())),
    );
  });
  afterAll(() => server?.kill('SIGTERM'));

  test('shows a scenario that is picked, on two kernels', async (context) => {
    needsBrowser(context);
    const page = await open(address);
    await page.getByLabel('Scenario files').setInputFiles(join(ROOT, STORY));
    await page.getByLabel('Kernel', { exact: true }).fill('5.12');
    await page.getByLabel('beside', { exact: true }).fill('5.13');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForSelector('.verdict');
    expect(await page.locator('.verdict-head').first().innerText()).toBe('Step 5 of 5 leaks memory.');
    expect(await page.locator('article.column').count()).toBe(2);
    expect(errors).toEqual([]);
  });

  test('shows a bug of the catalogue', async (context) => {
    needsBrowser(context);
    const page = await open(address);
    await page.getByLabel('or from the catalogue').selectOption('never-freed');
    await page.waitForSelector('.verdict');
    expect(await page.locator('h1').innerText()).toBe('arm64 does not free the memmap of memory that is removed');
  });

  test('answers a bad scenario with the sentence of the command line', async (context) => {
    needsBrowser(context);
    const bad = file('bad.json', '{"machine":{"arch":"vax"},"steps":[{"op":"use","pfn":0,"nrPages":1}]}');
    const page = await open(address);
    await page.getByLabel('Scenario files').setInputFiles(bad);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForFunction(`document.querySelector('.complaint').textContent !== ''`);
    const said = vmemmap('run', bad).stderr.trim().replace('vmemmap: ', '').replace(bad, 'bad.json');
    expect(await page.locator('.complaint').innerText()).toBe(said);
  });
});
