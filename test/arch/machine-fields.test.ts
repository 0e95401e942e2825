// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { physical, size } from '../../arch/machine-fields.js';

/** How sizes and addresses are written in a scenario. */

/** What is read, or the sentence that answers. */
const readBy = (field: typeof size | typeof physical) => (value: unknown) => {
  const { success, data, error } = field.safeParse(value);
  return success ? data : error.issues[0]!.message;
};

describe('a size', () => {
  const read = readBy(size);

  test('is bytes, or text with a unit of 1024, with or without B and iB', () => {
    expect([1, '1', '1k', '1K', '1KB', '1KiB', '2M', '3g', '1T'].map(read)).toEqual([
      1,
      1,
      2 ** 10,
      2 ** 10,
      2 ** 10,
      2 ** 10,
      2 ** 21,
      3 * 2 ** 30,
      2 ** 40,
    ]);
  });

  test.each([0, -1, 1.5, 2 ** 53, '0', '0M', '', 'M', '1X', '1M more', 'about 1M', '1.5G', '16777216T'])(
    'is not %j: that is said with what is allowed',
    (value) => {
      expect(read(value)).toBe('must be bytes as a positive whole number, or text such as "128M" or "2G"');
    },
  );
});

describe('a physical address', () => {
  const read = readBy(physical);

  test('is hex, below 2^57', () => {
    expect(['0x0', '0x100000000', '0X1aB', '0x1fffffff0000000'].map(read)).toEqual([
      0,
      2 ** 32,
      0x1ab,
      2 ** 57 - 2 ** 28,
    ]);
    expect(read('0x200000000000000')).toBe('must be a physical address below 2^57');
  });

  test.each(['4G', '100', '0x', '0x1g', '0x10000000000000000'])('is not %j', (value) => {
    expect(read(value)).toBe('must be a hex string such as "0x100000000"');
  });
});
