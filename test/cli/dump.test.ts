// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { file, vmemmap } from './cli.js';

const PARTIAL_PMD = 'src/story/partial-pmd.json';

interface DumpJson {
  schema: string;
  leaves: { start: string; end: string; level: string; phys: string; from: string; unused: [number, number][] }[];
  tables: { level: string; start: string; from: string }[];
}

describe('vmemmap dump', () => {
  const text = vmemmap('dump', PARTIAL_PMD, '--format', 'ptdump', '--step', '4').stdout;

  test('prints the state after a step, and nothing but the text of the kernel', () => {
    expect(text.split('\n')).toEqual([
      '---[ Vmemmap ]---',
      '0xffffea0000000000-0xffffea0003800000          56M                               pmd',
      '0xffffea0003800000-0xffffea0003c00000           4M     RW         PSE     GLB NX pmd',
      '0xffffea0003c00000-0xffffea0040000000         964M                               pmd',
      '0xffffea0040000000-0xffffea8000000000         511G                               pud',
      '0xffffea8000000000-0xfffffe0000000000       19968G                               pgd',
      '',
    ]);
  });

  test('--kernel runs it on another release', () => {
    const before = vmemmap('dump', PARTIAL_PMD, '--kernel', '5.12').stdout;
    expect(before).not.toBe(vmemmap('dump', PARTIAL_PMD).stdout);
  });

  test('--json has every leaf and table, with the owner of its frame', () => {
    const result = JSON.parse(vmemmap('dump', PARTIAL_PMD, '--step', '4', '--json').stdout) as DumpJson;
    expect(result.schema).toBe('vmemmap/dump/v1');
    expect(result.leaves).toHaveLength(2);
    expect(result.leaves[0]).toMatchObject({
      start: '0xffffea0003800000',
      end: '0xffffea0003a00000',
      level: 'pmd',
      from: 'buddy',
      unused: [[0, 1835008]],
    });
    expect(result.tables.map(({ level }) => level)).toEqual(['pud', 'pmd']);
  });

  test('--compare ends with 0 where the two agree, also with the column of --backing', () => {
    const backing = vmemmap('dump', PARTIAL_PMD, '--step', '4', '--backing').stdout;
    expect(backing).toContain('# phys=');
    for (const real of [text, backing, `---[ vmalloc() Area ]---\n${text}---[ CPU entry Area ]---\n`]) {
      const outcome = vmemmap('dump', PARTIAL_PMD, '--step', '4', '--compare', file('real.txt', real));
      expect(outcome).toEqual({ status: 0, stdout: 'the file and the model agree\n', stderr: '' });
    }
  });

  test('--compare ends with 1 and says where they part', () => {
    const real = text
      .replace('0xffffea0003c00000           4M', '0xffffea0003a00000           2M')
      .replace(
        '0xffffea0003c00000-0xffffea0040000000         964M',
        '0xffffea0003a00000-0xffffea0040000000         966M',
      );
    const { status, stdout } = vmemmap('dump', PARTIAL_PMD, '--step', '4', '--compare', file('half.txt', real));
    expect(stdout.split('\n')).toEqual([
      '0xffffea0003a00000-0xffffea0003c00000 (2 MiB)',
      '  file   pmd nothing mapped',
      '  model  pmd RW PSE NX',
      '1 stretch differs',
      '',
    ]);
    expect(status).toBe(1);
  });

  test.each([
    ['a step that is not there', ['--step', '9'], '--step is 9; allowed are 1 to 5'],
    ['a format that is not there', ['--format', 'html'], 'Allowed choices are ptdump'],
    ['a release that is not there', ['--kernel', '3.10'], '--kernel is "3.10"; allowed are'],
    ['a file that is not there', ['--compare', 'nowhere.txt'], 'nowhere.txt: there is no such file'],
    ['a file of something else', ['--compare', 'README.md'], 'README.md: line 3 is "Linux'],
    [
      'another architecture',
      ['--compare', file('s390.txt', '0x0000037200000000-0x0000037204000000        64M PMD RW NX')],
      'its vmemmap starts at 0x0000037200000000, that of the scenario at 0xffffea0000000000',
    ],
    [
      'a kernel that chose another base',
      [
        '--compare',
        file(
          'kaslr.txt',
          text.replace(
            '0xffffea0000000000-0xffffea0003800000          56M',
            '0xffffea0000200000-0xffffea0003800000          54M',
          ),
        ),
      ],
      'its vmemmap starts at 0xffffea0000200000, that of the scenario at 0xffffea0000000000; set machine.arch and',
    ],
  ])('refuses %s with a sentence', (_what, args, sentence) => {
    const { status, stderr, stdout } = vmemmap('dump', PARTIAL_PMD, ...args);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect([status, stdout]).toEqual([2, '']);
  });
});
