// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { createNamespace } from '../../src/drivers/nvdimm.js';
import { play } from '../scenarios.js';

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

describe('struct pages of more than 64 bytes', () => {
  const created = (structPageSize: number, map: 'dev' | 'mem', nvdimmKmsan = false, size = '512M') =>
    play({
      machine: { arch: 'x86_64', structPageSize, nvdimmKmsan },
      steps: [{ op: 'create-namespace', device: 'pm', start: '0x100000000', size, mode: 'fsdax', map }],
    })[0]!.ret;

  test('are put on no device: "Memory debug options prevent using pmem for the page map"', () => {
    expect(created(64, 'dev')).toBe(0);
    expect(created(80, 'dev')).toBe(-22);
    expect(created(80, 'mem')).toBe(0);
  });

  test('are with CONFIG_NVDIMM_KMSAN, which reckons with their size', () => {
    expect(created(80, 'dev', true)).toBe(0);
    expect(createNamespace(2 ** 32, 2 ** 29, 2 ** 21, 'dev', 4096, 80).dataOffset).toBe(12 * 2 ** 20);
  });

  test('are too many for a namespace of 128 MiB, whose altmap is short of the end of its last leaf', () => {
    expect(created(80, 'dev', true, '128M')).toBe(-12);
  });
});
