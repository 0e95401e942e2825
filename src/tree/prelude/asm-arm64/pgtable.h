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
typedef struct { pteval_t pte; } pte_t;
typedef struct { pmdval_t pmd; } pmd_t;
typedef struct { pudval_t pud; } pud_t;
typedef struct { p4dval_t p4d; } p4d_t;
typedef struct { pgdval_t pgd; } pgd_t;
typedef struct { u64 pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t){ x })
#define pgprot_val(x) ((x).pgprot)
#define __pte(x) ((pte_t){ x })
#define __pmd(x) ((pmd_t){ x })
#define __pud(x) ((pud_t){ x })
#define __p4d(x) ((p4d_t){ x })
#define __pgd(x) ((pgd_t){ x })
#define pte_val(x) ((x).pte)
#define pmd_val(x) ((x).pmd)
#define pud_val(x) ((x).pud)
#define p4d_val(x) ((x).p4d)
#define pgd_val(x) ((x).pgd)
#define _AT(t, x) ((t)(x))
#define _AC(x, y) x##y
#define UL(x) ((unsigned long)(x))
#define _UL(x) ((unsigned long)(x))
#define SZ_2M 0x200000UL
#define SZ_8M 0x800000UL
#define SZ_1G 0x40000000UL

#define EMU_TABLE_BITS (PAGE_SHIFT - 3)
#define EMU_ROOT (CONFIG_PGTABLE_LEVELS - 1)
#define EMU_SHIFT(level) (PAGE_SHIFT + EMU_TABLE_BITS * ((level) < EMU_ROOT ? (level) : EMU_ROOT))
#define EMU_ENTRIES(level) ((level) < EMU_ROOT ? 1 << EMU_TABLE_BITS : 1)
#define PTDESC_TABLE_SHIFT EMU_TABLE_BITS
#define PMD_SHIFT EMU_SHIFT(1)
#define PUD_SHIFT EMU_SHIFT(2)
#define P4D_SHIFT EMU_SHIFT(3)
#define PGDIR_SHIFT EMU_SHIFT(4)
#define PTRS_PER_PTE (1 << EMU_TABLE_BITS)
#define PTRS_PER_PMD EMU_ENTRIES(1)
#define PTRS_PER_PUD EMU_ENTRIES(2)
#define PTRS_PER_P4D EMU_ENTRIES(3)
#define PTRS_PER_PGD (1UL << (CONFIG_ARM64_VA_BITS - PGDIR_SHIFT))
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PUD_SIZE (1UL << PUD_SHIFT)
#define P4D_SIZE (1UL << P4D_SHIFT)
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_MASK (~(PUD_SIZE - 1))
#define P4D_MASK (~(P4D_SIZE - 1))
#define PGDIR_MASK (~(PGDIR_SIZE - 1))
#define PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)
#define pageblock_order PMD_ORDER
#define SECTION_SIZE_BITS CONFIG_EMU_SECTION_SIZE_BITS
#define MAX_PHYSMEM_BITS CONFIG_ARM64_PA_BITS
#define PHYS_MASK_SHIFT CONFIG_ARM64_PA_BITS
#define STRUCT_PAGE_MAX_SHIFT (32 - __builtin_clz(STRUCT_PAGE_SIZE - 1))
#define PHYS_OFFSET 0UL
#define lpa2_is_enabled() (CONFIG_ARM64_VA_BITS == 52 && PAGE_SHIFT != 16)
#define arm64_use_ng_mappings false
#define system_supports_bti_kernel() false
#define pgtable_l4_enabled() (CONFIG_PGTABLE_LEVELS > 3)
#define pgtable_l5_enabled() (CONFIG_PGTABLE_LEVELS > 4)
#define vabits_actual CONFIG_ARM64_VA_BITS
#define dsb(x) ((void)0)
#define isb() ((void)0)
#define emit_pte_barriers() ((void)0)
#define queue_pte_barriers() ((void)0)

#include "../linux/pgtable.h"

static inline bool pte_none(pte_t e) { return !e.pte; }
static inline bool pmd_none(pmd_t e) { return EMU_ROOT < 1 ? false : !e.pmd; }
static inline bool pud_none(pud_t e) { return EMU_ROOT < 2 ? false : !e.pud; }
static inline bool p4d_none(p4d_t e) { return EMU_ROOT < 3 ? false : !e.p4d; }
static inline bool pgd_none(pgd_t e) { return EMU_ROOT < 4 ? false : !e.pgd; }
#define EMU_TYPE 3
#define EMU_IS_TABLE 3
static inline bool pud_present(pud_t e) { return EMU_ROOT < 2 ? true : e.pud & 1; }
static inline bool p4d_present(p4d_t e) { return EMU_ROOT < 3 ? true : e.p4d & 1; }
static inline bool pgd_present(pgd_t e) { return EMU_ROOT < 4 ? true : e.pgd & 1; }
static inline bool pud_sect(pud_t e) { return PAGE_SHIFT != 12 || EMU_ROOT < 2 ? false : (e.pud & EMU_TYPE) == 1; }
static inline bool pud_table(pud_t e) { return PAGE_SHIFT != 12 || EMU_ROOT < 2 ? true : (e.pud & EMU_TYPE) == EMU_IS_TABLE; }
static inline bool pud_leaf(pud_t e) { return EMU_ROOT < 2 ? false : e.pud & 1 && (e.pud & EMU_TYPE) != EMU_IS_TABLE; }
static inline bool p4d_leaf(p4d_t e) { return false; }

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
#define ptep_get(p) READ_ONCE(*(p))
#define __ptep_get(p) READ_ONCE(*(p))
#define pmdp_get(p) READ_ONCE(*(p))
#define pudp_get(p) READ_ONCE(*(p))
#define p4dp_get(p) READ_ONCE(*(p))
#define pgdp_get(p) READ_ONCE(*(p))

