/* SPDX-License-Identifier: GPL-2.0-only */
/* Types, annotations and error numbers: linux/types.h, compiler.h, errno.h, err.h, init.h, export.h. */
#define __KERNEL__ 1
typedef unsigned long u64;
typedef long s64;
typedef unsigned int u32;
typedef int s32;
typedef unsigned short u16;
typedef unsigned char u8;
typedef u64 __be64;
typedef u64 __u64;
typedef unsigned char uint8_t;
typedef unsigned long uint64_t;
typedef _Bool bool;
typedef unsigned long size_t;
typedef long ssize_t;
typedef unsigned long uintptr_t;
typedef unsigned int gfp_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef unsigned long pgoff_t;

#define true 1
#define false 0
#define NULL ((void *)0)
#define INT_MAX 0x7fffffff
#define UINT_MAX (~0U)
#define ULONG_MAX (~0UL)
#define BITS_PER_LONG 64
#define BITS_PER_BYTE 8

#define __meminit
#define __init
#define __ref
#define __weak __attribute__((weak))
#define __meminitdata
#define __initdata
#define __maybe_unused __attribute__((unused))
#define __always_inline inline __attribute__((always_inline))
#define __aligned(n) __attribute__((aligned(n)))
#define noinline __attribute__((noinline))
#define fallthrough ((void)0)
#define likely(x) (x)
#define unlikely(x) (x)
#define EXPORT_SYMBOL(x)
#define EXPORT_SYMBOL_GPL(x)
#define BUILD_BUG_ON(x)
#define MAYBE_BUILD_BUG_ON(x)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier() ((void)0)
#define smp_wmb() ((void)0)
#define smp_rmb() ((void)0)
#define smp_mb() ((void)0)

#define EPERM 1
#define ENOENT 2
#define ENXIO 6
#define E2BIG 7
#define EAGAIN 11
#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define MAX_ERRNO 4095
#define ERR_PTR(e) ((void *)(long)(e))
#define PTR_ERR(p) ((long)(p))
#define IS_ERR(p) ((unsigned long)(p) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR_VALUE(x) ((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
