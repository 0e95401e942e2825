/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of s390: of asm/pgtable.h what walks and writes, and what the CPU and the boot code say. Bits of entries, what
 * is empty, large or a table, and what populates and clears are the tree's own. Entries lie in memory highest byte first.
 * Three to five levels, chosen at boot; region and segment tables have 2048 entries and take four frames in a row.
 */
#define EMU_ROOT (emu_levels - 1)
/*
 * CONFIG_MAX_PHYSMEM_BITS where nobody chooses another. Since 5.12 the callers of __add_pages() refuse what lies behind: what
 * comes in by __add_pages() itself finds sections there.
 */
#ifdef HAVE_check_hotplug_memory_addressable
#define S390_PHYSMEM_BITS 46
#else
#define S390_PHYSMEM_BITS 47
#endif
#define MAX_PHYSMEM_BITS S390_PHYSMEM_BITS
#define PMD_SHIFT 20
#define PUD_SHIFT 31
#define P4D_SHIFT 42
#define PGDIR_SHIFT 53
#define PTRS_PER_PTE 256
#define PTRS_PER_PMD 2048
#define PTRS_PER_PUD 2048
#define PTRS_PER_P4D 2048
#define PTRS_PER_PGD 2048
#define CRST_ALLOC_ORDER 2
#define pageblock_order PMD_ORDER
#define EMU_ROOT_SHIFT (EMU_ROOT == 4 ? PGDIR_SHIFT : EMU_ROOT == 3 ? P4D_SHIFT : PUD_SHIFT)
#define EMU_STORED(value) __builtin_bswap64(value)

/* The invalid bit of a page entry, and of the others: what is written with it is no entry that maps. */
#define S390_PAGE_INVALID 0x400UL
#define S390_ENTRY_INVALID 0x20UL
#define EMU_MAPS(level, value) (!((value) & ((level) == 0 ? S390_PAGE_INVALID : S390_ENTRY_INVALID)))
/* Where a table begins: page tables may begin in the middle of a page. */
#define S390_TABLE (~0xfffUL)
#define S390_PAGE_TABLE (~0x7ffUL)
static inline void *emu_table(int level, u64 value)
{
	if (level > 1)
		return emu_frames_of(value & S390_TABLE, CRST_ALLOC_ORDER);
	return (char *)emu_frame_of(value) + (value & S390_PAGE_TABLE & ~PAGE_MASK);
}
#include "../../../src/tree/prelude/linux/levels.h"
typedef pte_t *pgtable_t;

/*
 * Memory is mapped where it is, below the vmemmap. Up to 5.x a physical address goes where a virtual one is asked for, and
 * the other way round: physical memory is the linear map's here, and addresses of the vmemmap stay as they are.
 */
#undef __va
#undef __pa
#undef phys_to_page
#define __va(a) emu_mapped((u64)(a))
#define __pa(p) emu_unmapped((u64)(p))
#define phys_to_page(a) virt_to_page(a)
#define pfn_to_phys(n) (emu_direct_map + PFN_PHYS(n))
static inline void *emu_mapped(u64 a)
{
	return a < emu_vmemmap ? emu_linear(a) : (void *)a;
}
static inline u64 emu_unmapped(u64 v)
{
	return v < emu_vmemmap || v >= emu_direct_map ? emu_physical(v) : v;
}

/* Where an entry points to: it is freed by that, so its bytes need not be at hand. */
#define S390_LARGE 0x400UL
#define S390_TO(value, large, table) (emu_direct_map + ((value) & ((value) & S390_LARGE ? (large) : (table))))
#define pmd_deref(e) S390_TO(pmd_val(e), PMD_MASK, S390_PAGE_TABLE)
#define pud_deref(e) S390_TO(pud_val(e), PUD_MASK, S390_TABLE)
#define p4d_deref(e) (emu_direct_map + (p4d_val(e) & S390_TABLE))
#define pgd_deref(e) (emu_direct_map + (pgd_val(e) & S390_TABLE))
#define pfn_to_virt(n) __va(PFN_PHYS(n))
#define pte_pfn(e) (pte_val(e) >> PAGE_SHIFT)

/* A table is filled with entries as they lie in memory. */
static inline void *memset64(u64 *p, u64 value, size_t n)
{
	while (n--)
		*p++ = EMU_STORED(value);
	return p;
}
/* Recordings count a page for every page table, also where the kernel hands out halves of one. */
#define page_table_alloc(mm) ((unsigned long *)emu_get_pages(GFP_KERNEL, 0))
#define page_table_free(mm, table) free_page(table)
#define arch_set_page_dat(page, order) ((void)0)
#define __arch_set_page_dat(address, pages) ((void)0)

#define page_noexec_mask (~0UL)
#define segment_noexec_mask (~0UL)
#define region_noexec_mask (~0UL)
#define MACHINE_HAS_NX 1
#define MACHINE_HAS_EDAT1 emu_huge
#define MACHINE_HAS_EDAT2 emu_huge
#define cpu_has_nx() 1
#define cpu_has_edat1() emu_huge
#define cpu_has_edat2() emu_huge
#define debug_pagealloc_enabled() false
/* Nothing but the vmemmap is in the tables: what is behind it is at the top. */
#define VMALLOC_START (~0UL)
#define max_mappable (~0UL)
#define __abs_lowcore (~0UL)
/* Leaves of 2 GiB are the identity mapping's alone. */
#define split_pud_page(pud, a) BUG()
#define PG_DIRECT_MAP_4K 0
#define PG_DIRECT_MAP_1M 1
#define PG_DIRECT_MAP_2G 2
#define update_page_count(level, n) ((void)(n))
#ifdef HAVE_unused_pmd_start
#define EMU_REMEMBERED unused_pmd_start
#endif
#ifdef HAVE_unused_sub_pmd_start
#define EMU_REMEMBERED unused_sub_pmd_start
#endif
#ifdef WANT_free_reserved_pages
#define free_reserved_pages(p, order) emu_free_reserved_pages(p, 1UL << (order))
#endif
