// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { recordScenario } from '../../src/events/record.js';
import { eventLines } from '../../src/report/events.js';
import { scenario as resolve } from '../scenarios.js';

/** Two neighbouring sections whose memmap shares a PMD leaf; the first leaves. */
const scenario = resolve({
  machine: { arch: 'x86_64', kernel: '6.12.117', structPageSize: 56 },
  steps: [
    { op: 'add-pages', start: '0x100000000', size: '128M' },
    { op: 'add-pages', start: '0x108000000', size: '128M' },
    { op: 'remove-pages', start: '0x100000000', size: '128M' },
  ],
});

test('a section that shares its last leaf has its part marked, by the functions that the kernel marks it with', () => {
  const { recording, geometry } = recordScenario(scenario);
  expect(eventLines(scenario, recording, geometry, 2).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['step 3', 'remove-pages 0x100000000-0x107ffffff (128 MiB)'],
    ['write 0xFD ffffea0003b80000, 512 KiB', 'vmemmap_flush_unused_pmd()'],
    ['write 0xFD ffffea0003800000, 1.75 MiB', 'vmemmap_pmd_is_unused()'],
    ['memchr_inv 0xFD ffffea0003800000: other bytes', 'vmemmap_pmd_is_unused()'],
    ['flush all of the TLB', 'remove_pagetable()'],
  ]);
});
