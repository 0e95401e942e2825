// SPDX-License-Identifier: GPL-2.0-only

/*
 * What a kernel's compiled code has to load and store on a path, natively: section maps, the walk from the root for every entry
 * that is made, pages from lists with a state for each, entries written and emptied, tables looked through before they go, memory
 * marked and scanned. No observer, no counters of a release, no checks of the emulator: a lower bound that anybody can run.
 *
 * usage: yardstick SETTING=VALUE ...   Then for each line of input, a count of rounds, it prints the ns that they took.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))
#define MAX_LEVELS 5
#define MAX_ORDERS 16
#define SUBSECTION ((uint64_t)2 << 20)
#define FIRST_PFN ((uint64_t)1 << 20)
#define PRESENT 1ull
#define LEAF 2ull
#define UNUSED 0xfd
#define SLOTS_PER_GROUP 8

/* Settings, by the names of the command line. */
static uint64_t page = 4096, section_pages = 32768, struct_page = 64, sections = 64, leaf, halves, altmap, marks, hash, table_pages = 1;
static struct { uint64_t shift, bits; } level[MAX_LEVELS];
static int levels;

/* Tables lie in an arena, known by their offset; leaves have memory only where it is marked. */
static uint8_t *arena, *leaves;
static uint64_t root;

/* Pages by order: frames that can be had, last in first out, and a state for each block. */
static struct { uint64_t *frame, count; uint8_t *state; } order_list[MAX_ORDERS];
static int leaf_order, table_order;
static uint64_t frames;

static uint64_t counters[8];
static uint8_t *section_flags;
static uint64_t *section_map;
static uint64_t altmap_alloc, altmap_next;

static NOINLINE uint64_t alloc_pages(int order) {
  if (!order_list[order].count) exit(3);
  uint64_t frame = order_list[order].frame[--order_list[order].count];
  order_list[order].state[frame >> order] = 2;
  counters[0] += 1ull << order;
  return frame;
}

static NOINLINE void free_pages(uint64_t frame, int order) {
  uint8_t *state = &order_list[order].state[frame >> order];
  if (*state != 2) exit(4);
  *state = 3;
  order_list[order].frame[order_list[order].count++] = frame;
  counters[1] += 1ull << order;
}

static NOINLINE uint64_t block(int order) {
  if (!altmap) return alloc_pages(order);
  altmap_alloc += 1ull << order;
  uint64_t frame = altmap_next;
  altmap_next += 1ull << order;
  return frame;
}

static void give_block(uint64_t frame, int order) {
  if (altmap) altmap_alloc -= 1ull << order;
  else free_pages(frame, order);
}

static inline uint64_t *entry_of(uint64_t table, int l, uint64_t address) {
  return (uint64_t *)(arena + table) + ((address >> level[l].shift) & ((1ull << level[l].bits) - 1));
}

/* The entry of a level, with the tables above it. */
static NOINLINE uint64_t *walk(uint64_t address, int to) {
  uint64_t table = root;
  for (int l = 0; l < to; l++) {
    uint64_t *e = entry_of(table, l, address);
    if (!*(volatile uint64_t *)e) {
      uint64_t frame = alloc_pages(table_order);
      memset(arena + frame * page, 0, page << table_order);
      *(volatile uint64_t *)e = frame * page | PRESENT;
      counters[2]++;
    }
    table = *e & ~(page - 1);
  }
  return entry_of(table, to, address);
}

/* Memory of a leaf that is used in part. */
static uint64_t unused_start;
static uint8_t *behind(uint64_t address) { return leaves + address % ((sections + 2) * section_pages * struct_page); }
static uint64_t down(uint64_t x, uint64_t size) { return x & ~(size - 1); }
static void flush_unused(uint64_t size) {
  if (!unused_start) return;
  memset(behind(unused_start), UNUSED, down(unused_start, size) + size - unused_start);
  unused_start = 0;
}
static void use(uint64_t start, uint64_t end, uint64_t size, int is_new) {
  if (!is_new && unused_start == start) {
    unused_start = end % size ? end : 0;
    return;
  }
  flush_unused(size);
  memset(behind(start), 0, struct_page);
  if (is_new && start % size) memset(behind(down(start, size)), UNUSED, start % size);
  if (is_new && end % size) unused_start = end;
}
static int all_unused(uint8_t *p, uint64_t n) {
  const uint64_t *w = (const uint64_t *)p, pattern = 0x0101010101010101ull * UNUSED;
  for (; n; n -= 8) if (*w++ != pattern) return 0;
  return 1;
}
static int unuse(uint64_t start, uint64_t end, uint64_t size) {
  flush_unused(size);
  memset(behind(start), UNUSED, end - start);
  return all_unused(behind(down(start, size)), size);
}

