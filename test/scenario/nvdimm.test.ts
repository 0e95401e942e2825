// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { createNamespace } from '../../src/scenario/nvdimm.js';

describe('an NVDIMM namespace of 512 MiB at 4 GiB', () => {
  const start = 2 ** 32;
  const size = 2 ** 29;

  test('with its map on the device sets 10 MiB aside: 8 MiB of struct pages and the info block, aligned', () => {
    expect(createNamespace(start, size, 2 ** 21, 'dev', 4096)).toEqual({
      start,
      size,
      dataOffset: 10 * 2 ** 20,
      altmap: { basePfn: 0x100000, endPfn: 0x11ffff, reserve: 2, free: 2558 },
    });
  });

  test('with its map in RAM keeps the info block only', () => {
    expect(createNamespace(start, size, 2 ** 21, 'mem', 4096)).toMatchObject({ dataOffset: 2 ** 21, altmap: null });
  });
});
