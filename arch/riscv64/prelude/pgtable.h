/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of riscv64: of asm/pgtable*.h and pgalloc.h what walks and writes. Bits of entries, and what is present or a
 * leaf, are the tree's own. Three to five levels, chosen at boot: Sv39, Sv48, Sv57.
 */
#define EMU_ROOT (emu_levels - 1)
#define pgtable_l4_enabled (EMU_ROOT > 2)
#define pgtable_l5_enabled (EMU_ROOT > 3)
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define P4D_SHIFT (EMU_ROOT > 2 ? 39 : 30)
#define PGDIR_SHIFT (EMU_ROOT > 3 ? 48 : P4D_SHIFT)
#define PTRS_PER_PTE 512
#define PTRS_PER_PMD 512
#define PTRS_PER_PUD 512
#define PTRS_PER_P4D 512
#define PTRS_PER_PGD 512
#define pageblock_order PMD_ORDER
/*
 * RAM may begin above 0, and the region of Sv57 has struct pages for 56 bits from there on. Behind the 56 bits of the header
 * mem_section[] has no root, and the kernel's callers let nothing so high through; what was recorded came in below them.
 */
#define MAX_PHYSMEM_BITS (EMU_ROOT > 3 ? 57 : 56)
#define STRUCT_PAGE_MAX_SHIFT (32 - __builtin_clz(STRUCT_PAGE_SIZE - 1))

/* Bits 10 to 53 of an entry are the frame. */
#define RISCV_FRAME 0x003ffffffffffc00UL
#define RISCV_PRESENT 1UL
#define EMU_TO_TABLE(level, pa) ((pa) >> 2 | RISCV_PRESENT)
#define emu_table(level, value) emu_frame_of(((value) & RISCV_FRAME) << 2)
#include "../../../src/tree/prelude/linux/levels.h"
#include "../../../src/tree/prelude/linux/populate.h"
#define pmd_page_vaddr(e) ((unsigned long)emu_table(1, pmd_val(e)))
#define __phys_to_pfn(pa) PHYS_PFN(pa)

/* Where the linear map begins, which decides where the vmemmap's window is. */
#define PAGE_OFFSET (EMU_ROOT == 2 ? 0xffffffd600000000UL : EMU_ROOT == 3 ? 0xffffaf8000000000UL : 0xff60000000000000UL)
#define VA_BITS (EMU_ROOT == 2 ? 39 : EMU_ROOT == 3 ? 48 : 57)
/* T-Head cores say of a mapping what memory it is. */
#ifdef CONFIG_ERRATA_THEAD_MAE
#define RISCV_PMA (7UL << 60)
#else
#define RISCV_PMA 0UL
#endif
#define ALT_THEAD_PMA(value) ((value) |= RISCV_PMA)
/* The end of the linear map is asked for above the seam alone. */
#define KASAN_SHADOW_START (~0UL)
/* CPUs are told that a fault may be of a mapping that they do not know yet. */
IMPORT(mark_new_valid_map) void emu_mark_new_valid_map(void);
#define mark_new_valid_map() emu_mark_new_valid_map()
#define is_vmalloc_or_module_addr(p) false
