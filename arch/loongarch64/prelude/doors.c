/* SPDX-License-Identifier: GPL-2.0-only */
u64 emu_empty[EMU_LEVELS];
EXPORT(empty_table) void emu_set_empty(int level, double pa)
{
	emu_empty[level] = (u64)pa | LOONGARCH_CACHED;
}
