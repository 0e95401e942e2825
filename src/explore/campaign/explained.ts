// SPDX-License-Identifier: GPL-2.0-only

/**
 * What explains the kinds of violation that the campaign found. Where it breaks the same through the same
 * function as an entry, `like` and `follows` of the result say so; that two ways through the kernel are one bug is a
 * reader's judgement, and stands here.
 */
export interface Explanation {
  /** Numbers of entries in the catalogue, each for the releases that have it; none where the kernel does what it means to. */
  readonly entries: readonly string[];
  /** Keys of the findings: machine, invariant, function. */
  readonly findings: readonly string[];
  /** How the entry shows in them. */
  readonly why: string;
}

/** Keys of one machine. */
const on = (machine: string, ...kinds: readonly string[]): string[] => kinds.map((kind) => `${machine} ${kind}`);

export const EXPLANATIONS: readonly Explanation[] = [
  {
    entries: ['R2'],
    findings: on(
      'riscv64 4K',
      'no-crash memory_block_online',
      'no-hole __add_pages',
      'no-hole vmemmap_populate_address',
    ),
    why: 'A leaf could not be had for the end of a section, and the table that took its place counts as mapped for the section behind it; going online reads the struct pages that are not there.',
  },
  {
    entries: ['R3'],
    findings: on(
      'riscv64 4K',
      'no-cross-talk remove_pmd_mapping',
      'no-cross-talk vmemmap_populate_hugepages',
      'no-hole remove_pmd_mapping',
      'roll-back remove_pmd_mapping',
    ),
    why: 'The undo of a failed add, or of the second section of one, takes the leaf in which the section before ends; what is added next gets a fresh leaf there.',
  },
  {
    entries: ['R4'],
    findings: on(
      'riscv64 4K',
      'altmap-books __add_pages',
      'altmap-books __remove_pages',
      'altmap-books try_remove_memory',
      'no-leak __add_pages',
      'no-leak __remove_pages',
      'right-owner remove_pmd_mapping',
    ),
    why: 'The shared leaf goes to the altmap, or to the page allocator, of whoever leaves, be it by the undo of a failed add.',
  },
  {
    entries: ['L1'],
    findings: ['4K', '16K', '64K'].flatMap((page) =>
      on(
        `loongarch64 ${page}`,
        'no-leak __remove_pages',
        'no-leak try_remove_memory',
        'no-leak vmemmap_populate_hugepages',
        'roll-back add_memory_resource',
        'roll-back vmemmap_populate_hugepages',
      ),
    ),
    why: 'Nothing is ever freed, be it removed or the undo of an add that failed.',
  },
  {
    entries: ['L1'],
    findings: ['4K', '16K', '64K'].flatMap((page) =>
      on(`loongarch64 ${page}`, 'no-leak vmemmap_populate_range', 'roll-back vmemmap_populate_range'),
    ),
    why: 'The base pages of an add that failed behind them are never freed.',
  },
  {
    entries: ['X10', 'B02'],
    findings: on('x86_64 4K', 'no-cross-talk vmemmap_populate_hugepages'),
    why: 'The leaf held PAGE_UNUSED when it was taken and goes with its first section; the next add maps another frame under the second. Before 5.13 nothing is written behind a section at all.',
  },
  {
    entries: ['X10', 'B02', 'X06'],
    findings: on(
      'x86_64 4K',
      'no-crash memory_block_online',
      'no-cross-talk remove_pmd_table',
      'no-hole remove_pmd_table',
    ),
    why: 'The leaf goes with the first block, and setting the second online reads its struct pages. With a piece of a section it goes by X06 too, where its frame was clean.',
  },
  {
    entries: ['X10s'],
    findings: on(
      's390 4K',
      'no-hole modify_pmd_table',
      'no-hole try_free_pmd_table',
      'no-cross-talk modify_pmd_table',
      'no-cross-talk try_free_pmd_table',
    ),
    why: 'The frame held PAGE_UNUSED when it was taken, be it from the last use of an altmap, and goes with its first section, or the table that it was alone in.',
  },
  {
    entries: ['X08'],
    findings: on('arm64 16K', 'no-hole vmemmap_populate_address', 'no-hole __add_pages'),
    why: 'The page behind the one in which the memmap begins is not mapped.',
  },
  {
    entries: ['X09'],
    findings: on(
      'x86_64 4K',
      'no-cross-talk __remove_pages',
      'no-cross-talk memmap_init_range',
      'no-cross-talk memory_block_online',
      'no-cross-talk try_remove_memory',
      'no-cross-talk vmemmap_pmd_is_unused',
      'no-leak vmemmap_pmd_is_unused',
    ),
    why: 'The device left and came back, and two leaves are on one frame of its altmap: whoever writes the one memmap, be it by initialising it, by reading the zone of a page that was not online or by marking what is unused, writes the other.',
  },
  {
    entries: ['X09'],
    findings: on(
      'x86_64 4K',
      'no-cross-talk vmemmap_use_new_sub_pmd',
      'roll-back remove_pmd_table',
      'roll-back remove_pud_table',
    ),
    why: 'The twin of a leaf was filled with PAGE_UNUSED, so the leaf goes under memmap that is in use, be it with the undo of an add that failed; the next add maps another frame there.',
  },
  {
    entries: ['X05'],
    findings: on('x86_64 4K', 'no-leak __remove_pages', 'right-owner remove_pmd_table'),
    why: 'The neighbour that shares the leaf is a memory block, or it leaves last.',
  },
  {
    entries: ['X05'],
    findings: on(
      's390 4K',
      'altmap-books __remove_pages',
      'no-cross-talk __add_pages',
      'no-cross-talk __remove_pages',
      'no-cross-talk memmap_init_range',
      'no-cross-talk memory_block_online',
      'no-cross-talk try_remove_memory',
      'no-leak __remove_pages',
      'no-leak vmemmap_unuse_sub_pmd',
      'right-owner modify_pmd_table',
    ),
    why: 'vmem_free_pages() goes by the altmap of its caller as x86_64 does, and what X09 says follows too. It cannot happen to a user: no driver of s390 brings an altmap but for a whole block, and that fills whole frames of 1 MiB.',
  },
  {
    entries: ['X04'],
    findings: [
      ...on(
        'x86_64 4K',
        'roll-back __vmemmap_use_sub_pmd',
        'roll-back vmemmap_pmd_is_unused',
        'roll-back vmemmap_populate_address',
        'roll-back vmemmap_populate_hugepages',
        'roll-back vmemmap_populate_range',
        'roll-back vmemmap_use_new_sub_pmd',
      ),
      ...on(
        'arm64 4K',
        'roll-back __add_pages',
        'roll-back add_memory_resource',
        'roll-back vmemmap_populate_address',
        'roll-back vmemmap_populate_range',
        'roll-back vmemmap_populate_hugepages',
      ),
      ...on('arm64 16K', 'roll-back vmemmap_populate_address', 'roll-back vmemmap_populate_range'),
      ...on('arm64 64K', 'roll-back vmemmap_populate_range'),
      ...on('ppc64 4K radix', 'roll-back __add_pages', 'roll-back radix__vmemmap_pte_populate'),
      ...on('ppc64 64K radix', 'roll-back __add_pages', 'roll-back radix__vmemmap_pte_populate'),
      ...on(
        's390 4K',
        'roll-back __add_pages',
        'roll-back add_memory_resource',
        'roll-back modify_pmd_table',
        'roll-back modify_pte_table',
        'roll-back vmemmap_mark_sub_pmd_used',
        'roll-back vmemmap_use_new_sub_pmd',
      ),
      ...on(
        'riscv64 4K',
        'roll-back __add_pages',
        'roll-back add_memory_resource',
        'roll-back vmemmap_populate_hugepages',
        'roll-back vmemmap_populate_range',
      ),
    ],
    why: 'A later section of the range could not be had; the sections before it stay, with their leaves and tables.',
  },
  {
    entries: ['X06'],
    findings: on(
      'x86_64 4K',
      'no-cross-talk __add_pages',
      'no-cross-talk remove_pud_table',
      'no-hole remove_pud_table',
      'no-leak vmemmap_populate_range',
    ),
    why: 'The entries of the piece’s base pages lie in the struct pages of its neighbour: the neighbour’s bytes change, the pages are mapped nowhere, and when the neighbour goes the leaf goes under the piece.',
  },
  {
    entries: ['X06a'],
    findings: on('arm64 4K', 'no-cross-talk __add_pages', 'no-leak vmemmap_populate_range'),
    why: 'The entries of the piece’s base pages lie in the struct pages of its neighbour.',
  },
  {
    entries: ['B04'],
    findings: on(
      'x86_64 4K',
      'altmap-books __add_pages',
      'altmap-books __remove_pages',
      'right-owner remove_pte_table',
    ),
    why: 'Base pages of the altmap go to the page allocator, so the altmap is never told; the roll-back of an add that fails does it too.',
  },
  {
    entries: ['B10', 'B08'],
    findings: on(
      'arm64 4K',
      'no-hole free_empty_tables',
      'no-hole unmap_hotplug_range',
      'no-cross-talk free_empty_tables',
      'no-cross-talk unmap_hotplug_range',
      'no-cross-talk vmemmap_populate_hugepages',
      'roll-back free_empty_tables',
      'roll-back unmap_hotplug_range',
    ),
    why: 'The shared block (that of a piece of a section, where sections are 1 GiB), or the table of the pages that it was made of, goes with the first that leaves, be it by the roll-back of an add that failed; the next add then maps other frames there.',
  },
  {
    entries: ['X05a'],
    findings: on(
      'arm64 4K',
      'altmap-books __add_pages',
      'altmap-books __remove_pages',
      'altmap-books try_remove_memory',
      'no-leak __add_pages',
      'no-leak __remove_pages',
      'right-owner unmap_hotplug_range',
    ),
    why: 'What goes with the first that leaves, or with the roll-back of an add that failed, goes to the altmap of that call.',
  },
  {
    entries: ['B11h'],
    findings: on(
      'arm64 16K',
      'no-hole free_empty_tables',
      'no-cross-talk free_empty_tables',
      'no-cross-talk vmemmap_populate_range',
      'altmap-books __remove_pages',
      'no-leak __remove_pages',
      'right-owner unmap_hotplug_pte_range',
    ),
    why: 'The shared page goes with the first that leaves, and to the altmap of that call, whoever it came from; the next add maps another there.',
  },
  {
    entries: ['B11'],
    findings: on(
      'arm64 64K',
      'no-hole free_empty_tables',
      'no-hole unmap_hotplug_pte_range',
      'no-cross-talk free_empty_tables',
      'no-cross-talk vmemmap_populate_range',
      'no-cross-talk unmap_hotplug_pte_range',
      'altmap-books __remove_pages',
      'no-leak __remove_pages',
      'right-owner unmap_hotplug_pte_range',
    ),
    why: 'The shared page goes with the first that leaves, and to the altmap of that call, whoever it came from; the next add maps another there.',
  },
  {
    entries: ['B12'],
    findings: on('arm64 4K', 'no-hole __add_pages', 'no-hole vmemmap_populate_address', 'no-crash memory_block_online'),
    why: 'A block could not be had and base pages took its place; the next section finds their table, takes it for a block, and setting its memory block online faults.',
  },
  {
    entries: ['X07'],
    findings: on(
      'ppc64 4K radix',
      'no-leak radix__vmemmap_pte_populate',
      'roll-back add_memory_resource',
      'roll-back remove_pmd_table',
    ),
    why: 'Pages before the range are mapped, serve whoever comes there later, and go with the roll-back of an add that failed.',
  },
  {
    entries: ['X01'],
    findings: on(
      's390 4K',
      'no-crash memory_block_online',
      'no-hole __add_pages',
      'no-hole add_memory_resource',
      'no-hole modify_pud_table',
      'no-cross-talk vmemmap_use_new_sub_pmd',
    ),
    why: 'A page table could not be had behind a first MiB that could; the next section fills the hole with frames of its own, or going online reads what is not there.',
  },
  {
    entries: ['B22'],
    findings: on('s390 4K', 'no-crash memmap_init_range'),
    why: 'The memmap lies in the standby block itself, and is written before the block is online.',
  },
  {
    entries: ['X16'],
    findings: on(
      'x86_64 4K',
      'flush-before-free __remove_pages',
      'flush-before-free remove_pmd_table',
      'flush-before-free remove_pte_table',
      'flush-before-free remove_pud_table',
      'flush-before-reuse __add_pages',
      'flush-before-reuse remove_pud_table',
      'flush-before-reuse vmemmap_populate_address',
    ),
    why: 'Leaves, base pages and tables go back, to the page allocator or to the altmap, as remove_pagetable() walks; the flush is its last line. The undo of an add that fails takes the same way, and what it gave back serves the next allocation of the step.',
  },
  {
    entries: ['X17'],
    findings: on('x86_64 4K', 'iommu-told-before-free remove_pmd_table', 'iommu-told-before-free remove_pud_table'),
    why: 'The table goes back as any page does.',
  },
  {
    entries: ['X16s'],
    findings: on(
      's390 4K',
      'flush-before-free __remove_pages',
      'flush-before-free add_memory_resource',
      'flush-before-free modify_pmd_table',
      'flush-before-free try_free_pmd_table',
      'flush-before-reuse __add_pages',
    ),
    why: 'Frames of 1 MiB and tables go back as modify_pagetable() walks, or to the altmap; the flush is behind the walk. The undo of an add that fails takes the same way.',
  },
  {
    entries: ['X16r'],
    findings: [
      ...on('ppc64 4K radix', 'flush-before-free __remove_pages', 'flush-before-free remove_pmd_table'),
      ...on('ppc64 64K radix', 'flush-before-free remove_pmd_table'),
    ],
    why: 'Leaves, base pages and tables go back, to the page allocator or to the altmap, as remove_pagetable() walks; the flush is its last line.',
  },
  {
    entries: ['R6'],
    findings: on(
      'riscv64 4K',
      'flush-before-free __add_pages',
      'flush-before-free __remove_pages',
      'flush-before-free add_memory_resource',
      'flush-before-free remove_pmd_mapping',
      'hardware-rules remove_pmd_mapping',
    ),
    why: 'What remove_pgd_mapping() gives back on its way, or to the altmap, is held until the flush at its end; the undo of an add that fails takes the same way. The rule fence-before-reuse says the same of the hardware.',
  },
  {
    entries: [],
    findings: [
      ...on('ppc64 4K hash', 'no-warning vmemmap_list_alloc'),
      ...on('ppc64 64K hash', 'no-warning vmemmap_list_alloc'),
    ],
    why: 'vmemmap_list_alloc() warns where it gets no page for the list, by a WARN_ON(1) of its own; the add fails and leaves nothing behind.',
  },
  {
    entries: [],
    findings: on('x86_64 4K', 'no-warning arch_add_pages'),
    why: 'add_pages() warns where __add_pages() fails, by a WARN_ON_ONCE() of its own.',
  },
  {
    entries: ['X19', 'X19a'],
    findings: on(
      's390 4K',
      'pages-present memory_block_offline',
      'pages-present memory_block_online',
      'zone-spans memory_block_offline',
      'zone-spans memory_block_online',
    ),
    why: 'The memmap of a block that leaves the zone, or that did not get into it, is no whole number of subsections: the search for what the zone still has goes on half a subsection off.',
  },
];
