/* SPDX-License-Identifier: GPL-2.0-only */
/* linux/bitmap.h, bitops.h, find.h, list.h. */
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
static inline bool emu_bit(const unsigned long *map, unsigned int i)
{
	return map[i / BITS_PER_LONG] >> (i % BITS_PER_LONG) & 1;
}
#define test_bit(i, map) emu_bit(map, i)
static inline void bitmap_set(unsigned long *map, unsigned int first, unsigned int n)
{
	for (; n--; first++)
		map[first / BITS_PER_LONG] |= 1UL << (first % BITS_PER_LONG);
}
static inline bool bitmap_empty(const unsigned long *map, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		if (map[i])
			return false;
	return true;
}
static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		if (a[i] != b[i])
			return false;
	return true;
}
static inline bool bitmap_intersects(const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		if (a[i] & b[i])
			return true;
	return false;
}
static inline bool bitmap_and(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		any |= to[i] = a[i] & b[i];
	return any != 0;
}
static inline bool bitmap_andnot(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		any |= to[i] = a[i] & ~b[i];
	return any != 0;
}
static inline void bitmap_or(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		to[i] = a[i] | b[i];
}
static inline void bitmap_xor(unsigned long *to, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		to[i] = a[i] ^ b[i];
}
static inline unsigned long find_first_bit(const unsigned long *map, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		if (emu_bit(map, i))
			return i;
	return n;
}

struct list_head {
	struct list_head *next, *prev;
};
#define list_for_each_entry(p, head, m)                                    \
	for (p = container_of((head)->next, __typeof__(*p), m); &p->m != (head); \
	     p = container_of(p->m.next, __typeof__(*p), m))
