// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { file, vmemmap } from './cli.js';

const MEMORY = [
  {
    range: '0x0000000000000000-0x000000007fffffff',
    size: '2G',
    state: 'online',
    removable: true,
    block: '0-15',
    node: 0,
  },
  {
    range: '0x0000000100000000-0x000000013fffffff',
    size: 1073741824,
    state: 'offline',
    removable: 'no',
    block: '32-39',
    'memmap-on-memory': true,
    'a-column-of-the-future': 1,
  },
];
const lsmem = (memory: unknown = MEMORY) => file('lsmem.json', JSON.stringify({ memory }));
const iomem = (...lines: string[]) => file('iomem.txt', lines.join('\n'));

interface Plan {
  machine: Record<string, unknown>;
  overheadBytes: number;
  memmapOnMemory: { verdict: string; reason: string | null };
  modes: Record<string, { verdict: string; reason: string | null; wastedPages: number }>;
  blocks: Record<string, unknown>[];
  devices: { name: string; leaves: Record<string, number>; systemPages: number; ownPages: number }[];
  current?: Plan;
}

function planOf(...args: string[]): Plan {
  const { status, stdout, stderr } = vmemmap('plan', '--json', ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout) as Plan;
}

describe('vmemmap plan', () => {
  test('works on the machine that it runs on', () => {
    const plan = planOf();
    expect(plan).toMatchObject({ schema: 'vmemmap/plan/v1' });
    expect(plan.overheadBytes).toBeGreaterThan(0);
    expect(plan.blocks.length).toBeGreaterThan(0);
    expect(vmemmap('plan').stdout).toContain('one block more');
  });

  test('reads what lsmem prints, with keys more or less', () => {
    const plan = planOf('--lsmem', lsmem());
    expect(plan.machine).toMatchObject({
      blockSize: 128 * 2 ** 20,
      structPageSize: 64,
      assumed: ['pageSize', 'structPageSize', 'memmapOnMemory'],
    });
    expect(plan.blocks).toMatchObject([
      { first: 0, last: 15, state: 'online', memmapBytes: 2 ** 21 },
      { first: 32, last: 39, state: 'offline', holdsMemmapNow: true, memmapOnMemory: { verdict: 'yes', reason: null } },
    ]);
    const bare = [{ range: '0x0000000000000000-0x000000007fffffff' }];
    expect(planOf('--lsmem', lsmem(bare)).blocks).toMatchObject([{ first: 0, last: 15, state: 'unknown' }]);
  });

  test('says for each block why it cannot hold its memmap', () => {
    const plan = planOf('--lsmem', lsmem(), '--struct-page', '80');
    expect(plan.blocks[0]).toMatchObject({ memmapOnMemory: { verdict: 'no', reason: 'not-pageblock-aligned' } });
    expect(plan.modes['force']).toMatchObject({ verdict: 'no', reason: 'arch' });
    const text = vmemmap('plan', '--lsmem', lsmem(), '--struct-page', '80').stdout;
    expect(text).toContain('the memmap of a block is 2.5 MiB, which does not fill whole pageblocks of 2 MiB');
  });

  test('ppc64 with 64K pages wastes 28 pages of each block of 256 MiB by force', () => {
    const blocks = [{ range: '0x0000000000000000-0x000000003fffffff', block: '0-3' }];
    const plan = planOf('--lsmem', lsmem(blocks), '--arch', 'ppc64', '--page-size', '64K');
    expect(plan.modes['force']).toMatchObject({ verdict: 'yes', wastedPages: 28 });
    expect(plan.modes['y']).toMatchObject({ verdict: 'no', reason: 'not-pageblock-aligned' });
  });

  test('compares the kernel of the machine with another', () => {
    const vmcoreinfo = file(
      'vmcoreinfo.txt',
      'OSRELEASE=6.12.117+deb12-amd64\nPAGESIZE=4096\nSIZE(page)=64\nNUMBER(SECTION_SIZE_BITS)=27\n',
    );
    const plan = planOf('--lsmem', lsmem(), '--vmcoreinfo', vmcoreinfo, '--kernel', '5.12');
    expect(plan.memmapOnMemory).toMatchObject({ verdict: 'no', reason: 'no-arch-support' });
    expect(plan.current!.memmapOnMemory).toMatchObject({ verdict: 'yes' });
    expect(plan.machine['assumed']).toEqual(['memmapOnMemory']);
  });

  test('counts what namespaces and device-dax take', () => {
    const tree = iomem(
      '00000000-7fffffff : System RAM',
      '100000000-11fffffff : Persistent Memory',
      '  100000000-11fffffff : namespace0.0',
    );
    const ndctl = file(
      'ndctl.json',
      JSON.stringify([
        { dev: 'namespace0.0', mode: 'fsdax', map: 'dev', size: 526385152, align: 2097152 },
        { dev: 'namespace1.0', mode: 'raw', size: 4096 },
      ]),
    );
    const daxctl = file(
      'daxctl.json',
      JSON.stringify({ chardev: 'dax1.0', mode: 'devdax', size: 536870912, align: 2097152 }),
    );
    const { devices } = planOf('--iomem', tree, '--ndctl', ndctl, '--daxctl', daxctl);
    expect(devices).toMatchObject([
      { name: 'namespace0.0', leaves: { pmd: 4 }, ownPages: 2048 },
      { name: 'dax1.0', ownPages: 0 },
    ]);
    // Two pages for each compound page of 2 MiB, and tables.
    expect(devices[1]!.systemPages).toBeLessThan(2 * 256 + 16);
  });
});

