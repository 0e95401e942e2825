/* SPDX-License-Identifier: GPL-2.0-only */
spinlock_t pgd_lock;
struct list_head pgd_list = { &pgd_list, &pgd_list };
unsigned long max_pfn, max_low_pfn;
void *high_memory;
#define emu_arch_pgd_list() (&pgd_list)
static unsigned int emu_other_roots;
static u64 emu_other_pa[EMU_OTHER_ROOTS];
bool emu_is_other_root(const void *entry)
{
	if (emu_other_roots == 0)
		return false;
	for (unsigned int i = 0; i < emu_other_roots; i++)
		if ((u64)emu_frame_of(emu_other_pa[i]) == ((u64)entry & PAGE_MASK))
			return true;
	return false;
}
