// SPDX-License-Identifier: GPL-2.0-only

/*
 * Primitives of one x86_64 CPU, for a profile of the cycle model: fills, scans, copies, pointer chases, single stores, a
 * lock, a call. Compiled without vectorising, as kernel code is. Prints a line of JSON a row: cycles of a unit at the
 * core's own frequency, which a chain of dependent additions gives beside each row.
 *
 * usage: primitives SECONDS
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define ONCE(x) (*(volatile __typeof__(x) *)&(x))
#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)4096)
#define LINE ((size_t)64)
#define MAX_SAMPLES 4096
/* A sample is at least so many ticks, so that the cost of reading the clock is lost in it. */
#define LEAST_TICKS 20000.0

static uint64_t ticks(void) {
  uint32_t lo, hi;
  __asm__ volatile("lfence\n\trdtscp\n\tlfence" : "=a"(lo), "=d"(hi) : : "rcx", "memory");
  return (uint64_t)hi << 32 | lo;
}

/* The operations. Each does `n` units on [base, base + size). */
typedef void (*Operation)(char *base, size_t size, size_t n);

static NOINLINE void additions(char *base, size_t size, size_t n) {
  uint64_t x = (uint64_t)base, one = size | 1;
  for (; n; n--) __asm__ volatile("add %1, %0" : "+r"(x) : "r"(one) : "cc");
}

static NOINLINE void nothing(void) { __asm__ volatile(""); }
static NOINLINE void calls(char *base, size_t size, size_t n) {
  (void)base, (void)size;
  for (; n; n--) nothing();
}

