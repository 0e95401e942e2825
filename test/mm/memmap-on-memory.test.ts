// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { findRelease, resolveTraits } from '../../src/history/releases.js';
import {
  memmapOnMemory,
  parseMemmapOnMemory,
  showMemmapOnMemory,
  type MemmapOnMemoryQuestion,
} from '../../src/mm/memmap-on-memory.js';

const traits = (release: string) => resolveTraits(findRelease(release)!);
const readBack = (release: string, text: string): string | number => {
  const mode = parseMemmapOnMemory(traits(release), text);
  return typeof mode === 'number' ? mode : showMemmapOnMemory(traits(release), mode);
};

describe('memory_hotplug.memmap_on_memory', () => {
  test.each([
    ['force', 'force'],
    ['FORCE', 'force'],
    ['force\n', 'force'],
    ['Force', 'N'],
    ['y', 'Y'],
    ['1', 'Y'],
    ['true', 'Y'],
    ['on', 'Y'],
    ['0', 'N'],
    ['off', 'N'],
    ['2', -22],
    ['', -22],
    ['xon', -22],
    ['xoff', -22],
    ['for\nce', 'N'],
  ])('%j reads %j on 6.12', (text, expected) => {
    expect(readBack('6.12.117', text)).toBe(expected);
  });

  test('"force" is false to a kernel that knows only booleans: it begins with an f', () => {
    expect(readBack('6.1.192', 'force')).toBe('N');
  });

  test('"force" reads "Y" on 6.6 and 6.7, though it is in force', () => {
    expect(parseMemmapOnMemory(traits('6.6'), 'force')).toBe('force');
    expect(readBack('6.6', 'force')).toBe('Y');
    expect(readBack('6.7', 'force')).toBe('Y');
    expect(readBack('6.8', 'force')).toBe('force');
    expect(parseMemmapOnMemory(traits('6.8'), 'on')).toBe('y');
  });
});

describe('mhp_supports_memmap_on_memory()', () => {
  const MIB = 2 ** 20;
  const PAGE = 4096;
  const PMD = 2 * MIB;
  const askedOf = (release: string, more: Partial<MemmapOnMemoryQuestion> = {}) =>
    memmapOnMemory(traits(release), {
      mode: 'y',
      pageSize: PAGE,
      structPageSize: 64,
      blockSize: 128 * MIB,
      size: 128 * MIB,
      pmdSize: PMD,
      pageblockPages: PMD / PAGE,
      archSelects: true,
      archSupports: (memmapBytes) => memmapBytes % PMD === 0,
      ...more,
    });

  test('asks first whether the architecture can, then whether it is on, and in 5.14 whether HVO is on', () => {
    const all = { hugetlbOptimized: true, size: 256 * MIB } as const;
    expect(askedOf('5.14', { ...all, archSelects: false, mode: 'n' }).refusal).toBe('no-arch-support');
    expect(askedOf('5.14', { ...all, mode: 'n' }).refusal).toBe('disabled');
    expect(askedOf('5.14', all).refusal).toBe('hugetlb-optimized');
    expect(askedOf('6.0', all).refusal).toBe('size-not-block');
    expect(askedOf('5.14', { size: 256 * MIB }).refusal).toBe('size-not-block');
    expect(askedOf('5.14').refusal).toBeNull();
    expect(askedOf('6.12.117', all).refusal).toBeNull();
  });

  test('before 6.6 the memmap had to fill PMDs, and the rest of the block pageblocks', () => {
    expect(askedOf('6.1.192', { structPageSize: 80 }).refusal).toBe('arch');
    expect(askedOf('6.1.192', { pageblockPages: (4 * MIB) / PAGE }).refusal).toBe('not-pageblock-aligned');
    expect(askedOf('6.1.192', { pageblockPages: MIB / PAGE }).refusal).toBeNull();
  });

  test('is refused where a memmap rounded up to pageblocks would fill the block, as 512 MiB on arm64 with 64 KiB pages', () => {
    const arm64 = { pageSize: 65536, pmdSize: 512 * MIB, pageblockPages: 8192, archSupports: () => true } as const;
    const block = { blockSize: 512 * MIB, size: 512 * MIB } as const;
    expect(askedOf('6.12.117', { ...arm64, ...block, mode: 'force' })).toEqual({
      refusal: 'whole-block',
      memmapBytes: MIB / 2,
      memmapPages: 8192,
      wastedPages: 8184,
    });
    expect(askedOf('6.12.117', { ...arm64, ...block }).refusal).toBe('not-pageblock-aligned');
    const larger = { blockSize: 1024 * MIB, size: 1024 * MIB, mode: 'force' } as const;
    expect(askedOf('6.12.117', { ...arm64, ...larger })).toMatchObject({ refusal: null, memmapPages: 8192 });
  });
});
