// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file, type Outcome } from './cli.js';
import { vmemmapHere } from './here.js';

const step = { op: 'add-pages', pfn: 0x100000, nrPages: 32768 };
const good = { machine: { arch: 'x86_64', kernel: '6.12.117' }, steps: [step] };
const withMachine = (more: object): string => JSON.stringify({ ...good, machine: { ...good.machine, ...more } });
const withStep = (more: object): string => JSON.stringify({ ...good, steps: [{ ...step, ...more }] });
const withAltmap = (altmap: object): string =>
  JSON.stringify({
    ...good,
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 512, ...altmap } },
    steps: [{ ...step, altmap: 'dev' }],
  });

/** What is wrong, the file, and what the sentence must name. */
const CASES: [string, string | Uint8Array, RegExp][] = [
  ['not JSON', '{ "machine": ', /not JSON/],
  ['a number in place of a scenario', '7', /the file is 7; it must be an object/],
  ['an unknown architecture', withMachine({ arch: 'vax' }), /machine\.arch is "vax"; allowed are x86_64/],
  [
    'an unknown release',
    withMachine({ kernel: '2.6.39' }),
    /machine\.kernel is "2\.6\.39"; allowed are releases from 4\.18 to 7\.3 such as 6\.12, 6\.6\.50 or/,
  ],
  ['a negative number', withStep({ nrPages: -512 }), /steps\[0\]\.nrPages is -512; it must not be negative/],
  ['a fraction', withStep({ pfn: 0.5 }), /steps\[0\]\.pfn is 0\.5; it must be a whole number/],
  ['a number beyond 2^53', withStep({ pfn: 2 ** 54 }), /steps\[0\]\.pfn is 18014398509481984; it must/],
  [
    'a range larger than any machine',
    withStep({ nrPages: 2 ** 40 }),
    /steps\[0\]\.nrPages is 1099511627776; it must be at most/,
  ],
  [
    'more base pages of memmap than fit in the heap',
    withMachine({ hugeVmemmap: false }).replace('32768', String(2 ** 30)),
    /steps\[0\] has 1073741824 pages; allowed are at most 134217728, a memmap of 2097152 base pages, since this would take about 8 GiB/,
  ],
  ['an empty range', withStep({ nrPages: 0 }), /steps\[0\]\.nrPages is 0; allowed are 1 page and more/],
  [
    'a struct page that no kernel has',
    withMachine({ structPageSize: 60 }),
    /machine\.structPageSize is 60; x86_64 kernels have 56, 64, 72, 80, 96/,
  ],
  [
    'a page size that the architecture lacks',
    withMachine({ pageSize: '64K' }),
    /machine\.pageSize is 65536; x86_64 has pages of 4096/,
  ],
  [
    'an altmap outside the added range',
    withAltmap({ basePfn: 0x200000, endPfn: 0x207fff }),
    /altmaps\.dev takes frames .* allowed are frames of the range that steps\[0\] adds/,
  ],
  ['an altmap larger than the range', withAltmap({ free: 40000 }), /altmaps\.dev takes frames/],
  ['a missing altmap', withStep({ altmap: 'dev9' }), /steps\[0\]\.altmap is "dev9"; the scenario has none/],
  ['an unknown step', withStep({ op: 'split-leaf' }), /steps\[0\]\.op is "split-leaf"; it must be one of add-pages/],
  ['a field that does not exist', withStep({ nrpages: 5 }), /steps\[0\]\.nrpages is not a field/],
  ['no steps', JSON.stringify({ ...good, steps: [] }), /steps is \[\]; it must have a step/],
  ['a number of steps', JSON.stringify({ ...good, steps: 1e9 }), /steps is 1000000000; it must be a list of steps/],
  [
    'too many steps',
    JSON.stringify({ ...good, steps: Array(100_001).fill(step) }),
    /steps is .*; it must have at most 100000 steps/,
  ],
  [
    'a size in no unit',
    withStep({ pfn: undefined, nrPages: undefined, start: '0x100000000', size: '128X' }),
    /steps\[0\]\.size is "128X"; it must be bytes/,
  ],
  [
    'an address that is no hex',
    withStep({ pfn: undefined, nrPages: undefined, start: '4G', size: '128M' }),
    /steps\[0\]\.start is "4G"; it must be a hex string/,
  ],
  [
    'an address beyond 2^57',
    withStep({ pfn: undefined, nrPages: undefined, start: '0xffff000000000000', size: '128M' }),
    /steps\[0\]\.start is "0xffff000000000000"; it must be a physical address below 2\^57/,
  ],
  [
    'a value that is none of two kinds',
    withStep({
      op: 'virtio-mem',
      pfn: undefined,
      nrPages: undefined,
      device: 'v',
      start: '0x0',
      size: '1G',
      requested: 'all',
    }),
    /steps\[0\]\.requested is "all"; it must be 0, or bytes/,
  ],
  ['two ways to say where', withStep({ start: '0x100000000' }), /steps\[0\] has both pfn and start/],
];

