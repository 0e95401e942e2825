// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { findRelease, resolveTraits } from '../../src/kernel/releases.js';
import { parseMemmapOnMemory, showMemmapOnMemory } from '../../src/mm/memmap-on-memory.js';

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
  });
});
