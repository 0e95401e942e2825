// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { scenarioOfCommandLine } from '../../src/guest/from-command-line.js';

const DIMM = '-object memory-backend-ram,id=m0,size=128M -device pc-dimm,id=d0,memdev=m0';

test.each([
  ['q35', '2G', [['0x0', 2 ** 31]]],
  // q35 keeps less than 0xb0000000 bytes in one piece, i440fx less than 0xe0000000.
  ['pc', '3G', [['0x0', 3 * 2 ** 30]]],
  [
    'q35',
    '3G',
    [
      ['0x0', 2 ** 31],
      ['0x100000000', 2 ** 30],
    ],
  ],
  [
    'pc',
    '4G',
    [
      ['0x0', 3 * 2 ** 30],
      ['0x100000000', 2 ** 30],
    ],
  ],
])('%s with %s of RAM has it where QEMU puts it', (machine, ram, expected) => {
  const text = `qemu-system-x86_64 -machine ${machine} -m ${ram},slots=1,maxmem=8G ${DIMM}`;
  const { scenario } = scenarioOfCommandLine(text, 'guest', undefined);
  expect(scenario.machine.boot!.map(({ start, size }) => [start, size])).toEqual(expected);
});
