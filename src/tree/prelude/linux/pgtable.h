/* SPDX-License-Identifier: GPL-2.0-only */
/* What page tables have in common: linux/pgtable.h, asm-generic/pgalloc.h, tlbflush.h. */
static inline u64 emu_addr_end(u64 address, u64 end, u64 size)
{
	u64 border = (address + size) & ~(size - 1);

	return border - 1 < end - 1 ? border : end;
}
#define pmd_addr_end(a, e) emu_addr_end(a, e, PMD_SIZE)
#define pud_addr_end(a, e) emu_addr_end(a, e, PUD_SIZE)
#define p4d_addr_end(a, e) emu_addr_end(a, e, P4D_SIZE)
#define pgd_addr_end(a, e) emu_addr_end(a, e, PGDIR_SIZE)

struct mm_struct {
	pgd_t *pgd;
	spinlock_t page_table_lock;
	unsigned long context;
};
extern struct mm_struct init_mm;

/* Only x86_64 has page tables to bring in line with the kernel's own. */
#ifdef WANT_ARCH_PAGE_TABLE_SYNC_MASK
#define ARCH_PAGE_TABLE_SYNC_MASK 0
#endif
#ifdef WANT_arch_sync_kernel_mappings
#define arch_sync_kernel_mappings(s, e) ((void)0)
#endif

#define EMU_FLUSH_ALL 0
#define EMU_FLUSH_RANGE 1
#define EMU_FLUSH_TABLE 2
#define flush_tlb_all() emu_flush(EMU_FLUSH_ALL, 0, 0)
#define flush_tlb_kernel_range(s, e) emu_flush(EMU_FLUSH_RANGE, (double)(s64)(s), (double)(s64)(e))

/* Counts an entry that was written, and tells it where somebody listens. Levels: 0 pte … 4 pgd. */
static inline void emu_written(int level, const void *entry, bool present)
{
	if (present)
		emu_set[level]++;
	else
		emu_clear[level]++;
	if (emu_is_observed)
		emu_entry(level, (double)(u64)entry, present);
}
