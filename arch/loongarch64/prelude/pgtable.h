/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of loongarch64: of asm/pgtable.h and pgalloc.h what walks and writes. Bits of leaves are the tree's own. Every
 * table fills a page; CONFIG_PGTABLE_LEVELS of two to four are in use. An entry points to a table by the address at which the
 * kernel sees it, cached and unmapped; one that is empty points to a table of empty entries, which the boot code has made.
 */
#include "../../../src/tree/prelude/linux/geometry.h"
#define PTRS_PER_PGD (1 << EMU_TABLE_BITS)
#define pageblock_order PMD_ORDER
#define _ULCAST_ (unsigned long)

#define LOONGARCH_CACHED 0x9000000000000000UL
#define LOONGARCH_FRAME 0x0000ffffffffffffUL
#define LOONGARCH_GLOBAL (1UL << 6)
#define LOONGARCH_HUGE (1UL << 6)
/* What an empty entry of a level is. */
extern u64 emu_empty[EMU_LEVELS];
#define EMU_MAPS(level, value) ((value) != emu_empty[level])
#define emu_table(level, value) emu_frame_of((value) & LOONGARCH_FRAME)
#include "../../../src/tree/prelude/linux/levels.h"

static inline bool pte_none(pte_t e) { return !(e.pte & ~LOONGARCH_GLOBAL); }
static inline bool pmd_none(pmd_t e) { return EMU_ROOT < 1 ? false : e.pmd == emu_empty[1]; }
static inline bool pud_none(pud_t e) { return EMU_ROOT < 2 ? false : e.pud == emu_empty[2]; }
static inline bool p4d_none(p4d_t e) { return EMU_ROOT < 3 ? false : e.p4d == emu_empty[3]; }
static inline bool pgd_none(pgd_t e) { return false; }
static inline bool pmd_leaf(pmd_t e) { return e.pmd & LOONGARCH_HUGE; }
#define LOONGARCH_TO_TABLE(t) (__pa(t) | LOONGARCH_CACHED)
#define pmd_populate_kernel(mm, p, t) set_pmd(p, __pmd(LOONGARCH_TO_TABLE(t)))
#define pud_populate(mm, p, t) do { if (EMU_ROOT >= 2) set_pud(p, __pud(LOONGARCH_TO_TABLE(t))); } while (0)
#define p4d_populate(mm, p, t) do { if (EMU_ROOT >= 3) set_p4d(p, __p4d(LOONGARCH_TO_TABLE(t))); } while (0)
#define pgd_populate(mm, p, t) ((void)0)
#define set_pmd_at(mm, a, p, e) do { set_pmd(p, e); flush_tlb_all(); } while (0)
#define pfn_pte(n, prot) __pte(PFN_PHYS(n) | pgprot_val(prot))
#define pfn_pmd(n, prot) __pmd(PFN_PHYS(n) | pgprot_val(prot))
#define pte_pfn(e) ((pte_val(e) & LOONGARCH_FRAME) >> PAGE_SHIFT)

/* Fills a fresh table with empty entries. */
static inline void emu_fill_table(const void *table, u64 entry)
{
	u64 *at = emu_frame_of(__pa(table));

	for (int i = 0; i < PTRS_PER_PTE; i++)
		at[i] = entry;
}
#define kernel_pte_init(t) emu_fill_table(t, LOONGARCH_GLOBAL)
#define pmd_init(t) emu_fill_table(t, emu_empty[1])
#define pud_init(t) emu_fill_table(t, emu_empty[2])
#define pte_page(e) pfn_to_page(pte_pfn(e))
#define PLV_KERN 0
