// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { file, vmemmap } from './cli.js';

const PARTIAL_PMD = 'src/story/partial-pmd.json';

interface RunJson {
  schema: string;
  steps: { ret: number | null; leaves: string[] }[];
  findings: { step: number; invariant: string }[];
}

describe('vmemmap run', () => {
  test('prints every step and says that nothing was found', () => {
    const { status, stdout } = vmemmap('run', PARTIAL_PMD);
    expect(stdout).toContain('step 5  remove-pages 0x108000000-0x10fffffff (128 MiB)');
    expect(stdout.trimEnd().endsWith('no findings')).toBe(true);
    expect(status).toBe(0);
  });

  test('prints one step with --step, plain text where no terminal is', () => {
    const { stdout } = vmemmap('run', PARTIAL_PMD, '--step', '4');
    expect(stdout).toContain('ffffea0003800000 unused 0-1835008 used 1835008-2097152');
    expect(stdout).not.toContain('step 5');
    expect(stdout).not.toContain('\x1b[');
  });

  test('--json has the fields of the vectors for each step, and the findings', () => {
    const result = JSON.parse(vmemmap('run', PARTIAL_PMD, '--json').stdout) as RunJson;
    expect(result.schema).toBe('vmemmap/run/v1');
    expect(result.steps).toHaveLength(5);
    expect(Object.keys(result.steps[0]!)).toEqual(
      expect.arrayContaining([
        'ret',
        'leaves',
        'prot',
        'tables',
        'altmaps',
        'ram',
        'partial',
        'unusedStart',
        'sections',
        'leaks',
        'holes',
        'violations',
        'counters',
      ]),
    );
    expect(result.findings).toEqual([]);
  });

  test('ends with 1 when it finds something, and names it once', () => {
    const scenario = {
      machine: { arch: 'x86_64' },
      altmaps: { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 512 } },
      steps: [
        { op: 'add-pages', pfn: 0x100000, nrPages: 32768, altmap: 'dev' },
        { op: 'remove-pages', pfn: 0x100000, nrPages: 32768 },
        { op: 'use', pfn: 0x100000, nrPages: 32768 },
      ],
    };
    const { status, stdout } = vmemmap('run', file('finding.json', JSON.stringify(scenario)));
    expect(stdout.match(/^finding .*right-owner/gm)).toHaveLength(1);
    expect(stdout).toMatch(
      /frame 100000 allocated from the altmap in step 1 with 512 pages from 100000: __add_pages > /,
    );
    expect(stdout).toMatch(
      /frame 100000 freed in step 2 with 512 pages from 100000: __remove_pages > .* > remove_pmd_table/,
    );
    expect(stdout).toContain('finding  step 2: altmap-books: altmap dev counts 512 pages, leaves map 0 of it');
    expect(stdout).toContain(
      'finding  step 2: right-owner: frame 100000 given to the page allocator, which never handed it out',
    );
    expect(status).toBe(1);
  });

  test('-o writes the same text to a file', () => {
    const target = file('out.txt', '');
    expect(vmemmap('run', PARTIAL_PMD, '-o', target)).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(target, 'utf8')).toBe(vmemmap('run', PARTIAL_PMD).stdout);
  });
});

describe('vmemmap run --fail-each', () => {
  test('names the allocation, the kernel functions and what is wrong afterwards', () => {
    const scenario = {
      machine: { arch: 'arm64', structPageSize: 80 },
      steps: [
        { op: 'add-pages', start: '0x100000000', size: '128M' },
        { op: 'add-pages', start: '0x108000000', size: '128M' },
      ],
    };
    const path = file('fail-each.json', JSON.stringify(scenario));
    const { status, stdout } = vmemmap('run', path, '--fail-each');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^allocation 4, step 1, 512 pages -> 0: __add_pages > .* > vmemmap_populate_hugepages > /);
    expect(stdout).toContain('step 2: no-hole: ');
    expect(stdout).toContain('4 of 5 failing allocations leave no finding');
    const { failures } = JSON.parse(vmemmap('run', path, '--fail-each', '--json').stdout) as { failures: object[] };
    expect(failures).toMatchObject([{ allocation: 4, step: 0, order: 9, ret: 0 }]);
  });
});

describe('vmemmap run --kernel', () => {
  test('runs the scenario on another release than its own', () => {
    const { status, stdout } = vmemmap('run', PARTIAL_PMD, '--kernel', '6.19');
    expect(stdout.split('\n')[0]).toContain('x86_64 6.19');
    expect(stdout).toContain('1022 pages of system memory that nothing maps any more');
    expect(status).toBe(1);
  });
});

