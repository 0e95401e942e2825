/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of x86_64: asm/pgtable*.h, pgalloc.h, sparsemem.h, cpufeature.h. Four or five levels, chosen at boot. */
typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 p4d; } p4d_t;
typedef struct { u64 pgd; } pgd_t;
typedef struct { u64 pgprot; } pgprot_t;
#define EMU_L5 (emu_levels == 5)

#define SECTION_SIZE_BITS 27
#define MAX_PHYSMEM_BITS (EMU_L5 ? 52 : 46)
#define MAX_POSSIBLE_PHYSMEM_BITS 52
#define pageblock_order 9
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define P4D_SHIFT 39
#define PGDIR_SHIFT (EMU_L5 ? 48 : 39)
#define PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)
#define PTRS_PER_PTE 512
#define PTRS_PER_PMD 512
#define PTRS_PER_PUD 512
#define PTRS_PER_P4D (EMU_L5 ? 512 : 1)
#define PTRS_PER_PGD 512
#define PMD_SIZE (1UL << PMD_SHIFT)
#define PUD_SIZE (1UL << PUD_SHIFT)
#define P4D_SIZE (1UL << P4D_SHIFT)
#define PGDIR_SIZE (1UL << PGDIR_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_MASK (~(PUD_SIZE - 1))
#define P4D_MASK (~(P4D_SIZE - 1))
#define PGDIR_MASK (~(PGDIR_SIZE - 1))

/* Bits of an entry. */
#define X86_P 1UL
#define X86_RW 2UL
#define X86_US 4UL
#define X86_A 0x20UL
#define X86_D 0x40UL
#define X86_PSE 0x80UL
#define X86_G 0x100UL
#define X86_NX (1UL << 63)
#define X86_FRAME 0x000ffffffffff000UL
#define X86_TABLE (X86_P | X86_RW | X86_US | X86_A | X86_D)
#define __pgprot(x) ((pgprot_t){ x })
#define pgprot_val(x) ((x).pgprot)
#define PAGE_KERNEL __pgprot(X86_P | X86_RW | X86_A | X86_D | X86_G | X86_NX)
#define PAGE_KERNEL_LARGE __pgprot(X86_P | X86_RW | X86_A | X86_D | X86_G | X86_NX | X86_PSE)
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
#define pfn_pte(n, prot) __pte(((u64)(n) << PAGE_SHIFT) | pgprot_val(prot))
#define pfn_pmd(n, prot) __pmd(((u64)(n) << PAGE_SHIFT) | pgprot_val(prot))
/* Some CPUs set these in entries that are not present. */
#define X86_NONE(v) (((v) & ~(X86_A | X86_D)) == 0)
static inline bool pte_none(pte_t e) { return X86_NONE(e.pte); }
static inline bool pmd_none(pmd_t e) { return X86_NONE(e.pmd); }
static inline bool pud_none(pud_t e) { return X86_NONE(e.pud); }
static inline bool p4d_none(p4d_t e) { return X86_NONE(e.p4d); }
static inline bool pgd_none(pgd_t e) { return EMU_L5 ? !e.pgd : false; }
static inline bool pte_present(pte_t e) { return e.pte & (X86_P | X86_G); }
static inline bool pmd_present(pmd_t e) { return e.pmd & (X86_P | X86_G | X86_PSE); }
static inline bool pud_present(pud_t e) { return e.pud & X86_P; }
static inline bool p4d_present(p4d_t e) { return e.p4d & X86_P; }
static inline bool pgd_present(pgd_t e) { return EMU_L5 ? e.pgd & X86_P : true; }
static inline bool pmd_leaf(pmd_t e) { return e.pmd & X86_PSE; }
static inline bool pud_leaf(pud_t e) { return (e.pud & (X86_P | X86_PSE)) == (X86_P | X86_PSE); }
#define p4d_leaf(e) false
#define pmd_large(e) pmd_leaf(e)
#define pud_large(e) pud_leaf(e)
#define ptep_get(p) (*(p))
#define pmdp_get(p) (*(p))
#define pudp_get(p) (*(p))
#define p4dp_get(p) (*(p))
#define pgdp_get(p) (*(p))
#define pte_pfn(e) (((e).pte & X86_FRAME) >> PAGE_SHIFT)
#define pmd_pfn(e) (((e).pmd & (pmd_leaf(e) ? X86_FRAME & PMD_MASK : X86_FRAME)) >> PAGE_SHIFT)
#define pte_page(e) pfn_to_page(pte_pfn(e))
#define pmd_page(e) pfn_to_page(pmd_pfn(e))
#define pud_page(e) pfn_to_page(((e).pud & X86_FRAME) >> PAGE_SHIFT)
#define p4d_page(e) pfn_to_page(((e).p4d & X86_FRAME) >> PAGE_SHIFT)
#define pmd_page_vaddr(e) ((u64)emu_frame_of((e).pmd & X86_FRAME))
#define pud_pgtable(e) ((pmd_t *)emu_frame_of((e).pud & X86_FRAME))
#define pud_page_vaddr(e) ((u64)pud_pgtable(e))
#define p4d_pgtable(e) ((pud_t *)emu_frame_of((e).p4d & X86_FRAME))
#define p4d_page_vaddr(e) ((u64)p4d_pgtable(e))
#define pgd_page_vaddr(e) ((u64)emu_frame_of((e).pgd & X86_FRAME))
#define pte_index(a) (((a) >> PAGE_SHIFT) & 511)
#define pmd_index(a) (((a) >> PMD_SHIFT) & 511)
#define pud_index(a) (((a) >> PUD_SHIFT) & 511)
#define p4d_index(a) (((a) >> P4D_SHIFT) & (PTRS_PER_P4D - 1))
/* The emulator walks the low 52 bits of an address: none of a vmemmap are above. */
#define pgd_index(a) ((((a) & EMU_WALKED) >> PGDIR_SHIFT) & 511)
#define pgd_offset_k(a) (init_mm.pgd + pgd_index(a))
static inline p4d_t *p4d_offset(const pgd_t *p, u64 a)
{
	return EMU_L5 ? (p4d_t *)emu_frame_of(p->pgd & X86_FRAME) + p4d_index(a) : (p4d_t *)p;
}
static inline pud_t *pud_offset(const p4d_t *p, u64 a)
{
	return (pud_t *)emu_frame_of(p->p4d & X86_FRAME) + pud_index(a);
}
static inline pmd_t *pmd_offset(const pud_t *p, u64 a)
{
	return (pmd_t *)emu_frame_of(p->pud & X86_FRAME) + pmd_index(a);
}
static inline pte_t *pte_offset_kernel(const pmd_t *p, u64 a)
{
	return (pte_t *)emu_frame_of(p->pmd & X86_FRAME) + pte_index(a);
}

