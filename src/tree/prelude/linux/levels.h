/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of page tables, by their level: 0 pte, 1 pmd, 2 pud, 3 p4d, 4 pgd. An architecture's pgtable.h says ahead of this:
 *
 *   P?D_SHIFT, PTRS_PER_P?D   what an entry covers, and how many a table has
 *   EMU_ROOT                  the level of the root table; levels above are folded into it
 *   emu_table(level, value)   the table that an entry's value points to: bytes that can be followed
 *
 * and, where it is not as here:
 *
 *   EMU_ROOT_SHIFT            what an entry of the root covers
 *   EMU_STORED(value)         the entry as it lies in memory: its bytes may be in the other order
 *   EMU_MAPS(level, value)    whether a written value counts as set; it counts as cleared otherwise
 *   EMU_IS_COPY(level, entry) whether an entry is another page table's, and not counted
 */
#ifndef EMU_ROOT_SHIFT
#define EMU_ROOT_SHIFT PGDIR_SHIFT
#endif
#ifndef EMU_STORED
#define EMU_STORED(value) (value)
#endif
#ifndef EMU_MAPS
#define EMU_MAPS(level, value) ((value) != 0)
#endif
#ifndef EMU_IS_COPY
#define EMU_IS_COPY(level, entry) false
#endif

typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 p4d; } p4d_t;
typedef struct { u64 pgd; } pgd_t;
typedef struct { u64 pgprot; } pgprot_t;
#define __pgprot(x) ((pgprot_t){ x })
#define pgprot_val(x) ((x).pgprot)
#define __pte(x) ((pte_t){ EMU_STORED(x) })
#define __pmd(x) ((pmd_t){ EMU_STORED(x) })
#define __pud(x) ((pud_t){ EMU_STORED(x) })
#define __p4d(x) ((p4d_t){ EMU_STORED(x) })
#define __pgd(x) ((pgd_t){ EMU_STORED(x) })
#define pte_val(x) EMU_STORED((x).pte)
#define pmd_val(x) EMU_STORED((x).pmd)
#define pud_val(x) EMU_STORED((x).pud)
#define p4d_val(x) EMU_STORED((x).p4d)
#define pgd_val(x) EMU_STORED((x).pgd)
#define ptep_get(p) READ_ONCE(*(p))
#define pmdp_get(p) READ_ONCE(*(p))
#define pudp_get(p) READ_ONCE(*(p))
#define p4dp_get(p) READ_ONCE(*(p))
#define pgdp_get(p) READ_ONCE(*(p))

#define PMD_SIZE (1UL << PMD_SHIFT)
#define PUD_SIZE (1UL << PUD_SHIFT)
#define P4D_SIZE (1UL << P4D_SHIFT)
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_MASK (~(PUD_SIZE - 1))
#define P4D_MASK (~(P4D_SIZE - 1))
#define PGDIR_MASK (~(PGDIR_SIZE - 1))
#define PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)

#include "pgtable.h"

#define pte_index(a) (((a) >> PAGE_SHIFT) & (PTRS_PER_PTE - 1))
#define pmd_index(a) (((a) >> PMD_SHIFT) & (PTRS_PER_PMD - 1))
#define pud_index(a) (((a) >> PUD_SHIFT) & (PTRS_PER_PUD - 1))
#define p4d_index(a) (((a) >> P4D_SHIFT) & (PTRS_PER_P4D - 1))
/* The emulator walks addresses from where the last 2^52 bytes begin that the vmemmap begins in; it may end in the next. */
#define pgd_index(a) ((((a) - (emu_vmemmap & ~EMU_WALKED)) >> EMU_ROOT_SHIFT) & (PTRS_PER_PGD - 1))
#define pgd_offset_k(a) (init_mm.pgd + pgd_index(a))
static inline p4d_t *p4d_offset(const pgd_t *p, u64 a)
{
	return EMU_ROOT < 4 ? (p4d_t *)p : (p4d_t *)emu_table(4, pgd_val(*p)) + p4d_index(a);
}
static inline pud_t *pud_offset(const p4d_t *p, u64 a)
{
	return EMU_ROOT < 3 ? (pud_t *)p : (pud_t *)emu_table(3, p4d_val(*p)) + pud_index(a);
}
static inline pmd_t *pmd_offset(const pud_t *p, u64 a)
{
	return EMU_ROOT < 2 ? (pmd_t *)p : (pmd_t *)emu_table(2, pud_val(*p)) + pmd_index(a);
}
static inline pte_t *pte_offset_kernel(const pmd_t *p, u64 a)
{
	return (pte_t *)emu_table(1, pmd_val(*p)) + pte_index(a);
}
static inline pmd_t *pmd_off_k(u64 a)
{
	return pmd_offset(pud_offset(p4d_offset(pgd_offset_k(a), a), a), a);
}
static inline pte_t *virt_to_kpte(u64 a)
{
	return pte_offset_kernel(pmd_off_k(a), a);
}

static inline void emu_write(int level, u64 *entry, u64 stored)
{
	*(volatile u64 *)entry = stored;
	if (EMU_IS_COPY(level, entry))
		emu_synced++;
	else
		emu_written(level, entry, EMU_MAPS(level, EMU_STORED(stored)));
}
static inline void set_pte(pte_t *p, pte_t e) { emu_write(0, &p->pte, e.pte); }
static inline void set_pmd(pmd_t *p, pmd_t e) { emu_write(1, &p->pmd, e.pmd); }
static inline void set_pud(pud_t *p, pud_t e) { emu_write(2, &p->pud, e.pud); }
static inline void set_p4d(p4d_t *p, p4d_t e) { emu_write(3, &p->p4d, e.p4d); }
static inline void set_pgd(pgd_t *p, pgd_t e) { emu_write(4, &p->pgd, e.pgd); }
#ifndef set_pte_at
#define set_pte_at(mm, a, p, e) set_pte(p, e)
#endif
