// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { blockQuestion, memmapOnMemory } from '../../src/mm/memmap-on-memory.js';
import { idle, play } from '../scenarios.js';

const refusal = (kernel: string, structPageSize: number, mode: 'n' | 'y' | 'force', blockMib = 128, blocks = 1) => {
  const run = idle({ arch: 'x86_64', kernel, structPageSize });
  const pages = (blockMib * 2 ** 20) / 4096;
  return memmapOnMemory(run.kernel.traits, blockQuestion(run.kernel, pages, blocks * pages, mode)).refusal;
};

describe('memmap_on_memory on x86_64', () => {
  test('a block of 128 MiB holds its memmap with 64-byte struct pages, and not with 80', () => {
    expect(refusal('6.12.117', 64, 'y')).toBeNull();
    expect(refusal('6.12.117', 80, 'y')).toBe('not-pageblock-aligned');
    expect(refusal('6.12.117', 80, 'force')).toBe('arch');
    expect(refusal('6.12.117', 64, 'n')).toBe('disabled');
  });

  test('large blocks hold memmaps of any struct page size that fill PMDs', () => {
    expect(refusal('6.12.117', 80, 'y', 2048)).toBeNull();
    expect(refusal('6.12.117', 56, 'y', 1024)).toBeNull();
  });

  test('6.1 asks for a range of just one block', () => {
    expect(refusal('6.1.192', 64, 'y', 128, 2)).toBe('size-not-block');
    expect(refusal('6.1.192', 64, 'y')).toBeNull();
    // HVO, which once excluded it, is off unless somebody says that it is on.
    expect(refusal('5.14', 64, 'y')).toBeNull();
  });

  test('two blocks added at once have an altmap each', () => {
    const machine = { arch: 'x86_64', memmapOnMemory: 'y' } as const;
    const range = { start: '0x100000000', size: '256M' };
    const [added, removed] = play({
      machine,
      steps: [
        { op: 'add-memory', ...range },
        { op: 'remove-memory', ...range },
      ],
    });
    expect(added!.counters).toMatchObject({ altmapAllocPages: 1024, setPmd: 2 });
    expect(added!.ram.pages).toBe(2);
    expect(removed).toMatchObject({ leaves: [], violations: [] });
  });
});
