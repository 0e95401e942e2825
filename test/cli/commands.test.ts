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
    for (const command of ['run', 'verify', 'story', 'arch', 'kernel', 'schema']) {
      const { status, stdout } = vmemmap(command, '--help');
      expect({ status, examples: stdout.includes('Examples:') }).toEqual({ status: 0, examples: true });
    }
    expect(vmemmap()).toMatchObject({ status: 0 });
    expect(vmemmap('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
