// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const forceReadsYes: Bug = {
  id: 'B40',
  name: 'force-reads-yes',
  title: 'memmap_on_memory=force reads "Y"',
  present: [{ from: '6.6', until: '6.8' }],
  fix: '11684134140b (mm/memory_hotplug: fix memmap_on_memory sysfs value retrieval) in v6.8',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, memmapOnMemory: 'force' },
    steps: [{ op: 'add-memory', start: '0x100000000', size: '128M' }],
  },
  symptom: { step: 0, breaks: 'parameter-reads-back' },
  explanation:
    'The parameter has three values since v6.6, and the function that shows it knew two. Whoever reads the file and writes it back into a command line loses force.',
  confidence: 'source',
  source: '20240110140127.241451-1-sumanthk@linux.ibm.com',
};
