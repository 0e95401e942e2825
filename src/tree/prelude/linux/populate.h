/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries that are zero when they are empty, and that say EMU_TO_TABLE(level, pa) when they point to a table: what clears and
 * populates them. A folded level is neither written nor empty. Stands behind levels.h.
 */
#ifndef EMU_EMPTY
#define EMU_EMPTY(value) ((value) == 0)
#endif
static inline bool pte_none(pte_t e) { return EMU_EMPTY(pte_val(e)); }
static inline bool pmd_none(pmd_t e) { return EMU_ROOT < 1 ? false : EMU_EMPTY(pmd_val(e)); }
static inline bool pud_none(pud_t e) { return EMU_ROOT < 2 ? false : EMU_EMPTY(pud_val(e)); }
static inline bool p4d_none(p4d_t e) { return EMU_ROOT < 3 ? false : EMU_EMPTY(p4d_val(e)); }
static inline bool pgd_none(pgd_t e) { return EMU_ROOT < 4 ? false : !pgd_val(e); }
#ifndef pte_clear
#define pte_clear(mm, a, p) set_pte(p, __pte(0))
#endif
#define pmd_populate(mm, p, t) pmd_populate_kernel(mm, p, t)
#define pmd_clear(p) set_pmd(p, __pmd(0))
#define pud_clear(p) do { if (EMU_ROOT >= 2) set_pud(p, __pud(0)); } while (0)
#define p4d_clear(p) do { if (EMU_ROOT >= 3) set_p4d(p, __p4d(0)); } while (0)
#define pgd_clear(p) do { if (EMU_ROOT >= 4) set_pgd(p, __pgd(0)); } while (0)
#define pmd_populate_kernel(mm, p, t) set_pmd(p, __pmd(EMU_TO_TABLE(1, __pa(t))))
#define pud_populate(mm, p, t) do { if (EMU_ROOT >= 2) set_pud(p, __pud(EMU_TO_TABLE(2, __pa(t)))); } while (0)
#define p4d_populate(mm, p, t) do { if (EMU_ROOT >= 3) set_p4d(p, __p4d(EMU_TO_TABLE(3, __pa(t)))); } while (0)
#define pgd_populate(mm, p, t) do { if (EMU_ROOT >= 4) set_pgd(p, __pgd(EMU_TO_TABLE(4, __pa(t)))); } while (0)

/* What fills a fresh table with empty entries has nothing to do. Releases differ in whether they have it. */
#ifdef WANT_kernel_pte_init
#define kernel_pte_init(p) ((void)0)
#endif
#ifdef WANT_pmd_init
#define pmd_init(p) ((void)0)
#endif
#ifdef WANT_pud_init
#define pud_init(p) ((void)0)
#endif
