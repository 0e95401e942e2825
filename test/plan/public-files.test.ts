// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file, vmemmap } from '../cli/cli.js';

/** Files as users have them, with what is right for each. */

interface Plan {
  machine: { arch: string; kernel: string; mmu?: string };
  memoryBytes: number;
  leaves: Record<string, number>;
  tables: Record<string, number>;
  modes: Record<'y' | 'force', { verdict: string; reason: string | null; sentence: string }>;
  memmapOnMemory: { verdict: string };
  hotAdd: { mode: string; start: string; ownPages: number; error?: string }[];
  blocks: { state: string; memmapBytes: number }[];
  devices: {
    name: string;
    mode: string;
    size: number;
    leaves: Record<string, number>;
    systemPages: number;
    error?: string;
  }[];
  remarks: string[];
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const given = (name: string): string => join(import.meta.dirname, '..', 'reports', 'cases', name);

function plan(...args: string[]): Plan {
  const { status, stdout, stderr } = vmemmap('plan', '--json', ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Plan;
}

const lsmem = (...memory: object[]): string => file('lsmem.json', JSON.stringify({ memory }));
const TWO_GIB = { range: '0x0000000000000000-0x000000007fffffff', state: 'online', block: '0-15' };

describe('/proc/iomem', () => {
  test('memory of kmem is called System RAM until 5.7, and counts below its device', () => {
    const planned = plan('--iomem', given('F17-kmem-of-5.4-iomem.txt'));
    expect(Math.round((planned.memoryBytes / GIB) * 100) / 100).toBe(22.75);
    expect(planned.hotAdd[0]!.start).toBe('0x640000000');
  });

  test('memory that is nested in other memory does not count twice', () => {
    const { memoryBytes } = plan('--iomem', given('F17-not-twice-iomem.txt'));
    expect(Math.round(memoryBytes / MIB)).toBe(2048);
  });

  test('ranges that touch inside a page are one, and the page is memory', () => {
    const tree = file(
      'touching.txt',
      '00100000-12345fff : System RAM\n12346000-12346a00 : System RAM\n12346a01-7fffffff : System RAM\n',
    );
    expect(plan('--iomem', tree).memoryBytes).toBe(0x80000000 - 0x100000);
  });
});

describe('VMCOREINFO', () => {
  test('names the architecture and its MMU: the memmap of the hash MMU is not in page tables', () => {
    const planned = plan('--lsmem', given('F19-lsmem.json'), '--vmcoreinfo', given('F19-vmcoreinfo.txt'));
    expect(planned.machine).toMatchObject({ arch: 'ppc64', mmu: 'hash' });
    expect(Object.keys(planned.leaves)).toEqual(['hpte']);
    expect([planned.modes.y.verdict, planned.modes.force.verdict]).toEqual(['no', 'no']);
    const radix = plan(
      '--lsmem',
      given('F19-lsmem.json'),
      '--vmcoreinfo',
      given('F19-vmcoreinfo.txt'),
      '--mmu',
      'radix',
    );
    expect(radix.machine.mmu).toBe('radix');
  });

  test('tells of five levels', () => {
    const planned = plan('--lsmem', given('F21-lsmem.json'), '--vmcoreinfo', given('F21-vmcoreinfo.txt'));
    expect(planned.tables).toEqual({ pmd: 1, pud: 1, p4d: 1 });
  });

  test.each([
    ['OSRELEASE=6.12.95+deb12-arm64\nPAGESIZE=4096\n', 'arm64'],
    ['OSRELEASE=6.4.0-150600.21-default\nPAGESIZE=4096\nSYMBOL(lowcore_ptr)=1\n', 's390'],
    ['OSRELEASE=6.1.0-13-powerpc64le\nPAGESIZE=65536\n', 'ppc64'],
  ])('%j is of %s', (text, arch) => {
    const blocks = { range: '0x0000000000000000-0x000000007fffffff' };
    expect(plan('--lsmem', lsmem(blocks), '--vmcoreinfo', file('vmcoreinfo.txt', text)).machine.arch).toBe(arch);
  });

  test('of a vendor leaves open what the vendor took over', () => {
    const { machine, remarks } = plan('--lsmem', given('F21-lsmem.json'), '--vmcoreinfo', given('F29-vmcoreinfo.txt'));
    expect(machine.kernel).toBe('5.14');
    expect(remarks.join()).toMatch(/5\.14\.0-570\.el9\.x86_64 is a vendor's kernel.*--kernel names another/);
  });

  test('of a kernel that is not covered is not said to name none', () => {
    const { remarks } = plan('--lsmem', given('F21-lsmem.json'), '--vmcoreinfo', given('F31-vmcoreinfo.txt'));
    expect(remarks).toHaveLength(2);
    expect(remarks[0]).toContain('kernel 3.10.0-1160.el7.x86_64 is not covered');
    expect(remarks[1]).toBe('it is taken for 6.12.117, --kernel names another');
  });
});

test.each(['6.1', '6.5'])(
  '%s takes memmap_on_memory=force for no, and says so in the verdict and in the table',
  (kernel) => {
    const { memmapOnMemory, modes, hotAdd } = plan(
      '--lsmem',
      given('F21-lsmem.json'),
      '--kernel',
      kernel,
      '--memmap-on-memory',
      'force',
    );
    expect([memmapOnMemory.verdict, modes.force.verdict]).toEqual(['no', 'no']);
    expect(modes.force.sentence).toContain('boolean');
    expect(hotAdd.find(({ mode }) => mode === 'force')!.ownPages).toBe(0);
  },
);

describe('daxctl list', () => {
  test('each mapping of a device is mapped by itself', () => {
    const planned = plan(
      '--lsmem',
      given('F21-lsmem.json'),
      '--daxctl',
      given('F25-daxctl-two-mappings.json'),
      '--kernel',
      '5.18',
    );
    expect(planned.devices).toMatchObject([{ size: 2 * GIB, leaves: { pmd: 16 }, systemPages: 8193 }]);
    expect(planned.hotAdd[0]!.start).toBe('0x8040000000');
  });

  test('a device that is system memory already is not added once more', () => {
    const iomem = file(
      'kmem.txt',
      '00100000-7fffffff : System RAM\n100000000-13fffffff : dax0.0\n  100000000-13fffffff : System RAM (kmem)\n',
    );
    const mappings = [{ page_offset: 0, start: 4 * GIB, end: 5 * GIB - 1, size: GIB }];
    const daxctl = file(
      'daxctl.json',
      JSON.stringify([{ chardev: 'dax0.0', size: GIB, mode: 'system-ram', mappings }]),
    );
    const { devices, memoryBytes } = plan('--iomem', iomem, '--daxctl', daxctl, '--memmap-on-memory', 'n');
    expect(devices).toMatchObject([{ name: 'dax0.0', leaves: { pmd: 8 } }]);
    expect(devices[0]!.error).toBeUndefined();
    expect(memoryBytes).toBe(3 * GIB - MIB);
  });

  test('devices stand below regions with -R', () => {
    const list = [
      { path: '/platform/region0', id: 0, size: 2 * GIB, devices: [{ chardev: 'dax0.0', size: GIB, mode: 'devdax' }] },
    ];
    const daxctl = file('regions.json', JSON.stringify(list));
    expect(plan('--lsmem', given('F21-lsmem.json'), '--daxctl', daxctl).devices).toMatchObject([{ name: 'dax0.0' }]);
  });
});

describe('ndctl list', () => {
  test('the words of ndctl before v60 are those of today, and its sizes are of the whole namespace', () => {
    const { devices, remarks } = plan('--lsmem', given('F21-lsmem.json'), '--ndctl', given('F27-ndctl-old-words.json'));
    expect(devices).toMatchObject([
      { name: 'namespace0.0', mode: 'devdax', size: 2128609280 },
      { name: 'namespace0.1', mode: 'fsdax', size: 2128609280 },
    ]);
    expect(remarks.filter((remark) => remark.includes('map dev'))).toHaveLength(2);
  });

  test('a mode that is not known is told, and not passed over', () => {
    const ndctl = file('ndctl.json', JSON.stringify([{ dev: 'namespace0.0', mode: 'zoned', size: GIB }]));
    const { devices, remarks } = plan('--lsmem', given('F21-lsmem.json'), '--ndctl', ndctl);
    expect(devices).toEqual([]);
    expect(remarks).toContain('namespace0.0 has the mode "zoned", which is not known; it is left out');
  });

  test('each of several namespaces in a region has its own range', () => {
    const iomem = file(
      'pmem.txt',
      [
        '00100000-7fffffff : System RAM',
        '100000000-1ffffffff : Persistent Memory',
        '  100000000-13fffffff : namespace0.0',
        '  140000000-140ffffff : namespace0.1',
        '  141000000-17fffffff : dax0.1',
      ].join('\n'),
    );
    const region = {
      dev: 'region0',
      size: 4 * GIB,
      namespaces: [
        { dev: 'namespace0.0', mode: 'fsdax', map: 'mem', size: GIB - 2 * MIB },
        { dev: 'namespace0.1', mode: 'devdax', map: 'dev', size: GIB - 16 * MIB },
      ],
    };
    const ndctl = file('region.json', JSON.stringify([region]));
    const { devices } = plan('--iomem', iomem, '--ndctl', ndctl);
    expect(devices.map(({ name, size, error }) => ({ name, size, error }))).toEqual([
      { name: 'namespace0.0', size: GIB, error: undefined },
      { name: 'namespace0.1', size: GIB, error: undefined },
    ]);
  });
});

test('memory that s390 has not taken in has no memmap', () => {
  const on = { range: '0x0000000000000000-0x000000007fffffff', state: 'online', block: '0-7', configured: 'yes' };
  const standby = { range: '0x0000000080000000-0x00000000ffffffff', state: 'offline', block: '8-15', configured: 'no' };
  const { memoryBytes, blocks } = plan('--lsmem', lsmem(on, standby), '--arch', 's390');
  expect(memoryBytes).toBe(2 * GIB);
  expect(blocks).toMatchObject([{ state: 'online' }, { state: 'not configured', memmapBytes: 0 }]);
});

test('a block beyond what the machine can address has the answer of the kernel in the table', () => {
  const far = { range: '0x00003ffff8000000-0x00003fffffffffff', state: 'online', block: '524287' };
  const { hotAdd } = plan('--lsmem', lsmem(TWO_GIB, far), '--kernel', '6.12');
  expect(hotAdd[0]!.error).toBe('the kernel answers -7');
});

describe('what cannot be is a sentence with the file, the field, its value and what is allowed', () => {
  const robustness = (name: string): string => join(import.meta.dirname, '..', 'reports', 'robustness', name);
  test.each([
    ['--lsmem', 'plan-zoderror-blocks-descending.lsmem.json', /memory\[0\]\.block is "15-0"; its last block is before/],
    [
      '--lsmem',
      'plan-zoderror-last-byte-off-by-one.lsmem.json',
      /memory\[0\]\.range is .*; it must be 16 whole blocks/,
    ],
    ['--lsmem', 'plan-zoderror-range-too-large.lsmem.json', /memory\[0\]\.range is .*; it must be a range/],
    ['--iomem', 'plan-zoderror-iomem-end-too-large.iomem.txt', /line 1 is .*; expected is .* at most 16 digits/],
    ['--ndctl', 'plan-zoderror-size-2p53.ndctl.json', /size is 9007199254740991; it must be bytes/],
    [
      '--vmcoreinfo',
      'plan-zoderror-section-bits-huge.vmcoreinfo.txt',
      /SECTION_SIZE_BITS\) is .*; it must be a number from/,
    ],
  ])('%s %s', (option, name, sentence) => {
    const memory = option === '--lsmem' || option === '--iomem' ? [] : ['--lsmem', given('F21-lsmem.json')];
    const { status, stdout, stderr } = vmemmap('plan', ...memory, option, robustness(name));
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain(name);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
