/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic: linux/align.h, minmax.h, math.h, log2.h, bits.h, const.h, sizes.h, kconfig.h, container_of.h, overflow.h. */
#define _AT(t, x) ((t)(x))
#define _AC(x, y) x##y
#define UL(x) ((unsigned long)(x))
#define _UL(x) ((unsigned long)(x))
#define SZ_2M 0x200000UL
#define SZ_8M 0x800000UL
#define SZ_16M 0x1000000UL
#define SZ_1G 0x40000000UL
#define ALIGN(x, a) (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define roundup(x, y) ((((x) + (y) - 1) / (y)) * (y))
#define round_up(x, y) ALIGN(x, y)
#define rounddown(x, y) ((x) - (x) % (y))
#define round_down(x, y) ALIGN_DOWN(x, y)
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define swap(a, b) do { __typeof__(a) t_ = (a); (a) = (b); (b) = t_; } while (0)
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1UL << (n))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#define is_power_of_2(n) ((n) && !((n) & ((n) - 1)))
#define ilog2(n) (63 - __builtin_clzl(n))
#define offsetof(t, m) __builtin_offsetof(t, m)
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))
#define struct_size_t(t, m, n) (sizeof(t) + sizeof(((t *)0)->m[0]) * (n))
#define struct_size(p, m, n) (sizeof(*(p)) + sizeof((p)->m[0]) * (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define cpu_to_be64(x) __builtin_bswap64(x)
#define be64_to_cpu(x) __builtin_bswap64(x)

/* IS_ENABLED(): whether a name is defined to 1. */
#define EMU_SECOND(first, second, ...) second
#define EMU_IS_ONE_1 0, 1
#define EMU_ENABLED(...) EMU_SECOND(__VA_ARGS__, 0, 0)
#define EMU_PASTED(x) EMU_ENABLED(EMU_IS_ONE_##x)
#define IS_ENABLED(x) EMU_PASTED(x)
#define IS_BUILTIN(x) EMU_PASTED(x)