#include "../linux/pgtable.h"
static inline pmd_t *pmd_off_k(u64 a)
{
	return pmd_offset(pud_offset(p4d_offset(pgd_offset_k(a), a), a), a);
}
static inline pte_t *virt_to_kpte(u64 a)
{
	return pte_offset_kernel(pmd_off_k(a), a);
}

/* Other page tables share the kernel's top-level entries; an entry copied there is counted apart. */
extern spinlock_t pgd_lock;
extern struct list_head pgd_list;
bool emu_is_other_root(const void *entry);
static inline void emu_write(int level, u64 *entry, u64 value)
{
	*(volatile u64 *)entry = value;
	if (level >= 3 && emu_is_other_root(entry))
		emu_synced++;
	else
		emu_written(level, entry, value != 0);
}
static inline void set_pte(pte_t *p, pte_t e) { emu_write(0, &p->pte, e.pte); }
static inline void set_pmd(pmd_t *p, pmd_t e) { emu_write(1, &p->pmd, e.pmd); }
static inline void set_pud(pud_t *p, pud_t e) { emu_write(2, &p->pud, e.pud); }
static inline void set_p4d(p4d_t *p, p4d_t e) { emu_write(3, &p->p4d, e.p4d); }
static inline void set_pgd(pgd_t *p, pgd_t e) { emu_write(4, &p->pgd, e.pgd); }
#define set_pte_at(mm, a, p, e) set_pte(p, e)
#define pte_clear(mm, a, p) set_pte(p, __pte(0))
#define pmd_clear(p) set_pmd(p, __pmd(0))
#define pud_clear(p) set_pud(p, __pud(0))
#define p4d_clear(p) set_p4d(p, __p4d(0))
#define pgd_clear(p) do { if (EMU_L5) set_pgd(p, __pgd(0)); } while (0)
#define pmd_populate_kernel(mm, p, t) set_pmd(p, __pmd(__pa(t) | X86_TABLE))
#define pud_populate(mm, p, t) set_pud(p, __pud(__pa(t) | X86_TABLE))
#define p4d_populate(mm, p, t) set_p4d(p, __p4d(__pa(t) | X86_TABLE))
#define pgd_populate(mm, p, t) do { if (EMU_L5) set_pgd(p, __pgd(__pa(t) | X86_TABLE)); } while (0)
/* Releases that fill the other page tables at once do so through these; others have a call of their own. */
#ifdef WANT_p4d_populate_kernel
#define p4d_populate_kernel(a, p, t) p4d_populate(&init_mm, p, t)
#endif
#ifdef WANT_pgd_populate_kernel
#define pgd_populate_kernel(a, p, t) pgd_populate(&init_mm, p, t)
#endif

#define pgtable_l5_enabled() EMU_L5
#define pgd_page_get_mm(p) (&init_mm)
#define X86_FEATURE_PSE 1
#define boot_cpu_has(f) emu_huge
#define cpu_feature_enabled(f) emu_huge
enum pg_level { PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M, PG_LEVEL_1G, PG_LEVEL_512G };
#define update_page_count(l, n) ((void)(n))
#define DIRECT_MAP_PHYSMEM_END ((1UL << MAX_PHYSMEM_BITS) - 1)
#define PHYSMEM_END DIRECT_MAP_PHYSMEM_END
extern unsigned long max_pfn, max_low_pfn;
extern void *high_memory;
#ifdef WANT_kernel_pte_init
#define kernel_pte_init(p) ((void)0)
#endif
#ifdef WANT_pmd_init
#define pmd_init(p) ((void)0)
#endif
#ifdef WANT_pud_init
#define pud_init(p) ((void)0)
#endif
#ifdef WANT_free_reserved_pages
#define free_reserved_pages(p, order) emu_free_reserved_pages(p, 1UL << (order))
#endif
