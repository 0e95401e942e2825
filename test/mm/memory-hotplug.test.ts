// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { addSection, PFN, play, removeSection, SECTION, SUBSECTION } from '../scenarios.js';

const EINVAL = 22;
const ENOMEM = 12;
const old = { arch: 'x86_64', kernel: '5.2' } as const;
const three = { op: 'add-pages' as const, pfn: PFN, nrPages: 3 * SECTION };

describe('__add_pages() before there were subsections', () => {
  test('passes over a section that is there, and adds the rest', () => {
    const [, state] = play({ machine: old, steps: [addSection(1), three] });
    expect(state).toMatchObject({ ret: 0, sections: { present: 3 }, counters: { setPmd: 3 } });
  });

  test('ends with the first section that fails, and keeps those before', () => {
    // A table, a second, a leaf; then neither a leaf nor a page table for the next section.
    const [state] = play({ machine: old, steps: [three], failAllocations: [4, 5] });
    expect(state).toMatchObject({ ret: -ENOMEM, sections: { present: 1 } });
  });
});

describe('__remove_pages() before there were subsections', () => {
  test('takes every section of the range, and no other', () => {
    const [, state] = play({
      machine: old,
      steps: [
        { ...three, nrPages: 4 * SECTION },
        { op: 'remove-pages', pfn: PFN + SECTION, nrPages: 2 * SECTION },
      ],
    });
    expect(state).toMatchObject({ sections: { present: 2 }, counters: { clearPmd: 2 } });
  });

  test.each([
    ['begins', PFN + SUBSECTION, SECTION],
    ['ends', PFN, SECTION + SUBSECTION],
  ])('stops the kernel where a range %s inside a section', (_what, pfn, nrPages) => {
    const [, state] = play({ machine: old, steps: [three, { op: 'remove-pages', pfn, nrPages }] });
    expect(state).toMatchObject({ ret: 'BUG', sections: { present: 3 } });
  });

  test('passes over a section that is not there', () => {
    const [, , state] = play({ machine: old, steps: [three, removeSection(1), removeSection(1)] });
    expect(state).toMatchObject({ ret: null, violations: [], sections: { present: 2 } });
  });
});

describe('check_pfn_span()', () => {
  const misaligned = (kernel: string) =>
    play({
      machine: { arch: 'x86_64', kernel },
      steps: [
        { op: 'add-pages', pfn: PFN + 1, nrPages: SUBSECTION },
        { op: 'add-pages', pfn: PFN, nrPages: SUBSECTION + 1 },
        { op: 'remove-pages', pfn: PFN, nrPages: SUBSECTION + 1 },
      ],
    });

  test('refuses a range that is not made of subsections, and names its first page and its last', () => {
    const [first, second, third] = misaligned('6.12.117');
    expect(first).toMatchObject({
      ret: -EINVAL,
      violations: ['warn:Misaligned __add_pages start: 0x100001 end: 0x100200'],
    });
    expect(second).toMatchObject({
      ret: -EINVAL,
      violations: ['warn:Misaligned __add_pages start: 0x100000 end: 0x100200'],
    });
    expect(third).toMatchObject({
      ret: null,
      violations: ['warn:Misaligned __remove_pages start: 0x100000 end: 0x100200'],
    });
  });

  test('wrote its end with a # at first', () => {
    expect(misaligned('5.3')[0]!.violations).toEqual(['warn:Misaligned __add_pages start: 0x100001 end: #100200']);
  });
});

test('an altmap that does not begin with its range is refused, and the log says so', () => {
  const altmaps = { dev: { basePfn: PFN + SECTION, endPfn: PFN + 2 * SECTION - 1, free: 512 } };
  const [state] = play({ machine: { arch: 'x86_64' }, altmaps, steps: [addSection(0, 'dev')] });
  expect(state).toMatchObject({ ret: -EINVAL, leaves: [], log: ['memory add fail, invalid altmap'] });
});
