/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections and device memory, as far as the tree's own headers lean on it: linux/mmzone.h, memremap.h, memory_hotplug.h. */
#define SMP_CACHE_BYTES 64
#define SECTIONS_SHIFT (MAX_PHYSMEM_BITS - SECTION_SIZE_BITS)
#define NR_PAGEBLOCK_BITS 4
#define VMEMMAP_RESERVE_NR 2
#define DECLARE_FLEX_ARRAY(t, n) t n[0]
struct percpu_ref {
	int unused;
};
struct completion {
	int unused;
};
struct dev_pagemap_ops {
	int unused;
};
struct mhp_params {
	struct vmem_altmap *altmap;
	pgprot_t pgprot;
	struct dev_pagemap *pgmap;
};

/* The highest section that was ever there: memory blocks and compaction ask it, which are not here; to what is, it is no state. */
extern unsigned long __highest_present_section_nr EMU_SCRATCH;
