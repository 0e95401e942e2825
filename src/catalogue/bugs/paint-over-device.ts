// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const paintOverDevice: Bug = {
  id: 'X14',
  name: 'paint-over-device',
  title: 'Struct pages of a device are filled with 0xFD and lose their leaf, though they were initialised',
  present: [{ from: '5.13' }],
  fix: 'open',
  structPageSizes: [56, 72, 80, 96],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 96 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'memremap-pages', device: 'dev', start: '0x108000000', size: '2M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'The unused tail of a section’s last leaf is remembered and not yet filled when half a section or less of a device follows. The device goes the base-page way, which takes the leaf for a table and marks nothing (X06). When the section goes, the remembered tail is filled with PAGE_UNUSED first: over the struct pages of the device, which the driver has initialised and uses. Nothing in the leaf is then in use and it is freed. Other than in X06, use does not protect the device.',
  confidence: 'source',
  source: 'read in arch/x86/mm/init_64.c of 5.13 to 7.3.4; the functions of 7.3.4 do it',
};
