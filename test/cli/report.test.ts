// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'xmlbuilder2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playgroundPage } from '../../src/cli/page-template.js';
import { listen } from '../../src/cli/serve.js';
import type { ReportDocument } from '../../src/page/document.js';
import { file, vmemmap } from './cli.js';

const STORY = 'src/story/partial-pmd.json';
const folder = mkdtempSync(join(tmpdir(), 'vmemmap-report-'));

describe('vmemmap report', () => {
  test('writes one page and ends with 1 where something is wrong, with 0 where nothing is', () => {
    const path = join(folder, 'story.html');
    expect(vmemmap('report', STORY, '--kernel', '5.12', '-o', path)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>/);
    expect(vmemmap('report', STORY, '-o', path).status).toBe(0);
  });

  test('--json prints what the page shows', () => {
    const { stdout } = vmemmap('report', STORY, '--kernel', '5.12', '--kernel', '5.13', '--json');
    const document = JSON.parse(stdout) as ReportDocument;
    expect(document.schema).toBe('vmemmap/report/v2');
    expect(document.runs.map(({ kernel, findings }) => [kernel, findings.length])).toEqual([
      ['5.12', 1],
      ['5.13', 0],
    ]);
  });

  test('--explored shows each violation that explore --json has, and says so where there is none', () => {
    const world = ['explore', '--arch', 'x86_64', '--unit', 'section', 'subsection', '--depth', '3', '--json'];
    const found = file('found.json', vmemmap(...world, '--struct-page', '80').stdout);
    const { status, stdout } = vmemmap('report', '--explored', found, '--json');
    expect(status).toBe(1);
    const { violations } = JSON.parse(readFileSync(found, 'utf8')) as { violations: { scenario: { name: string } }[] };
    const { runs } = JSON.parse(stdout) as { runs: { name: string; findings: unknown[] }[] };
    expect(runs.map(({ name }) => name)).toEqual(violations.map(({ scenario }) => scenario.name));
    expect(runs.filter(({ findings }) => findings.length === 0)).toEqual([]);

    const none = join(import.meta.dirname, '..', 'reports', 'robustness', 'report-explored-refuses-explore-v2.json');
    expect(vmemmap('report', '--explored', none)).toEqual({
      status: 0,
      stdout: 'the exploration found nothing, so there is nothing to show\n',
      stderr: '',
    });
  });

  test('takes several files, of several architectures', () => {
    const scenario = { machine: { arch: 'arm64' }, steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }] };
    const other = file('arm64.json', JSON.stringify(scenario));
    const { stdout } = vmemmap('report', STORY, other, '--json');
    expect((JSON.parse(stdout) as ReportDocument).runs.map(({ arch }) => arch)).toEqual(['x86_64', 'arm64']);
  });

  const mistakes: [string, string[], RegExp][] = [
    ['no file', [], /^vmemmap: report takes scenario files, --bug and a name, or --explored and a file\n$/],
    ['a file that is not there', ['nowhere.json'], /^vmemmap: nowhere\.json: there is no such file\n$/],
    ['an unknown release', [STORY, '--kernel', '1.0'], /^vmemmap: --kernel is "1\.0"; allowed are /],
    ['an unknown bug', ['--bug', 'none'], /^vmemmap: the catalogue has no "none"/],
    ['an unknown CPU', [STORY, '--cpu', 'z80'], /^vmemmap: --cpu is "z80"; allowed are /],
    [
      'a bug on a release that cannot run it',
      ['--bug', 'never-freed', '--kernel', '4.18'],
      /never-freed cannot run on 4\.18/,
    ],
  ];
  test.each(mistakes)('answers %s with a sentence', (_name, args, sentence) => {
    const { status, stderr } = vmemmap('report', ...args);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(2);
  });
});

describe('vmemmap bench --svg', () => {
  const plots = join(folder, 'plots');
  let outcome: ReturnType<typeof vmemmap>;
  beforeAll(() => {
    outcome = vmemmap('bench', '--svg', '--dir', plots, '--arch', 's390');
  }, 120_000);

  test('draws each plot into a file and names it', () => {
    // s390 has no case with blocks that hold their memmap.
    expect(readdirSync(plots).sort()).toEqual(['cost-struct-page.svg', 'overhead-memory.svg']);
    expect(outcome.stdout.trim().split('\n').sort()).toEqual(
      readdirSync(plots)
        .sort()
        .map((name) => join(plots, name)),
    );
    expect(outcome.status).toBe(0);
  });

  test('draws well-formed SVG with a point for each size', () => {
    const svg = readFileSync(join(plots, 'cost-struct-page.svg'), 'utf8');
    expect(create(svg).root().node.nodeName).toBe('svg');
    expect(svg.match(/<circle /g)).toHaveLength(5);
    expect(svg).toContain('struct page');
  });

  test('says so where no machine is left', () => {
    const { status, stderr } = vmemmap('bench', '--svg', '--dir', plots, '--filter', 'no such machine');
    expect(stderr).toBe('vmemmap: no machine is left by --arch and --filter together\n');
    expect(status).toBe(2);
  });
});

describe('vmemmap serve', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    ({ server, url } = await listen(0, playgroundPage()));
  });
  afterAll(() => server.close());

  test('listens on the loopback address and on no other', async () => {
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    const { port } = new URL(url);
    const others = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) await expect(fetch(`http://${address}:${port}/`)).rejects.toThrow();
  });

  test('gives the playground: the page with the emulator in it, and no document', async () => {
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    expect(/id="document">\s*null\s*<\/script>/.test(page)).toBe(true);
    expect(page).toBe(playgroundPage());
  });

  test('answers no page of another site, also where its name leads here', async () => {
    const asked = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        request(url, { headers }, ({ statusCode }) => resolve(statusCode))
          .on('error', reject)
          .end();
      });
    expect(await asked({ host: 'evil.example' })).toBe(403);
    expect(await asked({ origin: 'http://evil.example' })).toBe(403);
    expect(await asked({})).toBe(200);
  });

  test('knows no other place', async () => {
    expect((await fetch(`${url}package.json`)).status).toBe(404);
    expect(existsSync('package.json')).toBe(true);
  });

  test('refuses a port that is none, or that is taken', async () => {
    expect(vmemmap('serve', '--port', '70000')).toMatchObject({
      status: 2,
      stderr: 'vmemmap: --port is 70000; allowed are 1 to 65535\n',
    });
    await expect(listen(Number(new URL(url).port), '')).rejects.toThrow(/cannot be had \(EADDRINUSE\)/);
  });
});
