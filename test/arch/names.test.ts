// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
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
