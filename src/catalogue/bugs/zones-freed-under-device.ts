// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const zonesFreedUnderDevice: Bug = {
  id: 'X12',
  name: 'zones-freed-under-device',
  title: 'A failed add to a node frees the zones of a device that is mapped there',
  present: [{ from: '4.18', until: '5.18' }],
  fix: '09f49dca570a (mm: handle uninitialized numa nodes gracefully) in v5.18',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [
      { op: 'memremap-pages', device: 'dev', start: '0x110000000', size: '128M', node: 1 },
      { op: 'add-memory', start: '0x100000000', size: '128M', node: 1, fail: { blockRegister: 1 } },
    ],
  },
  symptom: { step: 1, breaks: 'zone-spans', complains: { kind: 'device-outside-zone' } },
  explanation:
    'add_memory_resource() allocates the data of a node that is not online, and frees them when adding fails. A node whose only memory is a device’s is not online either, but has data with a zone for the device in them: they are taken for new and freed, and the device has no zone.',
  confidence: 'source',
  source: 'read in rollback_node_hotadd() of 5.10.262, whose recorded functions do it',
};
