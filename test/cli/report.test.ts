// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'xmlbuilder2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../src/cli/serve.js';
import type { ReportDocument } from '../../src/page/document.js';
import { file, vmemmap } from './cli.js';

const STORY = 'src/story/partial-pmd.json';
const folder = mkdtempSync(join(tmpdir(), 'vmemmap-report-'));

describe('vmemmap report', () => {
  test('writes one page and ends with 1 where something is wrong, with 0 where nothing is', () => {
    const path = join(folder, 'story.html');
    expect(vmemmap('report', STORY, '--kernel', '5.12', '--no-plots', '-o', path)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>/);
    expect(vmemmap('report', STORY, '--no-plots', '-o', path).status).toBe(0);
  });

  test('--json prints what the page shows', () => {
    const { stdout } = vmemmap('report', STORY, '--kernel', '5.12', '--kernel', '5.13', '--json');
    const document = JSON.parse(stdout) as ReportDocument;
    expect(document.schema).toBe('vmemmap/report/v1');
    expect(document.runs.map(({ kernel, findings }) => [kernel, findings.length])).toEqual([
      ['5.12', 1],
      ['5.13', 0],
    ]);
    expect(document.plots.map(({ name }) => name)).toEqual(['cost-struct-page', 'cost-block-size', 'overhead-memory']);
  });

  test('takes several files, of several architectures', () => {
    const scenario = { machine: { arch: 'arm64' }, steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }] };
    const other = file('arm64.json', JSON.stringify(scenario));
    const { stdout } = vmemmap('report', STORY, other, '--no-plots', '--json');
    expect((JSON.parse(stdout) as ReportDocument).runs.map(({ arch }) => arch)).toEqual(['x86_64', 'arm64']);
  });

  test('--explored adds the states that an exploration met, by depth', () => {
    const explored = file('explored.json', JSON.stringify({ schema: 'vmemmap/explore/v1', statesByDepth: [1, 4, 18] }));
    const { stdout } = vmemmap('report', STORY, '--explored', explored, '--no-plots', '--json');
    const [plot] = (JSON.parse(stdout) as ReportDocument).plots;
    expect(plot!.name).toBe('states-depth');
    expect(plot!.svg.match(/<circle /g)).toHaveLength(3);
  });

  const mistakes: [string, string[], RegExp][] = [
    [
      'an exploration without depths',
      [STORY, '--explored', STORY],
      /partial-pmd\.json: schema is missing; it must be "vmemmap\/explore\/v1"\n$/,
    ],
    ['no file', [], /^vmemmap: report takes scenario files, or --bug and a name\n$/],
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
    outcome = vmemmap('bench', '--svg', plots, '--arch', 's390');
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
    const { status, stderr } = vmemmap('bench', '--svg', plots, '--filter', 'no such machine');
    expect(stderr).toBe('vmemmap: no machine is left by --arch and --filter together\n');
    expect(status).toBe(2);
  });
});

describe('vmemmap serve', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    ({ server, url } = await listen(0));
  });
  afterAll(() => server.close());

  const post = async (body: unknown): Promise<{ status: number; answer: unknown }> => {
    const response = await fetch(`${url}report`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, answer: await response.json() };
  };
  const nothing = { scenarios: [], kernels: [], bugs: [] };

  test('listens on the loopback address and on no other', async () => {
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    const { port } = new URL(url);
    const others = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) await expect(fetch(`http://${address}:${port}/`)).rejects.toThrow();
  });

  test('gives the page, without a document', async () => {
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(/id="document">\s*null\s*<\/script>/.test(await response.text())).toBe(true);
  });

  test('offers every release, proposal and bug', async () => {
    const offer = (await (await fetch(`${url}offer`)).json()) as { kernels: string[]; bugs: { name: string }[] };
    expect(offer.kernels).toContain('6.12.117');
    expect(offer.kernels).toContain('proposal/free-any-leaf');
    expect(offer.bugs.map(({ name }) => name)).toContain('tail-keeps-leaf');
  });

  test('runs a scenario as the command line does', async () => {
    const scenarios = [{ name: 'story.json', text: readFileSync(STORY, 'utf8') }];
    const { status, answer } = await post({ ...nothing, scenarios, kernels: ['5.12'] });
    expect(status).toBe(200);
    const { runs } = JSON.parse(
      vmemmap('report', STORY, '--kernel', '5.12', '--no-plots', '--json').stdout,
    ) as ReportDocument;
    expect((answer as ReportDocument).runs[0]!.steps).toEqual(runs[0]!.steps);
  });

  const mistakes: [string, string][] = [
    ['no JSON', '{'],
    ['an unknown architecture', '{"machine":{"arch":"vax"},"steps":[{"op":"use","pfn":0,"nrPages":1}]}'],
    ['an unknown field', '{"machine":{"arch":"x86_64","kernle":"5.12"},"steps":[{"op":"use","pfn":0,"nrPages":1}]}'],
    ['part of a subsection', '{"machine":{"arch":"x86_64"},"steps":[{"op":"add-pages","pfn":0,"nrPages":1}]}'],
  ];
  test.each(mistakes)('answers %s with the sentence of the command line', async (_name, text) => {
    const path = file('mistake.json', text);
    const said = vmemmap('run', path).stderr.replace('vmemmap: ', '').trim();
    const { status, answer } = await post({ ...nothing, scenarios: [{ name: path, text }] });
    expect(answer).toEqual({ error: said });
    expect(status).toBe(400);
  });

  test('answers a request of another form with a sentence', async () => {
    expect(await post({ scenarios: 1 })).toMatchObject({
      status: 400,
      answer: { error: 'the request: scenarios is 1; it must be a array' },
    });
    expect(await post(nothing)).toMatchObject({ status: 400 });
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
    await expect(listen(Number(new URL(url).port))).rejects.toThrow(/cannot be had \(EADDRINUSE\)/);
  });
});