describe('what cannot be used is answered with a sentence', () => {
  const complaint = (...args: string[]): string => {
    const { status, stdout, stderr } = vmemmap('plan', ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    return stderr;
  };

  test.each([
    [
      'hidden addresses',
      () => ['--iomem', iomem('00000000-00000000 : System RAM', '  00000000-00000000 : Kernel code')],
      'every address is zero',
    ],
    [
      'no line of iomem',
      () => ['--iomem', iomem('hello')],
      'line 1 is "hello"; expected is "<start>-<end> : <name>" in hex',
    ],
    [
      'an end before the start',
      () => ['--iomem', iomem('2000-1000 : System RAM')],
      'line 1 ends at 1000, before it starts',
    ],
    ['no System RAM', () => ['--iomem', iomem('00000000-00000fff : Reserved')], 'nothing names any memory'],
    [
      'no JSON',
      () => ['--lsmem', file('bad.json', 'RANGE SIZE')],
      'it is not JSON; expected is what `lsmem --json` prints',
    ],
    ['no memory', () => ['--lsmem', lsmem([])], 'it lists no memory'],
    ['no range', () => ['--lsmem', lsmem([{ size: '2G' }])], 'memory[0].range is missing'],
    [
      'a range of another kind',
      () => ['--lsmem', lsmem([{ range: '0-1' }])],
      'memory[0].range is "0-1"; it must be a range',
    ],
    [
      'human units',
      () => [
        '--lsmem',
        lsmem(),
        '--ndctl',
        file('nd.json', '{"dev":"n","mode":"fsdax","map":"dev","size":"15.63 GiB (16.78 GB)"}'),
      ],
      'size is "15.63 GiB (16.78 GB)"; it must be bytes as a number; text with units comes from -u, so run `ndctl list` without it',
    ],
    [
      'another map',
      () => [
        '--lsmem',
        lsmem(),
        '--ndctl',
        file('nd.json', '{"dev":"namespace0.0","mode":"fsdax","map":"disk","size":1}'),
      ],
      'map is "disk"; it must be "dev", "mem" or "none"',
    ],
    [
      'no VMCOREINFO',
      () => ['--lsmem', lsmem(), '--vmcoreinfo', file('v.txt', 'nothing')],
      'it is no VMCOREINFO; it has none of OSRELEASE',
    ],
    [
      'a size that is none',
      () => ['--lsmem', lsmem(), '--struct-page', 'big'],
      '--struct-page is "big"; it must be bytes',
    ],
    [
      'a struct page that no kernel has',
      () => ['--lsmem', lsmem(), '--struct-page', '60'],
      '--struct-page is 60; x86_64 kernels have 56, 64',
    ],
    ['no such file', () => ['--lsmem', '/no/such'], 'there is no such file'],
    ['another architecture', () => ['--lsmem', lsmem(), '--arch', 'vax'], '--arch is "vax"'],
    ['an unknown release', () => ['--lsmem', lsmem(), '--kernel', '2.6'], '--kernel is "2.6"'],
  ])('%s', (_what, args, sentence) => {
    expect(complaint(...args())).toContain(sentence);
  });
});
