/* SPDX-License-Identifier: GPL-2.0-only */
/* CONFIG_PGTABLE_LEVELS levels of tables; below the root each fills a page, and levels above it are folded into it. */
#define EMU_TABLE_BITS (PAGE_SHIFT - 3)
#define EMU_ROOT (CONFIG_PGTABLE_LEVELS - 1)
#define EMU_SHIFT(level) (PAGE_SHIFT + EMU_TABLE_BITS * ((level) < EMU_ROOT ? (level) : EMU_ROOT))
#define EMU_ENTRIES(level) ((level) < EMU_ROOT ? 1 << EMU_TABLE_BITS : 1)
#define PMD_SHIFT EMU_SHIFT(1)
#define PUD_SHIFT EMU_SHIFT(2)
#define P4D_SHIFT EMU_SHIFT(3)
#define PGDIR_SHIFT EMU_SHIFT(4)
#define PTRS_PER_PTE (1 << EMU_TABLE_BITS)
#define PTRS_PER_PMD EMU_ENTRIES(1)
#define PTRS_PER_PUD EMU_ENTRIES(2)
#define PTRS_PER_P4D EMU_ENTRIES(3)
