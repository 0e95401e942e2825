/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The border between a tree's C and the emulator: what C may call, and how addresses travel.
 *
 * A pointer is of one of two kinds. Below MEMORY_END it lies in the memory of this module: frames that C has a pointer
 * to, the heap, the stack. Above, it is a number (the vmemmap, the direct map): carried, compared and handed to imports,
 * never followed; whoever follows it traps.
 *
 * Addresses and frame numbers travel as doubles. They are exact: signed addresses of aligned things need less than 53
 * bits, and BigInt is met nowhere on the way.
 */
#define IMPORT(name) __attribute__((import_module("kernel"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

/* The page allocator. A frame number, or -1 where there is no memory. */
IMPORT(alloc_pages) double emu_alloc_pages(int order, int nid);
IMPORT(free_pages) void emu_free_pages(double pfn, int order);
IMPORT(get_page) void emu_get_page(double pfn);
IMPORT(page_reserved) int emu_page_reserved(double pfn);
/* Memory through the MMU: vmemmap and direct map. emu_scan() says at which offset a byte differs, or -1. */
IMPORT(memset) void emu_memset(double address, int byte, double bytes);
IMPORT(scan) double emu_scan(double address, int byte, double bytes);
/* The bytes of 2^order frames in a row, and back. */
IMPORT(frame) unsigned int emu_frame(double pfn, int order);
IMPORT(frame_at) double emu_frame_at(double address);
/* Kinds of a flush: 0 everything, 1 a range, 2 the cached walks of a freed table. */
IMPORT(flush) void emu_flush(int kind, double start, double end);
/* An entry written; level 0 is the PTE. Only while somebody listens: counting is done here. */
IMPORT(entry) void emu_entry(int level, double at, int present);
IMPORT(altmap_taken) void emu_altmap_taken(double pages, double pfn);
IMPORT(altmap_freed) void emu_altmap_freed(double pages, double alloc);
IMPORT(memmap_pages) void emu_memmap_pages(int boot, double pages);
/* What the kernel says. Kinds: 0 a warning, 1 a warning that is given once, 2 a line of the log. */
IMPORT(say) void emu_say(int kind, const char *function, const char *format, ...);
IMPORT(bug) void emu_bug(const char *function, int line);

/* What is written for one call and is no state of the kernel between two. */
#define EMU_SCRATCH __attribute__((section("emu_scratch")))

#define MEMORY_END (1UL << 32)
#define EMU_WALKED ((1UL << 52) - 1)

/* Levels that are counted, the PTE first, and bytes at the end of the heap in which doors.c tells of sections. */
#define EMU_LEVELS 6
#define EMU_OTHER_ROOTS 64
#define EMU_TOLD_BYTES 16384
/* Frames of which C remembers where they lie, a power of two. */
#define EMU_KNOWN_FRAMES 32

/* The machine, as doors.c sets it at boot. */
extern unsigned long emu_vmemmap, emu_direct_map, emu_frames_start;
extern unsigned int emu_levels, emu_huge, emu_va_bits, emu_radix, emu_is_observed;
extern unsigned int emu_set[EMU_LEVELS], emu_clear[EMU_LEVELS], emu_synced;