static NOINLINE void populate(uint64_t start, uint64_t end) {
  int base = levels - 1;
  uint64_t next;
  for (uint64_t a = start; a < end; a = next) {
    uint64_t size = leaf ? leaf : page;
    next = down(a, size) + size < end ? down(a, size) + size : end;
    uint64_t *e = walk(a, leaf ? base - 1 : base);
    if (*(volatile uint64_t *)e) {
      if (leaf && marks && next - a < size) use(a, next, size, 0);
      continue;
    }
    *(volatile uint64_t *)e = block(leaf ? leaf_order : 0) * page | PRESENT | LEAF;
    counters[3]++;
    if (leaf && marks && next - a < size) use(a, next, size, 1);
  }
}

static int is_empty(uint64_t table, int l) {
  const uint64_t *e = (const uint64_t *)(arena + table);
  for (uint64_t i = 0; i < 1ull << level[l].bits; i++) if (e[i]) return 0;
  return 1;
}

static NOINLINE void take_down(uint64_t table, int l, uint64_t start, uint64_t end) {
  uint64_t size = 1ull << level[l].shift, next;
  for (uint64_t a = start; a < end; a = next) {
    next = down(a, size) + size < end ? down(a, size) + size : end;
    uint64_t *e = entry_of(table, l, a), v = *(volatile uint64_t *)e;
    if (!v) continue;
    if (v & LEAF) {
      if (leaf && next - a < size && !(marks && unuse(a, next, size))) continue;
      give_block((v & ~(page - 1)) / page, l == levels - 1 ? 0 : leaf_order);
      *(volatile uint64_t *)e = 0;
      counters[4]++;
      continue;
    }
    uint64_t below = v & ~(page - 1);
    take_down(below, l + 1, a, next);
    if (l > 0 && is_empty(below, l + 1)) {
      free_pages(below / page, table_order);
      *(volatile uint64_t *)e = 0;
    }
  }
  if (l == 0) counters[5]++;
}

/* A hashed table: groups of slots, and a list of the blocks that are mapped. */
static uint64_t *slots, groups, *listed, listed_count;
static int is_populated(uint64_t start, uint64_t end) {
  uint64_t pages = SUBSECTION / page;
  for (uint64_t pfn = start / struct_page; pfn < end / struct_page; pfn += pages) {
    uint64_t nr = pfn / section_pages;
    if ((*(volatile uint8_t *)&section_flags[nr] & 1) && section_map[nr] >> (pfn % section_pages / pages) & 1) return 1;
  }
  return 0;
}
static uint64_t *slot_of(uint64_t address) { return slots + (((address / leaf) * 0x9e3779b97f4a7c15ull) >> 40) % groups * SLOTS_PER_GROUP * 2; }
static NOINLINE void populate_hash(uint64_t start, uint64_t end) {
  for (uint64_t a = down(start, leaf); a < end; a += leaf) {
    if (is_populated(a, a + leaf)) continue;
    uint64_t frame = block(leaf_order), *s = slot_of(a);
    listed[listed_count * 2] = a, listed[listed_count++ * 2 + 1] = frame;
    for (int i = 0; i < SLOTS_PER_GROUP; i++, s += 2) {
      if (*(volatile uint64_t *)s & PRESENT) continue;
      *(volatile uint64_t *)(s + 1) = frame * page;
      *(volatile uint64_t *)s = a | PRESENT;
      break;
    }
  }
}
static NOINLINE void take_down_hash(uint64_t start, uint64_t end) {
  for (uint64_t a = down(start, leaf); a < end; a += leaf) {
    if (is_populated(a, a + leaf)) continue;
    uint64_t i = listed_count;
    while (i && listed[(i - 1) * 2] != a) i--;
    if (!i) continue;
    give_block(listed[(i - 1) * 2 + 1], leaf_order);
    listed_count--;
    listed[(i - 1) * 2] = listed[listed_count * 2], listed[(i - 1) * 2 + 1] = listed[listed_count * 2 + 1];
    for (uint64_t *s = slot_of(a), *end_of_group = s + SLOTS_PER_GROUP * 2; s < end_of_group; s += 2)
      if (*(volatile uint64_t *)s == (a | PRESENT)) *(volatile uint64_t *)s = 0;
  }
}

