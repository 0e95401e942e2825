/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two MMUs of 64-bit Power: of asm/book3s/64 what walks and writes page tables, what the firmware and the boot code say,
 * and mmu_hash_ops, whose other side is the emulator's. Bits of entries, hashes, virtual segments and regions are the tree's
 * own. Entries lie in memory highest byte first. Radix: four levels, the upper two of the kernel's five in one.
 */
#define EMU_ROOT 3
#define PPC64_UPPER_BITS 9
#define PPC64_ROOT_BITS 13
#define PMD_SHIFT 21
#define PUD_SHIFT (PMD_SHIFT + PPC64_UPPER_BITS)
#define P4D_SHIFT (PUD_SHIFT + PPC64_UPPER_BITS)
#define PGDIR_SHIFT P4D_SHIFT
#define PTRS_PER_PTE (1UL << (PMD_SHIFT - PAGE_SHIFT))
#define PTRS_PER_PMD (1UL << PPC64_UPPER_BITS)
#define PTRS_PER_PUD (1UL << PPC64_UPPER_BITS)
#define PTRS_PER_P4D 1
#define PTRS_PER_PGD (1UL << PPC64_ROOT_BITS)
#define pageblock_order PMD_ORDER
#define MAX_PHYSMEM_BITS 51
#define PAGE_OFFSET 0xc000000000000000UL
#define is_kernel_addr(x) ((x) >= PAGE_OFFSET)
#define EMU_STORED(value) __builtin_bswap64(value)

/* Where a table begins; its low byte says how many entries it has. Valid entries have the highest bit. */
#define PPC64_TABLE 0x001fffffffffff00UL
#define PPC64_VALID (1UL << 63)
#define EMU_TO_TABLE(level, pa) ((pa) | PPC64_VALID | ((level) == 1 ? PMD_SHIFT - PAGE_SHIFT : PPC64_UPPER_BITS))
static inline void *emu_table(int level, u64 value)
{
	return (char *)emu_frame_of(value & PPC64_TABLE) + (value & PPC64_TABLE & ~PAGE_MASK);
}
/* A leaf of any level is written as if it were a page's. */
#define set_pte_at(mm, a, p, e) emu_write(emu_level_of(a, p), (u64 *)(p), (e).pte)
#define set_pte_at_unchecked(mm, a, p, e) set_pte_at(mm, a, p, e)
#define pte_clear(mm, a, p) emu_write(emu_level_of(a, p), (u64 *)(p), 0)
#include "../../../src/tree/prelude/linux/levels.h"
#include "../../../src/tree/prelude/linux/populate.h"

/* The level of the table that an entry lies in, which is on the way to an address. */
static inline int emu_level_of(u64 a, const void *entry)
{
	const p4d_t *p4d = p4d_offset(pgd_offset_k(a), a);
	const pud_t *pud;

	if (entry == p4d)
		return 3;
	pud = pud_offset(p4d, a);
	if (entry == pud)
		return 2;
	return entry == pmd_offset(pud, a) ? 1 : 0;
}
#define pte_raw(e) ((e).pte)
#define pmd_raw(e) ((e).pmd)
#define pud_raw(e) ((e).pud)
#define p4d_raw(e) ((e).p4d)
#define __pte_raw(x) ((pte_t){ x })
#define __pmd_raw(x) ((pmd_t){ x })
#define __pud_raw(x) ((pud_t){ x })
#define pmd_page_vaddr(e) ((unsigned long)emu_table(1, pmd_val(e)))
#define pud_pgtable(e) ((pmd_t *)emu_table(2, pud_val(e)))
#define pud_page_vaddr(e) ((unsigned long)pud_pgtable(e))
#define p4d_pgtable(e) ((pud_t *)emu_table(3, p4d_val(e)))
#define p4d_page_vaddr(e) ((unsigned long)p4d_pgtable(e))
/* Bits 12 to 52 of a leaf are its address. */
#define PPC64_FRAME 0x001ffffffffff000UL
#define pte_pfn(e) ((pte_val(e) & PPC64_FRAME) >> PAGE_SHIFT)
#define pte_page(e) pfn_to_page(pte_pfn(e))
#define pmd_page(e) pte_page(pmd_pte(e))

