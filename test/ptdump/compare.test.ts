// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { compareDumps } from '../../src/ptdump/compare.js';
import { parsePtdump, vmemmapRanges } from '../../src/ptdump/parse.js';

const read = (...lines: string[]): ReturnType<typeof vmemmapRanges> => vmemmapRanges(parsePtdump(lines.join('\n')));

describe('reading kernel_page_tables', () => {
  test('takes the level and the words of x86_64', () => {
    expect(read('0xffffea0004000000-0xffffea0005e00000          30M     RW         PSE     GLB NX pmd')).toEqual([
      {
        start: 0xffff_ea00_0400_0000n,
        end: 0xffff_ea00_05e0_0000n,
        level: 'pmd',
        words: ['RW', 'PSE', 'GLB', 'NX'],
        line: 1,
      },
    ]);
  });

  test('takes an inclusive end and a frame, in brackets or not, of ppc64', () => {
    const [plain, bracketed] = read(
      '0xc00c000000400000-0xc00c0000005fffff  0x000000007e000000         2M  r  w  present  dirty  accessed',
      '0xc00c000000600000-0xc00c0000007fffff [0x000000007e000000]        2M  r  w  present  dirty  accessed',
    );
    expect(plain).toMatchObject({ end: 0xc00c_0000_0060_0000n, level: undefined });
    expect(plain?.words).toEqual(['r', 'w', 'present', 'dirty', 'accessed']);
    expect(bracketed).toMatchObject({ end: 0xc00c_0000_0080_0000n, words: plain?.words });
  });

  test('takes s390 with and without blanks, and knows that I is no word', () => {
    expect(
      read(
        '0x0000037200000000-0x0000037204000000        64M PMD RW NX',
        '0x0000037204000000-0x0000037280000000      1984M PMD I',
      ),
    ).toMatchObject([
      { level: 'pmd', words: ['RW', 'NX'] },
      { level: 'pmd', words: [] },
    ]);
  });

  test('passes over what a log puts before a line, over comments, and over other areas', () => {
    expect(
      read(
        '[    1.000000] ---[ vmalloc() area ]---',
        '[    1.000000] 0xffff800080000000-0xffff800080010000          64K PTE       RW NX SHD AF            UXN    MEM/NORMAL',
        '[    1.000000] ---[ vmemmap start ]---\r',
        '[    1.000000] 0xfffffdffc1000000-0xfffffdffc1200000           2M PMD       RW NX SHD AF        BLK UXN    MEM/NORMAL  # phys=0x1 from=buddy',
        '[    1.000000] ---[ vmemmap end ]---',
        '0xffffffffff5fd000-0xffffffffff5fe000           4K PTE',
      ),
    ).toMatchObject([{ line: 4, words: ['RW', 'NX', 'SHD', 'AF', 'BLK', 'UXN', 'MEM/NORMAL'] }]);
  });

  test.each([
    ['hello', 'line 1 is "hello"; allowed are lines of kernel_page_tables'],
    ['0xffffea0004000000-0xffffea0005e00000', 'behind the range must stand a size such as 2M'],
    ['0xffffea0004000000-0xffffea0005e00000   4M pmd', 'its range has not the 4M that it says'],
    ['', 'it has no line of kernel_page_tables'],
    [
      '---[ Kernel Space ]---',
      'it has no marker of the vmemmap, such as "---[ vmemmap start ]---"; it has "Kernel Space"',
    ],
  ])('refuses "%s" with a sentence', (text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });
});

describe('comparing two dumps', () => {
  const leaf = '0xffffea0004000000-0xffffea0004400000           4M     RW         PSE     GLB NX pmd';

  test('looks at addresses, not at where lines are cut or in what order words stand', () => {
    const cut = [
      '0xffffea0004000000-0xffffea0004200000           2M     RW  GLB NX PSE pmd',
      '0xffffea0004200000-0xffffea0004400000           2M     RW         PSE     GLB NX pmd',
    ];
    expect(compareDumps(read(leaf), read(...cut)).differences).toEqual([]);
  });

  test('tells the stretch that differs and what each says', () => {
    const split = [
      '0xffffea0004000000-0xffffea0004200000           2M     RW         PSE     GLB NX pmd',
      '0xffffea0004200000-0xffffea0004400000           2M                               pmd',
    ];
    expect(compareDumps(read(leaf), read(...split)).differences).toEqual([
      {
        start: 0xffff_ea00_0420_0000n,
        end: 0xffff_ea00_0440_0000n,
        real: 'pmd RW PSE GLB NX',
        model: 'pmd nothing mapped',
      },
    ]);
  });

  test('joins neighbours that differ alike, and tells where a file ends too early', () => {
    const more = [leaf, '0xffffea0004400000-0xffffea0004800000           4M     RW         PSE     GLB NX pmd'];
    expect(compareDumps(read(leaf), read(...more)).differences).toMatchObject([
      { real: 'nothing mapped', model: 'pmd RW PSE GLB NX' },
    ]);
    expect(compareDumps(read(...more), read(...more)).differences).toEqual([]);
  });

  test('a hole of ppc64 is a line that is not there', () => {
    const line = '0xc00c000000400000-0xc00c0000005fffff  0x000000007e000000         2M  r  w  present';
    const other = '0xc00c000000800000-0xc00c0000009fffff  0x000000007e000000         2M  r  w  present';
    expect(compareDumps(read(line, other), read(line)).differences).toEqual([
      { start: 0xc00c_0000_0080_0000n, end: 0xc00c_0000_00a0_0000n, real: 'r w present', model: 'nothing mapped' },
    ]);
  });

  test('takes a missing line for nothing mapped, whatever the level of the hole', () => {
    const leaf = '0xfffffdffc1000000-0xfffffdffc1200000           2M PMD       RW NX';
    const holes = [
      '0xfffffdffc0000000-0xfffffdffc1000000          16M PMD',
      leaf,
      '0xfffffdffc1200000-0xfffffe0000000000        1006M PUD',
    ];
    expect(compareDumps(read(leaf), read(...holes)).differences).toEqual([]);
    expect(compareDumps(read(...holes), read(leaf)).differences).toEqual([]);
    const otherLevel = holes.map((line) => line.replace('PUD', 'PMD'));
    expect(compareDumps(read(...holes), read(...otherLevel)).differences).toHaveLength(1);
  });

  test('does not count the word that page-table isolation decides, and tells of it', () => {
    const on = '0xffffea0004000000-0xffffea0005e00000          30M     RW         PSE         NX pmd';
    const off = on.replace('     NX', ' GLB NX');
    expect(compareDumps(read(on), read(off), 'GLB')).toEqual({ differences: [], isolationDiffers: true });
    expect(compareDumps(read(off), read(off), 'GLB')).toEqual({ differences: [], isolationDiffers: false });
    expect(compareDumps(read(on), read(off)).differences).toHaveLength(1);
  });
});
