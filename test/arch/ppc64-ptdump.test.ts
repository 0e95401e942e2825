// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { fields, ptdump } from '../../arch/ppc64/ptdump.js';
import { ppc64 } from '../../arch/ppc64/index.js';
import { DEFAULT_RELEASE, resolveTraits } from '../../src/history/releases.js';
import { scenario } from '../scenarios.js';

/**
 * flag_array of arch/powerpc/mm/ptdump/book3s64.c, with the bits of pgtable.h, hash-4k.h and hash-64k.h: constant, bits
 * that are looked at, for which value the word is printed, and what is printed otherwise; blanks if nothing is said.
 */
type Row = readonly [name: string, mask: bigint, set: string, value?: bigint, clear?: string];

const PRESENT = 0x8000_0000_0000_0000n;
const INVALID = 0x2000_0000_0000_0000n;

const flags = (hashpte: bigint): readonly Row[] => [
  ['_PAGE_PRIVILEGED', 0x8n, 'user', 0n],
  ['_PAGE_READ', 0x4n, 'r'],
  ['_PAGE_WRITE', 0x2n, 'w'],
  ['_PAGE_EXEC', 0x1n, ' X '],
  ['_PAGE_PTE', 0x4000_0000_0000_0000n, 'pte'],
  ['_PAGE_PRESENT', PRESENT, 'valid'],
  ['_PAGE_INVALID', PRESENT | INVALID, '       ', 0n, 'present'],
  ['H_PAGE_HASHPTE', hashpte, 'hpte'],
  ['_PAGE_DIRTY', 0x80n, 'dirty'],
  ['_PAGE_ACCESSED', 0x100n, 'accessed'],
  ['_PAGE_NON_IDEMPOTENT', 0x20n, 'non-idempotent'],
  ['_PAGE_TOLERANT', 0x30n, 'tolerant'],
];

const whole = ([name, mask, set, value = mask, clear = ' '.repeat(set.length)]: Row) => ({
  name,
  mask,
  value,
  set,
  clear,
});
/** A flag that has no `.clear` prints nothing where it is not set. */
const silent = (name: string, mask: bigint, set: string) => ({ name, mask, value: mask, set });

const BUSY = silent('H_PAGE_BUSY', 0x40n, 'busy');
const SPECIAL = silent('_PAGE_SPECIAL', 0x400n, 'special');

test('the words of an entry with 4K pages are those of book3s64.c', () => {
  expect(fields(4096)).toEqual([
    ...flags(0x1000_0000_0000_0000n).map(whole),
    BUSY,
    { name: 'H_PAGE_F_GIX', mask: 0x00e0_0000_0000_0000n, shift: 53, label: 'f_gix' },
    silent('H_PAGE_F_SECOND', 0x0100_0000_0000_0000n, 'f_second'),
    SPECIAL,
  ]);
});

test('the words of an entry with 64K pages are those of book3s64.c', () => {
  expect(fields(65536)).toEqual([
    ...flags(0x0080_0000_0000_0000n).map(whole),
    BUSY,
    silent('H_PAGE_COMBO', 0x1000n, 'combo'),
    silent('H_PAGE_4K_PFN', 0x2000n, '4K_pfn'),
    SPECIAL,
  ]);
});

test('the part of the vmemmap begins with it and goes on to the end; nothing else is mapped behind it', () => {
  const { config } = scenario({
    machine: { arch: 'ppc64', mmu: 'radix' },
    steps: [{ op: 'use', pfn: 0, nrPages: 1 }],
  }).machine;
  expect(ppc64.ptdump!(config, resolveTraits(DEFAULT_RELEASE), 4 * 2 ** 30)).toMatchObject({
    startMarker: 'vmemmap start',
    start: 0x000c_0000_0000_0000,
    end: 2 ** 52,
    mappedElsewhere: [],
  });
  expect(ptdump(config, { ...resolveTraits(DEFAULT_RELEASE), ppc64PtdumpJoinsFrames: false })).toMatch(/before 5\.15/);
});