/* Recordings count a page for every table, also where the kernel hands out parts of one. */
static inline void *emu_new_table(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}
static inline pud_t *pud_alloc(struct mm_struct *mm, p4d_t *p4d, u64 a)
{
	if (p4d_none(*p4d)) {
		void *table = emu_new_table();

		if (!table)
			return NULL;
		p4d_populate(mm, p4d, table);
	}
	return pud_offset(p4d, a);
}
static inline pmd_t *pmd_alloc(struct mm_struct *mm, pud_t *pud, u64 a)
{
	if (pud_none(*pud)) {
		void *table = emu_new_table();

		if (!table)
			return NULL;
		pud_populate(mm, pud, table);
	}
	return pmd_offset(pud, a);
}
static inline pte_t *pte_alloc_kernel(pmd_t *pmd, u64 a)
{
	if (pmd_none(*pmd)) {
		void *table = emu_new_table();

		if (!table)
			return NULL;
		pmd_populate_kernel(&init_mm, pmd, table);
	}
	return pte_offset_kernel(pmd, a);
}
#define pud_free(mm, table) free_page(table)
#define pmd_free(mm, table) free_page(table)
#define pte_free_kernel(mm, table) free_page(table)
/* Without slab nothing comes here. */
#define early_alloc_pgtable(...) NULL
#define early_map_kernel_page(...) (-ENOMEM)
#define radix__flush_tlb_kernel_range(s, e) flush_tlb_kernel_range(s, e)
#define __phys_to_pfn(pa) PHYS_PFN(pa)
#ifdef WANT_p4d_is_leaf
#define p4d_is_leaf(e) false
#endif
#define radix_enabled() emu_radix
#define mmu_has_feature(f) true
#define ASM_CONST(x) x##UL
#define update_page_count(psize, n) ((void)(n))
#define mmu_virtual_psize 0

/* Sizes of pages by their number: the vmemmap's alone is asked for. */
struct mmu_psize_def {
	unsigned int shift;
};
extern struct mmu_psize_def mmu_psize_defs[];
#define mmu_vmemmap_psize 0
extern int mmu_kernel_ssize;
extern unsigned long htab_hash_mask;

/* mmu_hash_ops: the entries of the hashed page table. Groups are counted, a slot is one of a group's. */
IMPORT(hpte_insert) int emu_hpte_insert(double group, double vsid, double offset, double pa, double flags, double address);
IMPORT(hpte_remove) int emu_hpte_remove(double group);
IMPORT(hpte_remove_bolted) int emu_hpte_remove_bolted(double address);
extern unsigned long emu_bolted_at;
#define PPC64_GROUP 8
#define PPC64_VPN_SHIFT 12
static inline long emu_insert(unsigned long hpteg, unsigned long vpn, unsigned long pa, unsigned long rflags,
			      unsigned long vflags, int psize, int apsize, int ssize)
{
	const int bits = (ssize ? 40 : 28) - PPC64_VPN_SHIFT;

	return emu_hpte_insert((double)(hpteg / PPC64_GROUP), (double)(vpn >> bits), (double)(vpn & ((1UL << bits) - 1)),
			       (double)pa, (double)rflags, (double)(s64)emu_bolted_at);
}
static inline long emu_remove(unsigned long hpteg) { return emu_hpte_remove((double)(hpteg / PPC64_GROUP)); }
static inline int emu_remove_bolted(unsigned long ea, int psize, int ssize)
{
	return emu_hpte_remove_bolted((double)(s64)ea);
}
static const struct {
	__typeof__(emu_insert) *hpte_insert;
	__typeof__(emu_remove) *hpte_remove;
	__typeof__(emu_remove_bolted) *hpte_removebolted;
} mmu_hash_ops = { emu_insert, emu_remove, emu_remove_bolted };
/* The kernel's text and interrupt vectors are nowhere near. */
#define overlaps_kernel_text(s, e) false
#define overlaps_interrupt_vector_text(s, e) false
#define PHYSICAL_START 0UL
#define MEMORY_START 0UL
#define hash_linear_map_add_slot(pa, slot) ((void)0)
#define debug_pagealloc_enabled() false
#define debug_pagealloc_enabled_or_kfence() false
#define jiffies 0UL
#define HZ 100
#define time_after(a, b) false