const expectSentence = ({ status, stdout, stderr }: Outcome, pattern: RegExp): void => {
  expect(stderr).toMatch(pattern);
  const sentences = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('vmemmap: note: '));
  expect(sentences).toHaveLength(1);
  expect(stderr).not.toMatch(/ at .*\.js:\d+/);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
};

describe('a mistake is answered with one sentence and exit code 2', () => {
  test.each(CASES)('%s', async (what, content, pattern) => {
    const path = file(`${what.replaceAll(/\W/g, '-')}.json`, content);
    const outcome = await vmemmapHere('run', path);
    expectSentence(outcome, pattern);
    expect(outcome.stderr).toContain(path);
  });

  test('a truncated .gz', async () => {
    const whole = readFileSync(join(import.meta.dirname, '..', 'vectors', 's390.json.gz'));
    expectSentence(await vmemmapHere('verify', file('cut.json.gz', whole.subarray(0, 1000))), /not a whole gzip file/);
  });

  test('a missing file', async () => {
    expectSentence(await vmemmapHere('run', 'no-such.json'), /no-such\.json: there is no such file/);
    expectSentence(await vmemmapHere('verify', 'no-such.json'), /no-such\.json: there is no such file/);
  });

  test('an unknown command, an unknown option, a step that is not there', async () => {
    const path = file('good.json', JSON.stringify(good));
    expectSentence(await vmemmapHere('frobnicate'), /unknown command 'frobnicate'/);
    expectSentence(await vmemmapHere('run', path, '--frob'), /unknown option '--frob'/);
    expectSentence(await vmemmapHere('run', path, '--step', '7'), /--step is 7; allowed are 1 to 1/);
    expectSentence(await vmemmapHere('repro', 'no-such-bug'), /the catalogue has no "no-such-bug"/);
    expectSentence(await vmemmapHere('repro', 'tail-keeps-leaf', '--all'), /a name or --all, not both/);
    expectSentence(
      await vmemmapHere('repro', 'shared-leaf-ripped-out', '--kernel', '4.18'),
      /cannot run on 4\.18: .* from 5\.0 on/,
    );
    expectSentence(await vmemmapHere('validate', '--arch', 'sparc'), /--arch is "sparc"; allowed are x86_64/);
    expectSentence(await vmemmapHere('validate', '--page-size', '8K'), /--page-size is 8K; allowed are 4K, 16K, 64K/);
    expectSentence(await vmemmapHere('validate', '--arch', 's390', '--mmu', 'hash'), /--mmu is hash; allowed are none/);
    expectSentence(await vmemmapHere('validate', '--shape', 'round'), /--shape is round; allowed are exact, reserve/);
    expectSentence(await vmemmapHere('diff', path, '--from', '5.12'), /required option '--to <release>' not specified/);
    expectSentence(
      await vmemmapHere('diff', path, '--from', '3.10', '--to', '5.12'),
      /--from is "3\.10"; allowed are releases/,
    );
    expectSentence(
      await vmemmapHere('bisect', path, '--expect', 'luck'),
      /--expect is luck; allowed are no-crash, no-hole/,
    );
    expectSentence(await vmemmapHere('kernel', '6.12.117', '4.17'), /the release is "4\.17"; allowed are/);
  });

  test('an end of a bisection that is not on the line from old to new', async () => {
    const path = file('good.json', JSON.stringify(good));
    const bisect = (...args: string[]) => vmemmapHere('bisect', path, '--expect', 'no-leak', ...args);
    expectSentence(
      await bisect('--from', '6.0', '--to', '5.0'),
      /--from is "6\.0" and --to is "5\.0"; --from must not be the/,
    );
    expectSentence(await bisect('--from', '6.12.117', '--to', '6.1.192'), /--from must not be the newer one/);
    expectSentence(
      await bisect('--to', 'proposal/free-any-leaf'),
      /--to is "proposal\/free-any-leaf"; allowed are releases, since/,
    );
  });

  test('an option that would do nothing', async () => {
    const path = file('good.json', JSON.stringify(good));
    expectSentence(
      await vmemmapHere('run', path, '--fail-each', '--step', '1'),
      /'--fail-each' cannot be used with option '--step/,
    );
    expectSentence(
      await vmemmapHere('repro', 'tail-keeps-leaf', '--struct-page', '64'),
      /--struct-page is given beside a name or --all/,
    );
    expectSentence(await vmemmapHere('repro', '--struct-page', 'x'), /--struct-page is "x"; it must be a whole number/);
    expectSentence(await vmemmapHere('repro', '--kernel', '7.33'), /--kernel is "7\.33".*; the nearest known is 7\.3/);
    expectSentence(await vmemmapHere('repro', '--ktap'), /--ktap is given without a name and without --all/);
    expectSentence(
      await vmemmapHere('repro', 'B01', '--json', '--ktap'),
      /'--ktap' cannot be used with option '-J, --json'/,
    );
    expectSentence(await vmemmapHere('validate', '--ktap', '--junit'), /'--junit' cannot be used with option '--ktap'/);
  });

  test('a size on the command line is complained of by its option', async () => {
    const lsmem = file('lsmem.json', JSON.stringify({ memory: [{ range: '0x0-0x7ffffff' }] }));
    const plan = (...args: string[]) => vmemmapHere('plan', '--lsmem', lsmem, ...args);
    expectSentence(await plan('--page-size', '8K'), /--page-size is 8192; x86_64 has pages of 4096 bytes/);
    expectSentence(await plan('--struct-page', '60'), /--struct-page is 60; x86_64 kernels have 56, 64/);
    expectSentence(
      await plan('--block-size', '100'),
      /--block-size is 100; allowed are whole sections of 134217728 bytes/,
    );
  });

  test('a folder without recordings, and a file in place of a folder', async () => {
    const taken = file('taken', '');
    const empty = taken.replace(/taken$/, 'empty');
    mkdirSync(empty, { recursive: true });
    expectSentence(await vmemmapHere('verify', empty), /empty: the folder has no file that ends in \.json/);
    expectSentence(
      await vmemmapHere('validate', '--arch', 's390', '--dir', taken),
      /taken: it is no folder \(EEXIST\)/,
    );
  });

  test('what commander finds is said as the rest is', async () => {
    expect((await vmemmapHere('frobnicate')).stderr).toMatch(/^vmemmap: unknown command/);
    expect((await vmemmapHere('run')).stderr).toMatch(/^vmemmap: missing required argument/);
  });

  test('a file that is no recording', async () => {
    expectSentence(await vmemmapHere('verify', file('other.json', '{"a":1}')), /holds no recording/);
  });
});
