// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { TREE as arm64 } from '../../arch/arm64/tree.js';
import { TREE as ppc64 } from '../../arch/ppc64/tree.js';
import { TREE as riscv64 } from '../../arch/riscv64/tree.js';
import { ARCHITECTURES } from '../../arch/index.js';
import type { CodeMachine } from '../../src/kernel/memmap-code.js';

/** What a machine says is what Kconfig would have chosen for it. */

const KIB = 2 ** 10;

/** A machine with nothing but what is asked for. */
const machine = (fields: Partial<CodeMachine>): CodeMachine => fields as CodeMachine;

describe('arm64', () => {
  // CONFIG_PGTABLE_LEVELS of arch/arm64/Kconfig.
  test.each([
    { pageSize: 16 * KIB, vaBits: 36, levels: 2 },
    { pageSize: 64 * KIB, vaBits: 42, levels: 2 },
    { pageSize: 64 * KIB, vaBits: 48, levels: 3 },
    { pageSize: 64 * KIB, vaBits: 52, levels: 3 },
    { pageSize: 4 * KIB, vaBits: 39, levels: 3 },
    { pageSize: 16 * KIB, vaBits: 47, levels: 3 },
    { pageSize: 16 * KIB, vaBits: 48, levels: 4 },
    { pageSize: 16 * KIB, vaBits: 52, levels: 4 },
    { pageSize: 4 * KIB, vaBits: 48, levels: 4 },
    { pageSize: 4 * KIB, vaBits: 52, levels: 5 },
  ])('pages of $pageSize bytes and $vaBits bits of addresses take $levels levels', ({ pageSize, vaBits, levels }) => {
    expect(arm64.of!(machine({ pageSize, vaBits }))).toMatchObject({
      CONFIG_PGTABLE_LEVELS: levels,
      CONFIG_ARM64_VA_BITS: vaBits,
    });
  });

  test('addresses of 48 bits are what a machine has that says nothing', () => {
    expect(arm64.of!(machine({ pageSize: 4 * KIB }))).toMatchObject({
      CONFIG_ARM64_VA_BITS: 48,
      CONFIG_EMU_VA_BITS_ACTUAL: 48,
      CONFIG_PGTABLE_LEVELS: 4,
    });
  });

  test('a kernel of 52 bits on a CPU of 48 has the levels that the machine says', () => {
    const config = { pageSize: 4 * KIB, vaBits: 52, vaBitsActual: 48 };
    expect(arm64.of!(machine(config))).toMatchObject({ CONFIG_EMU_VA_BITS_ACTUAL: 48, CONFIG_PGTABLE_LEVELS: 4 });
    expect(arm64.of!(machine({ ...config, pagingLevels: 5 }))).toMatchObject({ CONFIG_PGTABLE_LEVELS: 5 });
  });

  test.each([4, 16, 64])('pages of %i KiB are one choice of three', (size) => {
    const chosen = Object.entries(arm64.of!(machine({ pageSize: size * KIB }))).filter(([name]) =>
      name.endsWith('K_PAGES'),
    );
    expect(chosen).toHaveLength(3);
    expect(chosen.filter(([, value]) => value === true)).toEqual([[`CONFIG_ARM64_${size}K_PAGES`, true]]);
  });

  test('LPA2 is how 4 and 16 KiB pages get 52 bits; 64 KiB pages have LVA', () => {
    const of = (pageSize: number, vaBits: number) => arm64.of!(machine({ pageSize: pageSize * KIB, vaBits }));
    const wide = { CONFIG_ARM64_VA_BITS_52: true, CONFIG_ARM64_PA_BITS: 52, CONFIG_ARM64_PA_BITS_52: true };
    const narrow = { CONFIG_ARM64_VA_BITS_52: false, CONFIG_ARM64_PA_BITS: 48, CONFIG_ARM64_PA_BITS_52: false };
    expect(of(4, 52)).toMatchObject({ ...wide, CONFIG_ARM64_LPA2: true });
    expect(of(16, 52)).toMatchObject({ ...wide, CONFIG_ARM64_LPA2: true });
    expect(of(64, 52)).toMatchObject({ ...wide, CONFIG_ARM64_LPA2: false });
    expect(of(4, 48)).toMatchObject({ ...narrow, CONFIG_ARM64_LPA2: false });
  });
});

test('ppc64 has one page size, and a radix tree unless the machine says hash', () => {
  expect(ppc64.of!(machine({ pageSize: 64 * KIB }))).toEqual({
    CONFIG_PPC_64K_PAGES: true,
    CONFIG_PPC_4K_PAGES: false,
  });
  expect(ppc64.of!(machine({ pageSize: 4 * KIB }))).toEqual({ CONFIG_PPC_64K_PAGES: false, CONFIG_PPC_4K_PAGES: true });
  expect(ppc64.radixEnabled!(machine({ mmu: 'radix' }))).toBe(true);
  expect(ppc64.radixEnabled!(machine({ mmu: 'hash' }))).toBe(false);
});

test('headers of ppc64 that exclude each other are taken by page size', () => {
  const { files, conditions } = ppc64;
  for (const size of ['4k', '64k']) {
    for (const mmu of ['hash', 'radix']) {
      const header = `arch/powerpc/include/asm/book3s/64/${mmu}-${size}.h`;
      expect(files).toContain(header);
      expect(conditions![header]).toBe(`${size === '4k' ? '!' : ''}defined(CONFIG_PPC_64K_PAGES)`);
    }
  }
});

test('riscv64 has T-Head’s memory types where the machine has', () => {
  expect(riscv64.of!(machine({}))).toEqual({ CONFIG_ERRATA_THEAD_MAE: false });
  expect(riscv64.of!(machine({ theadMemoryTypes: true }))).toEqual({ CONFIG_ERRATA_THEAD_MAE: true });
});

test('each room names files of its own architecture and of no other, and the option that its kernels are built with', () => {
  for (const { name, tree } of ARCHITECTURES) {
    const folders = new Set(tree!.files.map((file) => file.split('/').slice(0, 2).join('/')));
    expect([name, folders.size]).toEqual([name, 1]);
    expect([name, tree!.configuration[tree!.mark]]).toEqual([name, true]);
    expect(tree!.files.every((file) => /^arch\/\w+\/.*\.[ch]$/.test(file))).toBe(true);
  }
});
