/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as the stand-ins see it, and the doors that the emulator comes in by. Stands behind the tree's functions,
 * in one unit with them, so that it reaches what is static there.
 */
unsigned long emu_vmemmap, emu_direct_map;
unsigned int emu_levels, emu_huge, emu_va_bits, emu_radix;
EMU_SCRATCH unsigned int emu_set[EMU_LEVELS], emu_clear[EMU_LEVELS], emu_synced, emu_is_observed;
/* Where the frames begin, and how far the slab goes: they move between two calls, and a state that was saved is of before. */
EMU_SCRATCH unsigned long emu_frames_start, emu_heap_end;
EMU_SCRATCH struct emu_known_frames emu_known_frames;
EMU_SCRATCH struct mm_struct init_mm;
EMU_SCRATCH static struct vmem_altmap emu_altmap;
EMU_SCRATCH static struct dev_pagemap emu_pgmap;
extern char __start_emu_scratch[], __stop_emu_scratch[];
EXPORT(scratch_start) unsigned int emu_scratch_start(void) { return (unsigned int)(u64)__start_emu_scratch; }
EXPORT(scratch_end) unsigned int emu_scratch_end(void) { return (unsigned int)(u64)__stop_emu_scratch; }

/* The slab: blocks of powers of two out of one piece, freed ones first. Eight bytes ahead of a block say how large it is. */
/* Where a block lies is no state that the kernel acts by: emu_describe() leaves it out, with the slab's own books. */
#define EMU_SLAB __attribute__((section("emu_slab")))
#define EMU_MIN_BLOCK 5
#define EMU_BLOCK_SIZES 32
#define EMU_TAKEN (1UL << 32)
#define EMU_TOLD_OF (1UL << 33)
#define EMU_BLOCK_SIZE(header) ((header) & 0xff)
EMU_SLAB static unsigned long emu_heap_start, emu_heap_used, emu_boot_heap_end;
EMU_SLAB static void *emu_free_blocks[EMU_BLOCK_SIZES];
extern char __start_emu_slab[], __stop_emu_slab[];
EXPORT(slab_start) unsigned int emu_slab_start(void) { return (unsigned int)(u64)__start_emu_slab; }
EXPORT(slab_end) unsigned int emu_slab_end(void) { return (unsigned int)(u64)__stop_emu_slab; }
void *emu_kzalloc(size_t bytes)
{
	int size = EMU_MIN_BLOCK;
	char *block;

	while ((1UL << size) < bytes + sizeof(u64))
		size++;
	block = emu_free_blocks[size];
	if (block) {
		emu_free_blocks[size] = *(void **)(block + sizeof(u64));
		*(void **)(block + sizeof(u64)) = NULL;
	} else {
		if (emu_heap_used + (1UL << size) > emu_heap_end)
			return NULL;
		/* What was never taken is zero, what is given back is cleared. */
		block = (char *)emu_heap_used;
		emu_heap_used += 1UL << size;
	}
	*(u64 *)block = size | EMU_TAKEN;
	return block + sizeof(u64);
}
void emu_kfree(const void *p)
{
	char *block = (char *)p - sizeof(u64);
	u64 size;

	if (!p)
		return;
	size = EMU_BLOCK_SIZE(*(u64 *)block);
	*(u64 *)block = size;
	__builtin_memset(block + sizeof(u64), 0, (1UL << size) - sizeof(u64));
	*(void **)(block + sizeof(u64)) = emu_free_blocks[size];
	emu_free_blocks[size] = block;
}
u64 emu_slab_pfn(u64 address)
{
	return address < emu_boot_heap_end ? EMU_BOOT_PFN : EMU_SLAB_PFN;
}

/* Page tables beside the kernel's own: struct pages that can be followed, and where their frames lie. */

static struct page emu_other_root[EMU_OTHER_ROOTS];
static u64 emu_other_pa[EMU_OTHER_ROOTS];
static unsigned int emu_other_roots;
void *emu_page_address(const struct page *page)
{
	if ((u64)page < MEMORY_END)
		return emu_frame_of(emu_other_pa[page - emu_other_root]);
	return emu_linear((u64)page_to_pfn(page) << PAGE_SHIFT);
}