static NOINLINE void locks(char *base, size_t size, size_t n) {
  uint32_t *lock = (uint32_t *)base;
  (void)size;
  for (*lock = 0; n; n--) {
    uint32_t old = 0;
    __atomic_compare_exchange_n(lock, &old, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    __asm__ volatile("movb $0, %0" : "+m"(*(uint8_t *)lock) : : "memory");
  }
}

/* Where an operation goes on in the next sample; 0 at the begin of a row. */
static size_t place;

static NOINLINE void chase(char *base, size_t size, size_t n) {
  void *p = base + place;
  (void)size;
  for (; n; n--) p = ONCE(*(void **)p);
  place = (size_t)((char *)p - base);
}

/* A page a unit, one behind the other, round and round. */
#define PAGES(body)                                     \
  size_t at = place;                                    \
  for (; n; n--) {                                      \
    char *p = base + at;                                \
    body;                                               \
    at = at + PAGE < size ? at + PAGE : 0;              \
  }                                                     \
  place = at;

static inline void string_fill(char *p, uint64_t byte) {
  size_t count = PAGE;
  __asm__ volatile("rep stosb" : "+D"(p), "+c"(count) : "a"(byte) : "memory");
}
static inline void loop64_fill(char *p, uint64_t word) {
  char *end = p + PAGE;
  __asm__ volatile(
      ".p2align 4\n1: mov %2, (%0)\nmov %2, 8(%0)\nmov %2, 16(%0)\nmov %2, 24(%0)\n"
      "mov %2, 32(%0)\nmov %2, 40(%0)\nmov %2, 48(%0)\nmov %2, 56(%0)\nadd $64, %0\ncmp %1, %0\njne 1b"
      : "+r"(p) : "r"(end), "r"(word) : "memory", "cc");
}
static inline void loop8_fill(char *p, uint64_t word) {
  char *end = p + PAGE;
  __asm__ volatile(".p2align 4\n1: mov %2, (%0)\nadd $8, %0\ncmp %1, %0\njne 1b" : "+r"(p) : "r"(end), "r"(word) : "memory", "cc");
}
static inline void scan_page(char *p, uint64_t word) {
  for (uint64_t *at = (uint64_t *)p, *end = at + PAGE / 8; at != end; at++)
    if (ONCE(*at) != word) abort();
}
static inline void copy_page(char *to, char *from) {
  size_t count = PAGE / 8;
  __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static NOINLINE void fill_string(char *base, size_t size, size_t n) { PAGES(string_fill(p, 0)) }
static NOINLINE void fill_loop64(char *base, size_t size, size_t n) { PAGES(loop64_fill(p, 0)) }
static NOINLINE void fill_loop8(char *base, size_t size, size_t n) { PAGES(loop8_fill(p, 0)) }
static NOINLINE void scan(char *base, size_t size, size_t n) { PAGES(scan_page(p, 0)) }
static NOINLINE void copy(char *base, size_t size, size_t n) {
  size_t half = size / 2;
  size = half;
  PAGES(copy_page(p + half, p))
}

#define NEXT(x) ((x) * 6364136223846793005ull + 1442695040888963407ull)
static uint64_t seed = 1;
static NOINLINE void addresses(char *base, size_t size, size_t n) {
  uint64_t x = seed, mask = size - LINE;
  for (; n; n--) {
    x = NEXT(x);
    __asm__ volatile("" : : "r"(base + (x >> 24 & mask)));
  }
  seed = x;
}
static NOINLINE void stores(char *base, size_t size, size_t n) {
  uint64_t x = seed, mask = size - LINE;
  for (; n; n--) {
    x = NEXT(x);
    ONCE(*(uint64_t *)(base + (x >> 24 & mask))) = x;
  }
  seed = x;
}

/* Every line of the range, or one of every page, in one random cycle (Sattolo). */
static void make_chase(char *base, size_t size, size_t stride) {
  size_t count = size / stride;
  uint32_t *order = malloc(count * sizeof *order);
  if (!order) exit(3);
  for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
  for (size_t i = count - 1; i > 0; i--) {
    seed = NEXT(seed);
    size_t j = (seed >> 33) % i;
    uint32_t swap = order[i];
    order[i] = order[j], order[j] = swap;
  }
  /* Lines of pages are spread over the sets of the caches. */
  for (size_t i = 0; i < count; i++) {
    size_t from = order[i], to = order[(i + 1) % count];
    size_t spread = stride > LINE ? LINE : 0;
    *(void **)(base + from * stride + from * spread % PAGE) = base + to * stride + to * spread % PAGE;
  }
  free(order);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double seconds_a_row, ticks_a_second;

/* Ticks of a unit: [0] least, [1] p10, [2] median. */
static void measure(Operation operation, char *base, size_t size, double result[3]) {
  static double samples[MAX_SAMPLES];
  size_t n = 1;
  for (;;) {
    uint64_t start = ticks();
    operation(base, size, n);
    double took = (double)(ticks() - start);
    if (took >= LEAST_TICKS || n > MIB * 64) break;
    n *= 2;
  }
  int taken = 0;
  for (uint64_t start = ticks(); taken < MAX_SAMPLES && (taken < 12 || (double)(ticks() - start) < seconds_a_row * ticks_a_second); taken++) {
    uint64_t t = ticks();
    operation(base, size, n);
    samples[taken] = (double)(ticks() - t) / (double)n;
  }
  qsort(samples, taken, sizeof *samples, ascending);
  result[0] = samples[0], result[1] = samples[taken / 10], result[2] = samples[taken / 2];
}

static void row(const char *id, Operation operation, char *base, size_t size) {
  double unit[3], add[3];
  place = 0;
  measure(operation, base, size, unit);
  double whole = seconds_a_row;
  seconds_a_row = whole / 20;
  measure(additions, base, size, add);
  seconds_a_row = whole;
  printf("{\"id\":\"%s\",\"min\":%.4f,\"p10\":%.4f,\"median\":%.4f,\"ghz\":%.3f}\n", id, unit[0] / add[1], unit[1] / add[1], unit[2] / add[1],
         ticks_a_second / add[1] / 1e9);
  fflush(stdout);
}

static char *memory(size_t size, int advice) {
  char *p = mmap(0, size + 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) exit(3);
  p = (char *)(((uintptr_t)p + 2 * MIB - 1) & ~(2 * MIB - 1));
  madvise(p, size, advice);
  memset(p, 0, size);
  return p;
}

int main(int argc, char **argv) {
  cpu_set_t set;
  if (argc != 2) return 2;
  /* On one CPU, the last of those allowed: the first serves most interrupts. */
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int last = -1;
    for (int i = 0; i < CPU_SETSIZE; i++)
      if (CPU_ISSET(i, &set)) last = i;
    CPU_ZERO(&set);
    CPU_SET(last, &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  uint64_t start = ticks();
  usleep(100000);
  ticks_a_second = (double)(ticks() - start) * 10;

  size_t l1 = (size_t)sysconf(_SC_LEVEL1_DCACHE_SIZE), l2 = (size_t)sysconf(_SC_LEVEL2_CACHE_SIZE), l3 = (size_t)sysconf(_SC_LEVEL3_CACHE_SIZE);
  if (l1 == 0 || l2 == 0) l1 = 32 * KIB, l2 = MIB;
  unsigned a = 0, b = 0, c = 0, d = 0, signature = 0, erms = 0, fsrs = 0;
  char vendor[13] = {0}, brand[49] = {0};
  __get_cpuid(0, &a, (unsigned *)vendor, (unsigned *)(vendor + 8), (unsigned *)(vendor + 4));
  for (unsigned i = 0; i < 3; i++) {
    unsigned *to = (unsigned *)(brand + 16 * i);
    __get_cpuid(0x80000002 + i, to, to + 1, to + 2, to + 3);
  }
  if (__get_cpuid(1, &a, &b, &c, &d)) signature = a;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) erms = b >> 9 & 1;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) fsrs = a >> 11 & 1;
  printf("{\"vendor\":\"%s\",\"brand\":\"%s\",\"cpuid\":\"%08x\",\"erms\":%u,\"fsrs\":%u,\"l1\":%zu,\"l2\":%zu,\"l3\":%zu}\n", vendor, brand,
         signature, erms, fsrs, l1, l2, l3);
  /* Half of what a level has, and 4 MiB beyond the second: what one core gets of the third is less than its size. */
  const struct { const char *name; size_t size; } SETS[] = {{"L1", PAGE}, {"L2", l2 / 2}, {"L3", l2 < 2 * MIB ? 4 * MIB : 3 * l2}, {"mem", 256 * MIB}};
  size_t most = 256 * MIB;
  char *large = memory(most, MADV_HUGEPAGE), *small = memory(most, MADV_NOHUGEPAGE);
  enum { ROWS = 37 };
  seconds_a_row = atof(argv[1]) / ROWS;

  row("call", calls, large, PAGE);
  row("lock", locks, large, PAGE);
  for (int i = 0; i < 4; i++) {
    const struct { const char *name; Operation operation; } KINDS[] = {{"fill.string", fill_string}, {"fill.loop64", fill_loop64}, {"fill.loop8", fill_loop8}, {"scan", scan}};
    char id[64];
    for (int k = 0; k < 4; k++) {
      memset(large, 0, SETS[i].size);
      snprintf(id, sizeof id, "%s.%s", KINDS[k].name, SETS[i].name);
      row(id, KINDS[k].operation, large, SETS[i].size);
    }
    snprintf(id, sizeof id, "copy.%s", SETS[i].name);
    row(id, copy, large, i == 0 ? 2 * PAGE : SETS[i].size);
    /* Powers of two, as the random addresses want them. */
    size_t power = PAGE;
    while (power * 2 <= SETS[i].size) power *= 2;
    snprintf(id, sizeof id, "store.address.%s", SETS[i].name);
    row(id, addresses, large, power);
    snprintf(id, sizeof id, "store.%s", SETS[i].name);
    row(id, stores, large, power);
    make_chase(large, i == 0 ? l1 / 2 : SETS[i].size, LINE);
    snprintf(id, sizeof id, "latency.%s", SETS[i].name);
    row(id, chase, large, SETS[i].size);
  }
  memset(small, 0, most);
  row("fill.loop64.base", fill_loop64, small, most);
  /* A line a page: within the second TLB and far beyond it, both in the second cache. */
  make_chase(small, 1024 * PAGE, PAGE);
  row("tlb.second", chase, small, 1024 * PAGE);
  make_chase(small, 8192 * PAGE, PAGE);
  row("tlb.walk", chase, small, 8192 * PAGE);
  return 0;
}