describe('vmemmap repro', () => {
  test('writes an entry as a scenario that shows it on the release that has it', () => {
    const path = file('b10.json', '');
    vmemmap('repro', 'B10', '--scenario', path);
    expect(vmemmap('run', path).stdout).toMatch(/: arm64 7\.3,[^]*finding  step 3: no-hole:/);
    expect(vmemmap('repro', '--scenario', path)).toMatchObject({ status: 2, stdout: '' });
  });

  test('lists the catalogue', () => {
    const { status, stdout } = vmemmap('repro');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^B01 +tail-keeps-leaf +x86_64 +4\.18 to before 5\.13 /m);
  });

  test('plays an entry on two releases and shows where they part', () => {
    const { status, stdout } = vmemmap('repro', 'tail-keeps-leaf');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +5\.12 +5\.13$/m);
    expect(stdout).toContain('5.12: there, step 2 breaks no-leak');
    expect(stdout).toContain('5.13: not there, no-leak holds in step 2');
    expect(stdout).toContain('5.12 and 5.13 part in step 1, event 8');
  });

  test('takes the number for the name, and another release', () => {
    expect(vmemmap('repro', 'b01', '--kernel', '5.3').stdout).toContain('5.3: there');
  });

  test('--json has what a program needs to check it again', () => {
    const { bugs } = JSON.parse(vmemmap('repro', 'B01', '--json').stdout) as {
      bugs: { name: string; arch: string; present: string[]; fixed: string[]; ok: boolean }[];
    };
    expect(bugs).toMatchObject([{ name: 'tail-keeps-leaf', arch: 'x86_64', ok: true }]);
    expect(bugs[0]!.present).toContain('5.12');
    expect(bugs[0]!.fixed).toContain('5.13');
  });

  // That every release has what its entries say is stated entry by entry in test/catalogue/bugs.test.ts.
  test('--all finds every entry where the facts say, on a release', () => {
    const { status, stdout } = vmemmap('repro', '--all', '--kernel', '5.12');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^(\d+) of \1 entries are where the facts say$/);
    expect(status).toBe(0);
  }, 60_000);
});

describe('vmemmap validate, diff, bisect', () => {
  test('validate ends with 1 where a cell is broken, and writes its smallest scenario', () => {
    const folder = file('broken-cells', '').replace(/broken-cells$/, 'cells');
    const args = [
      '--arch',
      'x86_64',
      '--struct-page',
      '56',
      '--shape',
      'neighbour',
      '--kernel',
      '6.12.117',
      '--dir',
      folder,
    ];
    const { status, stdout } = vmemmap('validate', ...args);
    expect(status).toBe(1);
    expect(stdout).toContain('1 cells: 0 supported, 0 ignored, 0 refused, 1 broken, 0 untestable');
    const scenario = `${folder}/x86_64-4k-sp56-neighbour-6.12.117.json`;
    expect(vmemmap('run', scenario).stdout).toContain('finding  step 4: altmap-books');
  });

  test('validate ends with 0 where none is', () => {
    const { status, stdout } = vmemmap('validate', '--arch', 'x86_64', '--struct-page', '64', '--kernel', '6.12.117');
    expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
      status: 0,
      last: '8 cells: 6 supported, 1 ignored, 1 refused, 0 broken, 0 untestable',
    });
  });

  test('diff ends with 1 where two releases part', () => {
    const { status, stdout } = vmemmap('diff', PARTIAL_PMD, '--from', '5.12', '--to', '5.13');
    expect(status).toBe(1);
    expect(stdout).toContain('5.12 and 5.13 part in step 1');
    expect(vmemmap('diff', PARTIAL_PMD, '--from', '5.13', '--to', '5.14')).toMatchObject({
      status: 0,
      stdout: '5.13 and 5.14 do just the same\n',
    });
  });

  test('bisect names trait and commit', () => {
    const { turns } = JSON.parse(vmemmap('bisect', PARTIAL_PMD, '--expect', 'no-leak', '--json').stdout) as {
      turns: object[];
    };
    expect(turns[0]).toMatchObject({ good: '5.13', bad: '5.12', trait: 'x86/track-unused-sub-pmd' });
    expect(vmemmap('bisect', PARTIAL_PMD, '--expect', 'no-leak', '--from', '5.13', '--to', '6.17').status).toBe(0);
  });
});