/* Where the kernel lists those page tables: nowhere if the architecture does not say. */
#ifndef emu_arch_pgd_list
static struct list_head emu_no_roots = { &emu_no_roots, &emu_no_roots };
#define emu_arch_pgd_list() (&emu_no_roots)
#endif

static inline struct vmem_altmap *emu_altmap_of(int has)
{
	return has ? &emu_altmap : NULL;
}

EXPORT(machine) void emu_machine(double base, double direct, int levels, int huge, int va_bits, int radix)
{
	emu_vmemmap = (u64)(s64)base;
	emu_direct_map = (u64)(s64)direct;
	emu_levels = levels;
	emu_huge = huge;
	emu_va_bits = va_bits;
	emu_radix = radix;
}
/* Where the frames begin, said ahead of whatever asks: they are moved when the slab runs out. */
EXPORT(frames_start) void emu_move_frames(double frames)
{
	emu_frames_start = (u64)frames;
	emu_heap_end = (u64)frames - EMU_TOLD_BYTES;
}
EXPORT(frames_moved) void emu_forget_frames(void)
{
	__builtin_memset(&emu_known_frames, 0, sizeof(emu_known_frames));
}
EXPORT(boot) void emu_boot(double heap)
{
	emu_heap_start = emu_heap_used = (u64)heap;
	mem_section = emu_kzalloc(sizeof(*mem_section) * NR_SECTION_ROOTS);
}
/* From here on what the slab gives is not of boot any more. */
EXPORT(booted) void emu_booted(void)
{
	emu_boot_heap_end = emu_heap_used;
}
/* Where the address of the kernel's root table is written ahead of a call, and whether somebody listens. */
EXPORT(root_at) unsigned int emu_root_at(void) { return (unsigned int)(u64)&init_mm.pgd; }
EXPORT(observed_at) unsigned int emu_observed_at(void) { return (unsigned int)(u64)&emu_is_observed; }
EXPORT(other_root) void emu_add_other_root(double pa)
{
	struct list_head *node = &emu_other_root[emu_other_roots].lru, *head = emu_arch_pgd_list();

	emu_other_pa[emu_other_roots++] = (u64)pa;
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

EXPORT(altmap) void emu_set_altmap(double base, double end, double reserve, double free, double align, double alloc)
{
	struct vmem_altmap altmap = {
		.base_pfn = (u64)base,
		.end_pfn = (u64)end,
		.reserve = (u64)reserve,
		.free = (u64)free,
		.align = (u64)(s64)align,
		.alloc = (u64)(s64)alloc,
	};
	__builtin_memcpy(&emu_altmap, &altmap, sizeof(altmap));
}
EXPORT(altmap_alloc) double emu_altmap_alloc(void) { return (double)(s64)emu_altmap.alloc; }
EXPORT(altmap_align) double emu_altmap_align(void) { return (double)(s64)emu_altmap.align; }

/* The range of a device, as struct dev_pagemap has it; a shift of -1 for memory that is no device's. */
static struct dev_pagemap *emu_pgmap_of(int shift, double pfn, double pages)
{
	if (shift < 0)
		return NULL;
	__builtin_memset(&emu_pgmap, 0, sizeof(emu_pgmap));
#ifdef HAVE_vmemmap_shift
	emu_pgmap.vmemmap_shift = shift;
#endif
#ifdef HAVE_nr_range
	emu_pgmap.nr_range = 1;
	emu_pgmap.ranges[0].start = (u64)pfn << PAGE_SHIFT;
	emu_pgmap.ranges[0].end = ((u64)(pfn + pages) << PAGE_SHIFT) - 1;
#endif
	return &emu_pgmap;
}

EXPORT(add_pages) int emu_add_pages(int nid, double pfn, double pages, int altmap, int shift, double first, double range)
{
	struct mhp_params params = {
		.altmap = emu_altmap_of(altmap),
		.pgprot = PAGE_KERNEL,
		.pgmap = emu_pgmap_of(shift, first, range),
	};
#ifdef HAVE_nr_range
	/* While a range is added it is not among those that are. */
	emu_pgmap.nr_range = 0;
#endif
	return __add_pages(nid, (u64)pfn, (u64)pages, &params);
}
EXPORT(remove_pages) void emu_remove_pages(double pfn, double pages, int altmap, int shift, double first, double range)
{
#if REMOVE_PAGES_PARAMETERS == 4
	__remove_pages((u64)pfn, (u64)pages, emu_altmap_of(altmap), emu_pgmap_of(shift, first, range));
#else
	__remove_pages((u64)pfn, (u64)pages, emu_altmap_of(altmap));
#endif
}
/* One section of boot memory: what sparse_init_nid() and sparse_init_subsection_map() do for it. */
EXPORT(init_section) int emu_init_section(int nid, double first, double pages)
{
	unsigned long pfn = (u64)first, nr = pfn_to_section_nr(pfn);
	struct mem_section *ms;
	struct page *map;

	if (sparse_index_init(nr, nid))
		return -ENOMEM;
	ms = __nr_to_section(nr);
	if (!(ms->section_mem_map & SECTION_HAS_MEM_MAP)) {
		#if POPULATE_SECTION_PARAMETERS == 5
		map = __populate_section_memmap(section_nr_to_pfn(nr), PAGES_PER_SECTION, nid, NULL, NULL);
#else
		map = __populate_section_memmap(section_nr_to_pfn(nr), PAGES_PER_SECTION, nid, NULL);
#endif
		if (!map)
			return -ENOMEM;
		ms->section_mem_map |= SECTION_MARKED_PRESENT;
		sparse_init_one_section(ms, nr, map, emu_kzalloc(mem_section_usage_size()), SECTION_IS_EARLY);
	}
	bitmap_set(ms->usage->subsection_map, subsection_map_index(pfn),
		   subsection_map_index(pfn + (u64)pages - 1) - subsection_map_index(pfn) + 1);
	return 0;
}

/*
 * The sections of a range, for the emulator's own books: of each what it is, then its subsection map in words of 32 bits.
 * The bits are those of MemSections.
 */
#define EMU_HAS_MEM_MAP 1
#define EMU_IS_EARLY 2
#define EMU_HAS_USAGE 4
#define EMU_USAGE_RESERVED 8
#define EMU_STALE_MEM_MAP 16
struct emu_section {
	u64 flags;
	unsigned long map[BITS_TO_LONGS(SUBSECTIONS_PER_SECTION)];
};
EXPORT(sections) void emu_sections(double first, int count)
{
	struct emu_section *emu_told = (struct emu_section *)(emu_frames_start - EMU_TOLD_BYTES);

	for (int i = 0; i < count; i++) {
		struct mem_section *ms = __nr_to_section((u64)first + i);
		u64 flags = 0;

		__builtin_memset(&emu_told[i], 0, sizeof(emu_told[i]));
		if (!ms)
			continue;
		if (ms->section_mem_map & SECTION_HAS_MEM_MAP)
			flags = EMU_HAS_MEM_MAP | (ms->section_mem_map & SECTION_IS_EARLY ? EMU_IS_EARLY : 0);
		else if (ms->section_mem_map & ~SECTION_MARKED_PRESENT)
			flags = EMU_STALE_MEM_MAP;
		if (ms->usage) {
			flags |= EMU_HAS_USAGE | (emu_slab_pfn((u64)ms->usage) == EMU_BOOT_PFN ? EMU_USAGE_RESERVED : 0);
			__builtin_memcpy(emu_told[i].map, ms->usage->subsection_map, sizeof(emu_told[i].map));
		}
		emu_told[i].flags = flags;
	}
}

/*
 * What the slab holds, as far as the kernel acts by it, in 64-bit words: of each section of the roots given its number,
 * struct and usage map without their addresses, then what else was taken. Returns the words, or -1 where they do not fit.
 */
static inline u64 *emu_header_of(const void *block) { return (u64 *)block - 1; }
EXPORT(describe) int emu_describe(int first_root, int last_root)
{
	u64 *told = (u64 *)(emu_frames_start - EMU_TOLD_BYTES), *at = told;
	const u64 *end = told + EMU_TOLD_BYTES / sizeof(u64);
	const unsigned long usage_words = mem_section_usage_size() / sizeof(u64);

	*emu_header_of(mem_section) |= EMU_TOLD_OF;
	for (int root = first_root; root <= last_root; root++) {
		if (!mem_section[root])
			continue;
		*emu_header_of(mem_section[root]) |= EMU_TOLD_OF;
		for (unsigned long i = 0; i < SECTIONS_PER_ROOT; i++) {
			struct mem_section *ms = &mem_section[root][i];
			const u64 *words = (const u64 *)ms;
			bool is_empty = true;

			for (unsigned long w = 0; w < sizeof(*ms) / sizeof(u64); w++)
				is_empty &= !words[w];
			if (is_empty)
				continue;
			if (at + 1 + sizeof(*ms) / sizeof(u64) + usage_words > end)
				return -1;
			*at++ = root * SECTIONS_PER_ROOT + i;
			for (unsigned long w = 0; w < sizeof(*ms) / sizeof(u64); w++)
				*at++ = words[w] == (u64)ms->usage && ms->usage ? 1 : words[w];
			if (!ms->usage)
				continue;
			*emu_header_of(ms->usage) |= EMU_TOLD_OF;
			for (unsigned long w = 0; w < usage_words; w++)
				*at++ = ((const u64 *)ms->usage)[w];
		}
	}
	for (u64 block = emu_heap_start; block < emu_heap_used; block += 1UL << EMU_BLOCK_SIZE(*(u64 *)block)) {
		u64 *header = (u64 *)block;
		unsigned long words = (1UL << EMU_BLOCK_SIZE(*header)) / sizeof(u64) - 1;

		if (*header & EMU_TAKEN && !(*header & EMU_TOLD_OF)) {
			if (at + words > end)
				return -1;
			for (unsigned long w = 1; w <= words; w++)
				*at++ = header[w];
		}
		*header &= ~EMU_TOLD_OF;
	}
	return at - told;
}

EXPORT(set_counters_at) unsigned int emu_set_counters_at(void) { return (unsigned int)(u64)emu_set; }
EXPORT(clear_counters_at) unsigned int emu_clear_counters_at(void) { return (unsigned int)(u64)emu_clear; }
EXPORT(synced_at) unsigned int emu_synced_at(void) { return (unsigned int)(u64)&emu_synced; }
EXPORT(heap_needed) double emu_heap_needed(void) { return 2 * sizeof(*mem_section) * NR_SECTION_ROOTS + EMU_TOLD_BYTES; }
/* Of the slab, in blocks of powers of two: a usage map a section, roots of mem_section[], and what the architecture takes. */
#ifndef EMU_ARCH_SLAB
#define EMU_ARCH_SLAB(sections) 0
#endif
#define EMU_USAGE_BYTES 256
EXPORT(slab_needed) double emu_slab_needed(double sections)
{
	return sections * EMU_USAGE_BYTES + (sections / SECTIONS_PER_ROOT + 2) * 2 * PAGE_SIZE + EMU_ARCH_SLAB(sections) +
	       EMU_USAGE_BYTES;
}
EXPORT(heap_used) double emu_heap_used_at(void) { return emu_heap_used; }
EXPORT(roots_at) unsigned int emu_roots_at(void) { return (unsigned int)(u64)mem_section; }
EXPORT(section_roots) double emu_section_roots(void) { return NR_SECTION_ROOTS; }
EXPORT(sections_per_root) double emu_sections_per_root(void) { return SECTIONS_PER_ROOT; }
#ifndef EMU_REMEMBERED
#define EMU_REMEMBERED 0
#endif
/* Start of the range that is unused but not marked yet. */
EXPORT(remembered) double emu_remembered(void) { return (double)(s64)EMU_REMEMBERED; }

/* Seams: what stands in front of functions of the tree. */
#ifdef HAVE_vmem_altmap_free
VMEM_ALTMAP_FREE_LINKAGE void vmem_altmap_free(struct vmem_altmap *altmap, unsigned long pages)
{
	vmem_altmap_free__tree(altmap, pages);
	emu_altmap_freed(pages, (double)(s64)altmap->alloc);
}
#endif
#ifdef HAVE_altmap_alloc_block_buf
static void *altmap_alloc_block_buf(unsigned long bytes, struct vmem_altmap *altmap)
{
	void *block = altmap_alloc_block_buf__tree(bytes, altmap);

	emu_altmap_taken(bytes >> PAGE_SHIFT, block ? (double)(__pa(block) >> PAGE_SHIFT) : -1);
	return block;
}
#endif
