/* SPDX-License-Identifier: GPL-2.0-only */
static struct list_head emu_no_roots = { &emu_no_roots, &emu_no_roots };
#define emu_arch_pgd_list() (&emu_no_roots)
#define emu_arch_boot() ((void)0)
