/* SPDX-License-Identifier: GPL-2.0-only */
/* One CPU, nothing interrupts: locks, RCU, the scheduler, statistics, caches of addresses. */
typedef struct {
	int unused;
} spinlock_t;
struct mutex {
	int unused;
};
struct rcu_head {
	void *next;
	void (*func)(struct rcu_head *head);
};
#define DEFINE_SPINLOCK(x) spinlock_t x
#define DEFINE_MUTEX(x) struct mutex x
#define spin_lock(l) ((void)(l))
#define spin_unlock(l) ((void)(l))
#define mutex_lock(l) ((void)(l))
#define mutex_unlock(l) ((void)(l))
#define mutex_trylock(l) 1
#define mutex_is_locked(l) 1
#define lockdep_assert_held(l) ((void)(l))
#define lockdep_is_held(l) 1
#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_read_lock_sched() ((void)0)
#define rcu_read_unlock_sched() ((void)0)
#define rcu_dereference_check(p, c) (p)
#define cond_resched() ((void)0)
#define mem_hotplug_begin() ((void)0)
#ifdef WANT_flush_cache_vmap
#define flush_cache_vmap(s, e) ((void)0)
#endif
#define sync_global_pgds_nop(s, e) ((void)0)
#define page_init_poison(p, n) ((void)0)
#define kasan_init(x) ((void)0)

/* nr_memmap_pages and nr_memmap_boot_pages of /proc/vmstat. */
#define memmap_pages_add(n) emu_memmap_pages(0, (double)(s64)(n))
#define memmap_boot_pages_add(n) emu_memmap_pages(1, (double)(s64)(n))
