/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of x86_64: asm/pgtable*.h, pgalloc.h, sparsemem.h, cpufeature.h. Four or five levels, chosen at boot. */
#define EMU_L5 (emu_levels == 5)
#define EMU_ROOT (emu_levels - 1)

#define SECTION_SIZE_BITS 27
#define MAX_PHYSMEM_BITS (EMU_L5 ? 52 : 46)
#define MAX_POSSIBLE_PHYSMEM_BITS 52
#define pageblock_order 9
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define P4D_SHIFT 39
#define PGDIR_SHIFT (EMU_L5 ? 48 : 39)
#define PTRS_PER_PTE 512
#define PTRS_PER_PMD 512
#define PTRS_PER_PUD 512
#define PTRS_PER_P4D (EMU_L5 ? 512 : 1)
#define PTRS_PER_PGD 512

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
#define EMU_TO_TABLE(level, pa) ((pa) | X86_P | X86_RW | X86_US | X86_A | X86_D)
/* Some CPUs set these in entries that are not present. */
#define EMU_EMPTY(value) (((value) & ~(X86_A | X86_D)) == 0)
#define emu_table(level, value) emu_frame_of((value) & X86_FRAME)
/* Other page tables share the kernel's top-level entries; an entry copied there is counted apart. */
bool emu_is_other_root(const void *entry);
#define EMU_IS_COPY(level, entry) ((level) >= 3 && emu_is_other_root(entry))
#include "../../../src/tree/prelude/linux/levels.h"
#include "../../../src/tree/prelude/linux/populate.h"

#define PAGE_KERNEL __pgprot(X86_P | X86_RW | X86_A | X86_D | X86_G | X86_NX)
#define PAGE_KERNEL_LARGE __pgprot(X86_P | X86_RW | X86_A | X86_D | X86_G | X86_NX | X86_PSE)
#define pfn_pte(n, prot) __pte(((u64)(n) << PAGE_SHIFT) | pgprot_val(prot))
#define pfn_pmd(n, prot) __pmd(((u64)(n) << PAGE_SHIFT) | pgprot_val(prot))
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

extern spinlock_t pgd_lock;
extern struct list_head pgd_list;
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
#ifdef HAVE_unused_pmd_start
#define EMU_REMEMBERED unused_pmd_start
#endif
#ifdef WANT_free_reserved_pages
#define free_reserved_pages(p, order) emu_free_reserved_pages(p, 1UL << (order))
#endif
