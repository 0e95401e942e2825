// SPDX-License-Identifier: GPL-2.0-only

import type { Trait } from './trait.js';

/** mm/memory_hotplug.c and drivers/base/memory.c: what is above sections. */
export const MEMORY_HOTPLUG_TRAITS = {
  momOneBlock: {
    name: 'mom/one-block',
    since: 'since Linux commit a08a2ae34613 (mm,memory_hotplug: allocate memmap from the added memory range) in v5.13',
    from: '5.13',
    effect: 'memmap_on_memory exists: a range of one block may hold its own memmap; before, nothing did.',
    confidence: 'source',
  },
  momFallbackToRam: {
    name: 'mom/fallback-to-ram',
    since:
      'since Linux commit 85a2b4b08f20 (mm/memory_hotplug: allow memmap on memory hotplug request to fallback) in v6.6',
    from: '6.6',
    effect:
      'memmap_on_memory that a block does not support leaves the memmap in system memory; before, the add failed with -EINVAL.',
    confidence: 'source',
  },
  momForce: {
    name: 'mom/force',
    since:
      'since Linux commit 2d1f649c7c08 (mm/memory_hotplug: support memmap_on_memory when memmap is not aligned to pageblocks) in v6.6',
    from: '6.6',
    effect:
      'memmap_on_memory=force rounds the pages set aside up to whole pageblocks; and altmap.free counts just these pages.',
    confidence: 'source',
  },
  momRadix: {
    name: 'mom/radix',
    since: 'since Linux commit 603fd64dfa45 (powerpc/book3s64/memhotplug: enable memmap on memory for radix) in v6.6',
    from: '6.6',
    effect: 'ppc64 under radix may hold the memmap of a block in the block.',
    confidence: 'source',
  },
  momS390: {
    name: 'mom/s390',
    since: 'since Linux commit 9eda317c15ff (s390: enable MHP_MEMMAP_ON_MEMORY) in v6.8',
    from: '6.8',
    effect: 's390 may hold the memmap of a block in the block.',
    confidence: 'source',
  },
  momPerBlockAltmaps: {
    name: 'mom/per-block-altmaps',
    since:
      'since Linux commit 6b8f0798b85a (mm/memory_hotplug: split memmap_on_memory requests across memblocks) in v6.8',
    from: '6.8',
    effect:
      'A range of several blocks is added block by block, an altmap each; before, memmap_on_memory took ranges of one block only.',
    confidence: 'source',
  },
  kmemMemmapOnMemory: {
    name: 'mom/kmem',
    since: 'since Linux commit 4eca1ef24ba4 (dax/kmem: allow kmem to add memory with memmap_on_memory) in v6.8',
    from: '6.8',
    effect: 'Device memory given to the system may hold its own memmap, by a switch of the device.',
    confidence: 'memory',
  },
} as const satisfies Record<string, Trait>;
