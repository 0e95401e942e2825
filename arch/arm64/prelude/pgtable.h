/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of arm64: asm/pgtable-types.h, pgalloc.h, tlbflush.h, and of asm/pgtable.h what walks and writes. Bits of
 * entries, and what is present, a block or a table, are the tree's own. CONFIG_PGTABLE_LEVELS of two to five levels are in
 * use; those above are folded into the root.
 */
typedef u64 pteval_t;
typedef u64 pmdval_t;
typedef u64 pudval_t;
typedef u64 p4dval_t;
typedef u64 pgdval_t;
typedef u64 ptdesc_t;

#include "../../../src/tree/prelude/linux/geometry.h"
#define PTDESC_TABLE_SHIFT EMU_TABLE_BITS
#define PTRS_PER_PGD (1UL << (CONFIG_EMU_VA_BITS_ACTUAL - PGDIR_SHIFT))
#define pageblock_order PMD_ORDER
#define SECTION_SIZE_BITS CONFIG_EMU_SECTION_SIZE_BITS
#define MAX_PHYSMEM_BITS CONFIG_ARM64_PA_BITS
#define PHYS_MASK_SHIFT CONFIG_ARM64_PA_BITS
#define STRUCT_PAGE_MAX_SHIFT (32 - __builtin_clz(STRUCT_PAGE_SIZE - 1))
#define PHYS_OFFSET 0UL
#define lpa2_is_enabled() (CONFIG_EMU_VA_BITS_ACTUAL == 52 && PAGE_SHIFT != 16)
#define arm64_use_ng_mappings false
#define system_supports_bti_kernel() false
#define pgtable_l4_enabled() (CONFIG_PGTABLE_LEVELS > 3)
#define pgtable_l5_enabled() (CONFIG_PGTABLE_LEVELS > 4)
/* A kernel that is built for 52 bits also runs where the hardware has fewer. */
#define vabits_actual CONFIG_EMU_VA_BITS_ACTUAL
#define dsb(x) ((void)0)
#define isb() ((void)0)
#define emit_pte_barriers() ((void)0)
#define queue_pte_barriers() ((void)0)

/* Address bits of an entry: with LPA2 the upper two are in bits 8 and 9, with 64K pages the upper four in 12 to 15. */
static inline u64 emu_entry_pa(u64 e)
{
	if (PAGE_SHIFT == 16)
		return (e & 0x0000ffffffff0000UL) | (e & 0xf000UL) << 36;
	if (lpa2_is_enabled())
		return (e & 0x0003fffffffff000UL & PAGE_MASK) | (e & 0x300UL) << 42;
	return e & 0x0003fffffffff000UL & PAGE_MASK;
}
static inline u64 emu_entry_of(u64 pa)
{
	if (PAGE_SHIFT == 16)
		return (pa & 0x0000ffffffff0000UL) | (pa >> 36 & 0xf000UL);
	if (lpa2_is_enabled())
		return (pa & 0x0003fffffffff000UL) | (pa >> 42 & 0x300UL);
	return pa;
}
#define EMU_TYPE 3
#define EMU_IS_TABLE 3
/* Tables of the kernel's own address space carry UXNTable. */
#define EMU_TO_TABLE(level, pa) (emu_entry_of(pa) | EMU_IS_TABLE | 1UL << 60)
#define emu_table(level, value) emu_frame_of(emu_entry_pa(value))
#include "../../../src/tree/prelude/linux/levels.h"
#include "../../../src/tree/prelude/linux/populate.h"

static inline bool pud_present(pud_t e) { return EMU_ROOT < 2 ? true : e.pud & 1; }
static inline bool p4d_present(p4d_t e) { return EMU_ROOT < 3 ? true : e.p4d & 1; }
static inline bool pgd_present(pgd_t e) { return EMU_ROOT < 4 ? true : e.pgd & 1; }
static inline bool pud_sect(pud_t e) { return PAGE_SHIFT != 12 || EMU_ROOT < 2 ? false : (e.pud & EMU_TYPE) == 1; }
static inline bool pud_table(pud_t e) { return PAGE_SHIFT != 12 || EMU_ROOT < 2 ? true : (e.pud & EMU_TYPE) == EMU_IS_TABLE; }
static inline bool pud_leaf(pud_t e) { return EMU_ROOT < 2 ? false : e.pud & 1 && (e.pud & EMU_TYPE) != EMU_IS_TABLE; }
static inline bool p4d_leaf(p4d_t e) { return false; }
#define __pte_to_phys(e) emu_entry_pa(pte_val(e))
#define __phys_to_pte_val(pa) emu_entry_of(pa)
#define __phys_to_pfn(pa) PHYS_PFN(pa)
#define pte_pfn(e) (emu_entry_pa(pte_val(e)) >> PAGE_SHIFT)
#define pmd_pfn(e) ((emu_entry_pa(pmd_val(e)) & PMD_MASK) >> PAGE_SHIFT)
#define pud_pfn(e) ((emu_entry_pa(pud_val(e)) & PUD_MASK) >> PAGE_SHIFT)
#define pte_page(e) pfn_to_page(pte_pfn(e))
#define pmd_page(e) phys_to_page(emu_entry_pa(pmd_val(e)))
#define pud_page(e) phys_to_page(emu_entry_pa(pud_val(e)))
#define pfn_pte(n, prot) __pte(emu_entry_of(PFN_PHYS(n)) | pgprot_val(prot))
#define pfn_pmd(n, prot) __pmd(emu_entry_of(PFN_PHYS(n)) | pgprot_val(prot))
#define pfn_pud(n, prot) __pud(emu_entry_of(PFN_PHYS(n)) | pgprot_val(prot))
#define __ptep_get(p) READ_ONCE(*(p))
#define __set_pte(p, e) set_pte(p, e)
#define __set_pte_nosync(p, e) set_pte(p, e)
#define __pte_clear(mm, a, p) pte_clear(mm, a, p)
#define __flush_tlb_kernel_pgtable(a) emu_flush(EMU_FLUSH_TABLE, (double)(s64)(a), (double)(s64)((a) + PAGE_SIZE))
