// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { GUEST } from '../../arch/arm64/guest.js';
import { TREE as loongarch64 } from '../../arch/loongarch64/tree.js';
import { HashPlatform } from '../../arch/ppc64/hash/platform.js';
import { sharedNames as s390Names } from '../../arch/s390/function-names.js';
import { sharedNames } from '../../arch/x86_64/function-names.js';
import { findRelease, resolveTraits } from '../../src/history/releases.js';
import { idle, pageTableOf } from '../scenarios.js';

/** Names and levels that rooms give by release and machine. */

test('x86_64 tracks the parts of a leaf under names of its own; before 5.13 remove_pmd_table() did it itself', () => {
  const names = (kernel: string) => sharedNames(resolveTraits(findRelease(kernel)!));
  expect(names('5.12')).toEqual({ vmemmap_unuse_sub_pmd: null, vmemmap_flush_unused_sub_pmd: null });
  expect(names('5.13')).toEqual({
    vmemmap_unuse_sub_pmd: 'vmemmap_pmd_is_unused',
    vmemmap_flush_unused_sub_pmd: 'vmemmap_flush_unused_pmd',
  });
});

test.each([
  [3, 39],
  [4, 48],
  [5, 57],
])('riscv64 with %i levels has Sv%i, and says either', (pagingLevels, vaBits) => {
  const byLevels = idle({ arch: 'riscv64', pagingLevels }).kernel;
  const byBits = idle({ arch: 'riscv64', vaBits }).kernel;
  expect(pageTableOf(byLevels).levels).toHaveLength(pagingLevels);
  expect(byLevels.vmemmap).toBe(byBits.vmemmap);
});

test.each([
  [4096, 48, 48],
  [4096, 52, 52],
  [16384, 52, 52],
  [65536, 48, 48],
  [65536, 52, 52],
])('arm64 with pages of %i bytes built for %i bits has physical addresses of %i', (pageSize, vaBits, bits) => {
  expect(idle({ arch: 'arm64', pageSize, vaBits }).kernel.physmemEnd).toBe(2 ** bits);
});

test('arm64 built for 52 bits on hardware of 48 has physical addresses of 52 with 64K pages alone', () => {
  const end = (pageSize: number) => idle({ arch: 'arm64', pageSize, vaBits: 52, vaBitsActual: 48 }).kernel.physmemEnd;
  expect([end(4096), end(65536)]).toEqual([2 ** 48, 2 ** 52]);
});

test('x86_64 has physical addresses of 46 bits with four levels, and of 52 with five', () => {
  const end = (pagingLevels: number) => idle({ arch: 'x86_64', pagingLevels }).kernel.physmemEnd;
  expect([end(4), end(5)]).toEqual([2 ** 46, 2 ** 52]);
});

test('s390 marks parts of a leaf as used under a name of its own', () => {
  expect(s390Names()).toEqual({ __vmemmap_use_sub_pmd: 'vmemmap_mark_sub_pmd_used' });
});

test('a tree of loongarch64 is built for the levels of the machine, three if it says nothing', () => {
  const of = (machine: object) => loongarch64.of!(machine as Parameters<NonNullable<typeof loongarch64.of>>[0]);
  expect([of({}), of({ pagingLevels: 4 })]).toEqual([{ CONFIG_PGTABLE_LEVELS: 3 }, { CONFIG_PGTABLE_LEVELS: 4 }]);
});

test('QEMU emulates a CPU of arm64 that has the granule and the width: the A57 has no 16K granule, and none but max has 52 bits', () => {
  const cpu = (pageSize: number, vaBits: number) => GUEST.cpu({ pageSize, vaBits } as Parameters<typeof GUEST.cpu>[0]);
  expect([cpu(4096, 48), cpu(16384, 48), cpu(65536, 48)]).toEqual(['cortex-a57', 'cortex-a76', 'cortex-a57']);
  expect([cpu(4096, 52), cpu(16384, 52), cpu(65536, 52)]).toEqual(['max', 'max', 'max']);
});

describe('the hash table of ppc64', () => {
  const TABLE = 2 ** 51;
  const PAGE = 65536;
  const BYTES = 2 ** 24;
  /** Where it lies when the page allocator has memory from a frame on. */
  const base = (ramBasePfn: number, ramSize = '64M') => {
    const { platform } = idle({ arch: 'ppc64', mmu: 'hash', htabSizeBytes: BYTES, ramBasePfn, ramSize }).kernel;
    if (!(platform instanceof HashPlatform)) throw new TypeError('this machine has no hash table');
    return platform.htab.groupAddress(0);
  };

  test('lies in nobody’s way', () => {
    expect(base(2 ** 20)).toBe(TABLE);
    // Behind it, and right before it.
    expect(base((TABLE + BYTES) / PAGE)).toBe(TABLE);
    expect(base((TABLE - 2 ** 26) / PAGE)).toBe(TABLE);
  });

  test('lies at the end of physical addresses where the page allocator has its place, or a part of it', () => {
    const elsewhere = 2 ** 52 - BYTES;
    expect(base(TABLE / PAGE)).toBe(elsewhere);
    expect(base((TABLE - 2 ** 25) / PAGE)).toBe(elsewhere);
  });
});
