// SPDX-License-Identifier: GPL-2.0-only

import type { MachineConfig } from '../../arch/architecture.js';

/** Memory blocks of a guest: what comes and goes as one through /sys/devices/system/memory. */

/** Smallest memory block by architecture, bytes: MIN_MEMORY_BLOCK_SIZE of x86_64, a logical memory block of pseries. */
export const MIN_MEMORY_BLOCK_SIZE: Readonly<Record<string, number>> = {
  x86_64: 2 ** 27,
  ppc64: 2 ** 28,
};

/** Bytes of a memory block that a guest has without being asked; on arm64 a section. */
export const usualBlockSize = ({ arch, sectionSizeBits }: MachineConfig): number =>
  MIN_MEMORY_BLOCK_SIZE[arch] ?? 2 ** sectionSizeBits;
