/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages, struct page, and the ways between pfn, struct page, virtual and physical address: linux/mm.h, pfn.h, mm_types.h. */
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x) ALIGN(x, PAGE_SIZE)
#define PAGE_ALIGN_DOWN(x) ALIGN_DOWN(x, PAGE_SIZE)
#define PAGE_ALIGNED(x) IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define PFN_PHYS(n) ((phys_addr_t)(n) << PAGE_SHIFT)
#define PHYS_PFN(a) ((unsigned long)((a) >> PAGE_SHIFT))
#define PFN_UP(a) (((a) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(a) ((a) >> PAGE_SHIFT)
#define __pfn_to_phys(n) PFN_PHYS(n)
static inline int get_order(unsigned long size)
{
	int order = 0;

	while ((PAGE_SIZE << order) < size)
		order++;
	return order;
}

/*
 * struct page: a size. A struct page of the vmemmap is a number; those that can be followed stand for page tables
 * beside the kernel's own.
 */
struct page {
	union {
		struct {
			unsigned long flags;
			struct list_head lru;
			unsigned long private;
		};
		char bytes[STRUCT_PAGE_SIZE];
	};
};
struct ptdesc {
	unsigned long flags;
	struct list_head pt_list;
};
struct range {
	u64 start, end;
};
#define vmemmap ((struct page *)emu_vmemmap)
#define pfn_to_page(n) (vmemmap + (n))
/*
 * page_to_pfn() subtracts pointers, which divides without a remainder. What compilers for the kernel's CPUs make of it matters
 * where there is one: a shift, and a product with the inverse of the odd part modulo 2^64.
 */
#define EMU_PAGE_SHIFT __builtin_ctz(STRUCT_PAGE_SIZE)
static inline u64 emu_inverse(u64 odd)
{
	u64 inverse = odd;

	/* Newton's way: each step has twice the right bits, from three on. */
	for (int bits = 3; bits < 64; bits *= 2)
		inverse *= 2 - odd * inverse;
	return inverse;
}
static inline unsigned long emu_page_number(u64 page)
{
	return ((s64)(page - emu_vmemmap) >> EMU_PAGE_SHIFT) * emu_inverse(STRUCT_PAGE_SIZE >> EMU_PAGE_SHIFT);
}
#define page_to_pfn(p) emu_page_number((u64)(p))

/*
 * The bytes of frames. They stay where they are while a call of the kernel runs, and mostly from one to the next: where they
 * lie is remembered, until the emulator says that it has moved some. Frames in a row may be moved when they are asked for.
 */
extern struct emu_known_frames {
	/* Frame numbers and one, by their low bits; 0 for none. */
	u64 pfns[EMU_KNOWN_FRAMES];
	unsigned int at[EMU_KNOWN_FRAMES];
} emu_known_frames;
static inline void *emu_frames_of(u64 pa, int order)
{
	u64 pfn = pa >> PAGE_SHIFT;
	unsigned int known = pfn % EMU_KNOWN_FRAMES;

	if (order) {
		__builtin_memset(&emu_known_frames, 0, sizeof(emu_known_frames));
		return (void *)(u64)emu_frame((double)pfn, order);
	}
	if (emu_known_frames.pfns[known] != pfn + 1) {
		emu_known_frames.at[known] = emu_frame((double)pfn, 0);
		emu_known_frames.pfns[known] = pfn + 1;
	}
	return (void *)(u64)emu_known_frames.at[known];
}
#define emu_frame_of(pa) emu_frames_of(pa, 0)

/* What the slab gives lies in no frame. Of what it gave at boot the page is reserved. */
#define EMU_SLAB_PFN (1UL << 41)
#define EMU_BOOT_PFN (EMU_SLAB_PFN + 1)
u64 emu_slab_pfn(u64 address);
static inline u64 emu_physical(u64 v)
{
	if (v >= MEMORY_END)
		return v - emu_direct_map;
	if (v >= emu_frames_start)
		return ((u64)emu_frame_at((double)v) << PAGE_SHIFT) | (v & ~PAGE_MASK);
	return emu_slab_pfn(v) << PAGE_SHIFT;
}
#define __pa(p) emu_physical((u64)(p))
#define __pa_symbol(p) emu_physical((u64)(p))
#define emu_linear(a) ((void *)((u64)(a) + emu_direct_map))
#define __va(a) emu_linear(a)
#define virt_to_phys(p) __pa(p)
#define phys_to_virt(a) __va(a)
#define virt_to_pfn(p) (__pa(p) >> PAGE_SHIFT)
#define pfn_to_kaddr(n) __va(PFN_PHYS(n))
#define virt_to_page(p) pfn_to_page(virt_to_pfn(p))
#define page_to_phys(p) PFN_PHYS(page_to_pfn(p))
#define phys_to_page(a) pfn_to_page(PHYS_PFN(a))
void *emu_page_address(const struct page *page);
#define page_address(p) emu_page_address((const struct page *)(p))
#define page_to_virt(p) page_address(p)
#define page_ptdesc(p) ((struct ptdesc *)(p))
#define ptdesc_page(p) ((struct page *)(p))
#define ptdesc_address(p) page_address(p)
#define virt_to_ptdesc(p) page_ptdesc(virt_to_page(p))

static inline void *emu_set_bytes(void *p, int c, size_t n)
{
	if ((u64)p < MEMORY_END)
		__builtin_memset(p, c, n);
	else
		emu_memset((double)(s64)p, c & 255, (double)n);
	return p;
}
#define memset(p, c, n) emu_set_bytes((void *)(p), c, n)
#define clear_page(p) emu_set_bytes((void *)(p), 0, PAGE_SIZE)
static inline void *memchr_inv(const void *p, int c, size_t n)
{
	double at = emu_scan((double)(s64)p, c & 255, (double)n);

	return at < 0 ? NULL : (char *)p + (u64)at;
}

struct mhp_params;
struct vmem_altmap;
struct dev_pagemap;
