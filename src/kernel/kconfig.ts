// SPDX-License-Identifier: GPL-2.0-only

/** What an architecture's configuration says of memmaps; mm/ asks it, no code of the architecture does. */
export interface MemmapKconfig {
  /** ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: the memmap of compound device pages may be folded. */
  readonly optimizesDaxVmemmap: boolean;
  /** CONFIG_HOLES_IN_ZONE: pfn_valid() is asked for single pages of boot memory, and memblock answers. */
  readonly holesInZone?: boolean;
  /** ARCH_MHP_MEMMAP_ON_MEMORY_ENABLE: memory blocks may hold their own memmap, as far as the rest allows it. */
  readonly selectsMemmapOnMemory: boolean;
  /** arch_supports_memmap_on_memory(). @param memmapBytes memmap of one memory block */
  supportsMemmapOnMemory(memmapBytes: number): boolean;
}