#define pte_index(a) (((a) >> PAGE_SHIFT) & (PTRS_PER_PTE - 1))
#define pmd_index(a) (((a) >> PMD_SHIFT) & (PTRS_PER_PMD - 1))
#define pud_index(a) (((a) >> PUD_SHIFT) & (PTRS_PER_PUD - 1))
#define p4d_index(a) (((a) >> P4D_SHIFT) & (PTRS_PER_P4D - 1))
#define pgd_index(a) (((a) >> PGDIR_SHIFT) & (PTRS_PER_PGD - 1))
#define pgd_offset_k(a) (init_mm.pgd + pgd_index(a))
static inline p4d_t *p4d_offset(pgd_t *p, u64 a)
{
	return EMU_ROOT < 4 ? (p4d_t *)p : (p4d_t *)emu_frame_of(emu_entry_pa(p->pgd)) + p4d_index(a);
}
static inline pud_t *pud_offset(p4d_t *p, u64 a)
{
	return EMU_ROOT < 3 ? (pud_t *)p : (pud_t *)emu_frame_of(emu_entry_pa(p->p4d)) + pud_index(a);
}
static inline pmd_t *pmd_offset(pud_t *p, u64 a)
{
	return EMU_ROOT < 2 ? (pmd_t *)p : (pmd_t *)emu_frame_of(emu_entry_pa(p->pud)) + pmd_index(a);
}
static inline pte_t *pte_offset_kernel(pmd_t *p, u64 a)
{
	return (pte_t *)emu_frame_of(emu_entry_pa(p->pmd)) + pte_index(a);
}

static inline void emu_write(int level, u64 *entry, u64 value)
{
	*(volatile u64 *)entry = value;
	emu_written(level, entry, value != 0);
}
static inline void set_pte(pte_t *p, pte_t e) { emu_write(0, &p->pte, e.pte); }
static inline void set_pmd(pmd_t *p, pmd_t e) { emu_write(1, &p->pmd, e.pmd); }
static inline void set_pud(pud_t *p, pud_t e) { emu_write(2, &p->pud, e.pud); }
static inline void set_p4d(p4d_t *p, p4d_t e) { emu_write(3, &p->p4d, e.p4d); }
static inline void set_pgd(pgd_t *p, pgd_t e) { emu_write(4, &p->pgd, e.pgd); }
#define __set_pte(p, e) set_pte(p, e)
#define __set_pte_nosync(p, e) set_pte(p, e)
#define set_pte_at(mm, a, p, e) set_pte(p, e)
#define pte_clear(mm, a, p) set_pte(p, __pte(0))
#define __pte_clear(mm, a, p) set_pte(p, __pte(0))
#define pmd_clear(p) set_pmd(p, __pmd(0))
#define pud_clear(p) do { if (EMU_ROOT >= 2) set_pud(p, __pud(0)); } while (0)
#define p4d_clear(p) do { if (EMU_ROOT >= 3) set_p4d(p, __p4d(0)); } while (0)
#define pgd_clear(p) do { if (EMU_ROOT >= 4) set_pgd(p, __pgd(0)); } while (0)
/* Tables of the kernel's own address space carry UXNTable. */
#define EMU_TABLE (EMU_IS_TABLE | 1UL << 60)
#define EMU_TABLE_FOR(t) (emu_entry_of(__pa(t)) | EMU_TABLE)
#define pmd_populate_kernel(mm, p, t) set_pmd(p, __pmd(EMU_TABLE_FOR(t)))
#define pud_populate(mm, p, t) do { if (EMU_ROOT >= 2) set_pud(p, __pud(EMU_TABLE_FOR(t))); } while (0)
#define p4d_populate(mm, p, t) do { if (EMU_ROOT >= 3) set_p4d(p, __p4d(EMU_TABLE_FOR(t))); } while (0)
#define pgd_populate(mm, p, t) do { if (EMU_ROOT >= 4) set_pgd(p, __pgd(EMU_TABLE_FOR(t))); } while (0)
#define __flush_tlb_kernel_pgtable(a) emu_flush(EMU_FLUSH_TABLE, (double)(s64)(a), (double)(s64)(a))
#ifdef WANT_kernel_pte_init
#define kernel_pte_init(p) ((void)0)
#endif
#ifdef WANT_pmd_init
#define pmd_init(p) ((void)0)
#endif
#ifdef WANT_pud_init
#define pud_init(p) ((void)0)
#endif
#define ARCH_PAGE_TABLE_SYNC_MASK 0
#define arch_sync_kernel_mappings(s, e) ((void)0)
