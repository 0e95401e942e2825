// SPDX-License-Identifier: GPL-2.0-only

/** What a mutant anywhere has to survive: what one of a room has to, and the tests of src/mm. */
import './room-suite.js';
import '../mm/add-memory.test.js';
import '../mm/address-limits.test.js';
import '../mm/base-pages.test.js';
import '../mm/device-memmap.test.js';
import '../mm/hugetlb-vmemmap.test.js';
import '../mm/memmap-on-memory.test.js';
import '../mm/memory-block.test.js';
import '../mm/memory-hotplug.test.js';
import '../mm/memremap.test.js';
import '../mm/online-offline.test.js';
import '../mm/range-map.test.js';
import '../mm/resource.test.js';
import '../mm/sparse.test.js';
import '../mm/sparse-vmemmap.test.js';
import '../mm/vmem-altmap.test.js';
import '../mm/whole-range.test.js';
import '../mm/zone.test.js';
import '../check/invariants.test.js';
import '../check/memory-invariants.test.js';
import '../check/snapshot.test.js';
import '../kernel/observer.test.js';
import '../kernel/observed-events.test.js';
import '../history/proposals.test.js';
import '../cycles/call-tree.test.js';
import '../drivers/nvdimm.test.js';
import '../scenario/saved-run.test.js';
