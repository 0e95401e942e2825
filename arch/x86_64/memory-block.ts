// SPDX-License-Identifier: GPL-2.0-only

/** Memory blocks, probe_memory_block_size() of arch/x86/mm/init_64.c. */

/** MIN_MEMORY_BLOCK_SIZE, bytes: a section. */
export const MIN_MEMORY_BLOCK_SIZE = 2 ** 27;
/** MAX_BLOCK_SIZE, bytes. */
export const MAX_MEMORY_BLOCK_SIZE = 2 ** 31;
/** So much memory has larger blocks, bytes. */
export const MEM_SIZE_FOR_LARGE_BLOCK = 64 * 2 ** 30;

/** The largest size that divides the end of memory, if there is much. @param endOfRam first byte address behind boot memory */
export function probeMemoryBlockSize(endOfRam: number): number {
  if (endOfRam < MEM_SIZE_FOR_LARGE_BLOCK) return MIN_MEMORY_BLOCK_SIZE;
  let size = MAX_MEMORY_BLOCK_SIZE;
  while (size > MIN_MEMORY_BLOCK_SIZE && endOfRam % size !== 0) size /= 2;
  return size;
}
