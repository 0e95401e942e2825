/* SPDX-License-Identifier: GPL-2.0-only */
/* The page allocator, the slab, memblock, nodes: linux/gfp.h, slab.h, memblock.h, topology.h, bootmem_info.h. */
#define GFP_KERNEL 1u
#define GFP_ATOMIC 2u
#define __GFP_RETRY_MAYFAIL 4u
#define __GFP_NOWARN 8u
#define __GFP_ZERO 16u
#define __GFP_COMP 32u
#define GFP_PGTABLE_KERNEL (GFP_KERNEL | __GFP_ZERO)
#define GFP_KERNEL_ACCOUNT GFP_KERNEL
#define NUMA_NO_NODE (-1)
#define LOCAL_DISTANCE 10
#define node_distance(a, b) 10
#define early_pfn_to_nid(n) 0
#define pfn_to_nid(n) 0
#define page_to_nid(p) 0

static inline struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	double pfn = emu_alloc_pages(order, nid);

	return pfn < 0 ? NULL : pfn_to_page((u64)pfn);
}
#define alloc_pages(gfp, order) alloc_pages_node(0, gfp, order)
#define alloc_page(gfp) alloc_pages_node(0, gfp, 0)
/* Pages by their address: whoever asks for them writes them, so their bytes are at hand. */
static inline unsigned long emu_get_pages(gfp_t gfp, unsigned int order)
{
	double pfn = emu_alloc_pages(order, 0);
	void *pages;

	if (pfn < 0)
		return 0;
	pages = emu_frames_of((u64)pfn << PAGE_SHIFT, order);
	if (gfp & __GFP_ZERO)
		memset(pages, 0, PAGE_SIZE << order);
	return (unsigned long)pages;
}
#define __get_free_pages(gfp, order) emu_get_pages(gfp, order)
#define __get_free_page(gfp) emu_get_pages(gfp, 0)
#define get_zeroed_page(gfp) emu_get_pages((gfp) | __GFP_ZERO, 0)
static inline void __free_pages(struct page *p, unsigned int order)
{
	emu_free_pages((double)page_to_pfn(p), order);
}
#define __free_page(p) __free_pages(p, 0)
static inline void free_pages(unsigned long address, unsigned int order)
{
	if (address)
		emu_free_pages((double)(__pa(address) >> PAGE_SHIFT), order);
}
#define free_page(address) free_pages((unsigned long)(address), 0)
static inline void free_reserved_page(struct page *p)
{
	emu_free_pages((double)page_to_pfn(p), 0);
}
#define pagetable_free(p) __free_pages(ptdesc_page(p), 0)
#define pagetable_dtor(p) ((void)(p))
#define pagetable_pte_dtor(p) ((void)(p))
#define pagetable_pmd_dtor(p) ((void)(p))
#define pagetable_dtor_free(p) pagetable_free(p)
static inline void get_page(struct page *p)
{
	emu_get_page((double)page_to_pfn(p));
}
#define PageReserved(p) emu_page_reserved((double)page_to_pfn(p))
#define __ClearPageReserved(p) ((void)(p))
/* What says whether a page since boot is of the books of a section. All of them go back page by page. */
#define emu_page_magic(p) 0UL
#define page_private(p) emu_page_magic(p)
#define bootmem_type(p) emu_page_magic(p)
#define SECTION_INFO 12
#define MIX_SECTION_INFO 13
#define NODE_INFO 14
#define put_page_bootmem(p) free_reserved_page(p)

#define slab_is_available() true
void *emu_kzalloc(size_t bytes);
void emu_kfree(const void *p);
#define kzalloc(n, gfp) emu_kzalloc(n)
#define kzalloc_node(n, gfp, nid) emu_kzalloc(n)
#define kmalloc(n, gfp) emu_kzalloc(n)
#define kvmalloc_node(n, gfp, nid) emu_kzalloc(n)
#define kvzalloc_node(n, gfp, nid) emu_kzalloc(n)
#define kfree(p) emu_kfree(p)
#define kvfree(p) emu_kfree(p)
#define kfree_rcu(p, field) emu_kfree(p)

#define MAX_DMA_ADDRESS (emu_direct_map + (1UL << 24))
#define MEMBLOCK_ALLOC_ACCESSIBLE 0
#define memblock_alloc_try_nid_raw(...) ((void *)0)
#define memblock_alloc_try_nid(...) ((void *)0)
#define memblock_alloc(...) ((void *)0)
#define memblock_alloc_or_panic(...) ((void *)0)
#define memblock_phys_alloc(...) 0UL
#define memblock_phys_alloc_range(...) 0UL
#define memmap_alloc(...) ((void *)0)
#define memblock_alloc_node(...) ((void *)0)
#define memblock_free(p, n) ((void)0)
#define memblock_free_early(p, n) ((void)0)
#define memblock_phys_free(p, n) ((void)0)
static inline void emu_free_reserved_pages(struct page *p, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		free_reserved_page(p + i);
}