describe('vmemmap qemu', () => {
  const lost = file(
    'lost.json',
    JSON.stringify({
      machine: { arch: 'x86_64', structPageSize: 80 },
      steps: [
        { op: 'add-pages', start: '0x100000000', size: '128M' },
        { op: 'add-pages', start: '0x108000000', size: '2M' },
      ],
    }),
  );

  test('prints kernel, command line, commands in order, and what to look at', () => {
    const { status, stdout } = vmemmap('qemu', lost);
    const places = [
      'padding at the end of struct page',
      '$ qemu-system-x86_64 -machine q35',
      '(qemu) device_add pc-dimm',
      '(qemu) x /8gx 0xffffea0005200400',
      '# echo "namespace$(region 0x108000000).0" > /sys/bus/nd/drivers/nd_pmem/bind',
      'broken: other bytes',
    ].map((text) => stdout.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  test('--json has the same, and --scenario a scenario that shows what the guest shows', () => {
    const guest = file('guest.json', '');
    const { stdout } = vmemmap('qemu', lost, '--json', '--scenario', guest);
    const recipe = JSON.parse(stdout) as { schema: string; findings: { invariant: string }[]; scenario: object };
    expect(recipe.schema).toBe('vmemmap/qemu/v1');
    const { findings } = JSON.parse(vmemmap('run', guest, '--json').stdout) as RunJson;
    expect(findings.map(({ invariant }) => invariant)).toEqual(recipe.findings.map(({ invariant }) => invariant));
    expect(JSON.parse(readFileSync(guest, 'utf8'))).toEqual(recipe.scenario);
  });

  test('ends with 2 and a sentence where no guest can', () => {
    const s390 = file(
      's390.json',
      JSON.stringify({ machine: { arch: 's390' }, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }),
    );
    const { status, stderr } = vmemmap('qemu', s390);
    expect(stderr).toContain('s390.json: machine.arch is "s390"; there are recipes for x86_64, arm64');
    expect(status).toBe(2);
  });
});

describe('vmemmap verify', () => {
  const vector = {
    name: 'one',
    machine: { arch: 'x86_64', kernel: '6.12.117' },
    steps: [{ op: 'add-pages', pfn: 0x100000, nrPages: 32768 }],
    expect: [{ ret: 0, tables: { p4d: 0, pud: 1, pmd: 2, pte: 0 } }],
  };

  test('shows the first difference with both sides, counts, and ends with 1', () => {
    const { status, stdout } = vmemmap('verify', file('vectors.json', JSON.stringify([vector])));
    expect(stdout).toContain('one step 1: tables');
    expect(stdout).toContain('kernel    {"p4d":0,"pud":1,"pmd":2,"pte":0}');
    expect(stdout).toContain('emulator  {"p4d":0,"pud":1,"pmd":1,"pte":0}');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  });

  test('--json names file, case, step, field and both sides', () => {
    const path = file('vectors.json', JSON.stringify([vector]));
    expect(JSON.parse(vmemmap('verify', '--json', path).stdout)).toMatchObject({
      passed: 0,
      failed: 1,
      failures: [{ file: path, name: 'one', step: 0, field: 'tables' }],
    });
  });

  test('takes a folder', () => {
    const { status, stdout } = vmemmap(
      'verify',
      '-q',
      'src/story/x86_64-6.12.117-custom-sp56-dimm-recycled-leaf.json.gz',
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '1 passed, 0 failed\n' });
  });
});

describe('the other commands', () => {
  test('the story is told in less than 60 lines', () => {
    const { status, stdout } = vmemmap('story');
    expect(status).toBe(0);
    expect(stdout.split('\n').length).toBeLessThan(60);
    expect(stdout).toContain('agrees');
  });

  test('schema is JSON Schema of what run accepts', () => {
    const schema = JSON.parse(vmemmap('schema').stdout) as { $schema: string; properties: object };
    expect(schema.$schema).toContain('2020-12');
    expect(Object.keys(schema.properties)).toContain('steps');
  });

  test('arch lists geometry and ground truth', () => {
    const { architectures } = JSON.parse(vmemmap('arch', '--json').stdout) as {
      architectures: { name: string; configurations: { vmemmapBase: string; groundTruth: string }[] }[];
    };
    const x86 = architectures.find((a) => a.name === 'x86_64')!;
    expect(x86.configurations.map((c) => c.vmemmapBase)).toEqual(['0xffffea0000000000', '0xffd4000000000000']);
    expect(vmemmap('arch', 'x86_64').stdout).toContain('ground truth');
  });

  test('kernel prints what changed between two releases', () => {
    expect(vmemmap('kernel', '6.1.192', '6.12.117').stdout).toContain('+ x86/split-pmd-takes-altmap');
    expect(vmemmap('kernel', '6.12.117', '6.12.117').stdout).toContain('no difference');
  });

  test('every command has help with examples; without a command, help is what one gets', () => {
    for (const command of [
      'run',
      'verify',
      'repro',
      'validate',
      'diff',
      'bisect',
      'story',
      'arch',
      'kernel',
      'cpu',
      'cycles',
      'bench',
      'schema',
    ]) {
      const { status, stdout } = vmemmap(command, '--help');
      expect({ status, examples: stdout.includes('Examples:') }).toEqual({ status: 0, examples: true });
    }
    expect(vmemmap()).toMatchObject({ status: 0 });
    expect(vmemmap('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
