/* SPDX-License-Identifier: GPL-2.0-only */
/* Warnings and the log: linux/bug.h, printk.h, mmdebug.h. VM_WARN_ON() and its kin are those of a kernel without DEBUG_VM. */
#define EMU_WARNING 0
#define EMU_WARNING_ONCE 1
#define EMU_LINE 2
#define WARN(c, ...) ({ int hit_ = !!(c); if (hit_) emu_say(EMU_WARNING, __func__, __VA_ARGS__); hit_; })
#define WARN_ON(c) ({ int hit_ = !!(c); if (hit_) emu_say(EMU_WARNING, __func__, NULL); hit_; })
#define WARN_ON_ONCE(c) ({ int hit_ = !!(c); if (hit_) emu_say(EMU_WARNING_ONCE, __func__, NULL); hit_; })
#define WARN_ONCE(c, ...) ({ int hit_ = !!(c); if (hit_) emu_say(EMU_WARNING_ONCE, __func__, __VA_ARGS__); hit_; })
#define VM_WARN_ON_ONCE(c) ((void)sizeof(c))
#define VM_WARN_ON(c) ((void)sizeof(c))
#define VM_WARN_ONCE(c, ...) ((void)sizeof(c))
#define VM_BUG_ON(c) ((void)sizeof(c))
#define VM_BUG_ON_PAGE(c, p) ((void)sizeof(c))
#define BUG() emu_bug(__func__, __LINE__)
#define BUG_ON(c) do { if (c) BUG(); } while (0)
#define panic(...) BUG()
#define pr_debug(...) ((void)0)
#define pr_info(...) ((void)0)
#define pr_cont(...) ((void)0)
#define printk(...) ((void)0)
#define DBG(...) ((void)0)
#define pr_warn(...) emu_say(EMU_LINE, __func__, __VA_ARGS__)
#define pr_err(...) emu_say(EMU_LINE, __func__, __VA_ARGS__)
#define pr_warn_once(...) pr_warn(__VA_ARGS__)
#define pr_warn_ratelimited(...) pr_warn(__VA_ARGS__)
#define pr_err_once(...) pr_err(__VA_ARGS__)
#define warn_alloc(mask, nodes, ...) ((void)0)
#define dump_page(page, reason) ((void)0)
#define KERN_DEBUG
#define KERN_INFO