static uint64_t map_mask(uint64_t pfn, uint64_t pages) {
  uint64_t per = SUBSECTION / page, n = pages / per ? pages / per : 1;
  return (n >= 64 ? ~0ull : (1ull << n) - 1) << (pfn % section_pages / per % 64);
}

static NOINLINE void add(uint64_t pfn, uint64_t pages) {
  uint64_t nr = pfn / section_pages, mask = map_mask(pfn, pages);
  if (*(volatile uint64_t *)&section_map[nr] & mask) exit(5);
  section_map[nr] |= mask;
  altmap_next = pfn;
  (hash ? populate_hash : populate)(pfn * struct_page, (pfn + pages) * struct_page);
  *(volatile uint8_t *)&section_flags[nr] |= 1;
}

static NOINLINE void remove_pages(uint64_t pfn, uint64_t pages) {
  uint64_t nr = pfn / section_pages, mask = map_mask(pfn, pages);
  if ((*(volatile uint64_t *)&section_map[nr] & mask) != mask) exit(6);
  section_map[nr] &= ~mask;
  if (!section_map[nr]) *(volatile uint8_t *)&section_flags[nr] &= ~1;
  if (hash) take_down_hash(pfn * struct_page, (pfn + pages) * struct_page);
  else take_down(root, 0, pfn * struct_page, (pfn + pages) * struct_page);
}

static void make_list(int order, uint64_t first, uint64_t count) {
  order_list[order].frame = malloc(count * sizeof(uint64_t));
  order_list[order].state = calloc((first >> order) + count + 1, 1);
  for (uint64_t i = 0; i < count; i++) order_list[order].frame[i] = first + (i << order);
  order_list[order].count = count;
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(int argc, char **argv) {
  struct { const char *name; uint64_t *value; } settings[] = {
      {"page", &page}, {"section", &section_pages}, {"struct", &struct_page}, {"sections", &sections}, {"leaf", &leaf},
      {"halves", &halves}, {"altmap", &altmap}, {"marks", &marks}, {"hash", &hash}, {"tablePages", &table_pages}};
  for (int i = 1; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (!value) return 2;
    *value++ = 0;
    if (!strcmp(argv[i], "level")) {
      level[levels].shift = strtoull(value, &value, 0);
      level[levels++].bits = strtoull(value + 1, NULL, 0);
    }
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
      if (!strcmp(argv[i], settings[s].name)) *settings[s].value = strtoull(value, NULL, 0);
  }
  uint64_t bytes = sections * section_pages * struct_page, end = FIRST_PFN / section_pages + sections + 1;
  section_flags = calloc(end + 64, 1);
  section_map = calloc(end + 64, sizeof *section_map);
  for (leaf_order = 0; leaf && page << leaf_order < leaf;) leaf_order++;
  for (table_order = 0; 1ull << table_order < table_pages;) table_order++;
  frames = bytes / page + sections * 4 + 4096;
  /* Tables first, so that they lie in the arena; then pages of leaves, which nobody touches. */
  uint64_t tables = leaf ? sections / 32 + 1024 : sections * 8 + 1024;
  arena = aligned_alloc(page, (tables + 2) * page << table_order);
  memset(arena, 0, (tables + 2) * page << table_order);
  root = 0;
  if (leaf) {
    make_list(leaf_order, (tables + 2) << (table_order + 1), frames >> leaf_order ? (bytes / leaf + 64) : 1);
    if (table_order != leaf_order) make_list(table_order, 1ull << table_order, tables);
  } else {
    make_list(0, 1, tables);
    if (table_order) make_list(table_order, 1ull << table_order, tables);
    /* Base pages and tables come from one list where they have one order: the arena holds what is needed of it. */
    arena = realloc(arena, (frames + 8) * page);
    memset(arena, 0, page << table_order);
    make_list(0, table_order ? tables << table_order : 1, frames - 8);
  }
  if (marks) leaves = calloc(bytes + 2 * section_pages * struct_page, 1);
  groups = 4096, slots = calloc(groups * SLOTS_PER_GROUP * 2, sizeof *slots), listed = calloc(sections * 64 + 64, 2 * sizeof *listed);
  uint64_t unit = halves ? section_pages / 2 : section_pages, units = sections * (halves ? 2 : 1), rounds;
  while (scanf("%lu", &rounds) == 1) {
    uint64_t from = now();
    for (; rounds; rounds--) {
      for (uint64_t i = 0; i < units; i++) add(FIRST_PFN + i * unit, unit);
      for (uint64_t i = 0; i < units; i++) remove_pages(FIRST_PFN + i * unit, unit);
    }
    printf("%lu\n", now() - from);
    fflush(stdout);
  }
  return 0;
}
