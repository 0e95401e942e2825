/* SPDX-License-Identifier: GPL-2.0-only */
struct mmu_psize_def mmu_psize_defs[] = { { PMD_SHIFT } };
int mmu_kernel_ssize;
unsigned long htab_hash_mask;
EMU_SCRATCH unsigned long emu_bolted_at;
/* The hashed page table, where there is one: the vmemmap's pages, the segments and the groups less one. */
EXPORT(hashed) void emu_hashed(int page_shift, int segment_shift, double group_mask)
{
	mmu_psize_defs[0].shift = page_shift;
	mmu_kernel_ssize = segment_shift == 40 ? MMU_SEGSIZE_1T : MMU_SEGSIZE_256M;
	htab_hash_mask = (u64)group_mask;
}
#ifdef HAVE_htab_bolt_mapping
int htab_bolt_mapping(unsigned long start, unsigned long end, unsigned long pa, unsigned long prot, int psize, int ssize)
{
	emu_bolted_at = start;
	return htab_bolt_mapping__tree(start, end, pa, prot, psize, ssize);
}
#endif

/*
 * vmemmap_list: its nodes are carved from pages, and point to each other from one call to the next. Frames may lie elsewhere
 * by then, so the nodes lie in the slab, and what they say goes into their frames when a call is over.
 */
#ifdef HAVE_vmemmap_list_alloc
struct emu_node_page {
	struct emu_node_page *next;
	u64 pa;
	struct vmemmap_backing nodes[PAGE_SIZE / sizeof(struct vmemmap_backing)];
};
static struct emu_node_page *emu_node_pages;
static unsigned int emu_node_page_count;
EMU_SCRATCH static bool emu_carves_nodes;
void *vmemmap_alloc_block(unsigned long size, int node)
{
	void *block = vmemmap_alloc_block__tree(size, node);
	struct emu_node_page *page;

	if (!emu_carves_nodes || !block)
		return block;
	page = emu_kzalloc(sizeof(*page));
	if (!page)
		BUG();
	page->pa = __pa(block);
	page->next = emu_node_pages;
	emu_node_pages = page;
	emu_node_page_count++;
	return page->nodes;
}
static struct vmemmap_backing *vmemmap_list_alloc(int node)
{
	struct vmemmap_backing *carved;

	emu_carves_nodes = true;
	carved = vmemmap_list_alloc__tree(node);
	emu_carves_nodes = false;
	return carved;
}
/* Pages of nodes for the blocks of some sections, each of which may begin and end in the middle of a block. */
static double emu_node_bytes(double sections)
{
	double blocks = sections * (PAGES_PER_SECTION * STRUCT_PAGE_SIZE / (1UL << mmu_psize_defs[0].shift) + 2);

	return (blocks / (PAGE_SIZE / sizeof(struct vmemmap_backing)) + 1) * 2 * PAGE_SIZE;
}
#define EMU_ARCH_SLAB(sections) emu_node_bytes(sections)
static u64 emu_node_pa(const struct vmemmap_backing *node)
{
	for (struct emu_node_page *page = emu_node_pages; node && page; page = page->next)
		if (node >= page->nodes && node < page->nodes + ARRAY_SIZE(page->nodes))
			return page->pa + (u64)((char *)node - (char *)page->nodes);
	return 0;
}
/* Writes the nodes into their frames, as addresses of the kernel's linear map; where the first lies. */
EXPORT(list_told) double emu_tell_list(void)
{
	for (struct emu_node_page *page = emu_node_pages; page; page = page->next) {
		u64 *words = emu_frame_of(page->pa);

		for (unsigned int i = 0; i < ARRAY_SIZE(page->nodes); i++) {
			struct vmemmap_backing *node = &page->nodes[i];
			u64 next = emu_node_pa(node->list);

			*words++ = EMU_STORED(next ? next | PAGE_OFFSET : 0);
			*words++ = EMU_STORED(node->phys);
			*words++ = EMU_STORED(node->virt_addr);
		}
	}
	return emu_node_pa(vmemmap_list);
}
EXPORT(book_pages) unsigned int emu_book_pages(void) { return emu_node_page_count; }
#endif
