// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const onlineForEver: Bug = {
  id: 'X15',
  name: 'online-for-ever',
  title: 'A block that holds its memmap goes online and never offline again',
  present: [{ from: '7.1' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'arm64', structPageSize: 64, memmapOnMemory: 'y' },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '128M' },
      { op: 'online', start: '0x100000000', size: '128M', type: 'movable' },
      { op: 'offline', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 2, breaks: 'offline-succeeds' },
  explanation:
    'Since 95a58852b0e5 the notifier of arm64 refuses to let memory go offline whose linear map or memmap ends inside a leaf, since removing it would take the leaf from its neighbour. Of a block that holds its memmap the range begins behind the memmap, whose struct pages are in the same 2 MiB leaf as the rest: it never ends at a border, so no such block goes offline, though the whole leaf would go with it. The memory stays until reboot.',
  confidence: 'source',
  source: 'read in prevent_memory_remove_notifier() of 7.2.13 and 7.3.4',
  seen: 'Linux 7.2.13 and 7.3.4 (Debian, 4K pages), QEMU, virt with an NVDIMM given to kmem with memmap_on_memory: every block answers EPERM, “splits a leaf entry in vmemmap”, kmem says “stuck online until reboot”; 6.16.12 to 6.18.15 take the blocks offline',
};
