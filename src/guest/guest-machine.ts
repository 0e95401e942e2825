// SPDX-License-Identifier: GPL-2.0-only

import type { GuestMachine } from '../../arch/guest-machine.js';
import { ARCHITECTURES } from '../scenario/names.js';
import type { Architecture } from '../../arch/architecture.js';

/** Architectures for which there is a guest. */

export type GuestArchitecture = Architecture & { readonly guest: GuestMachine };

export const GUEST_ARCHITECTURES: readonly GuestArchitecture[] = ARCHITECTURES.filter(
  (architecture): architecture is GuestArchitecture => architecture.guest !== undefined,
);

/**
 * Memory devices end here. q35 moves all memory above 4 GiB if device memory with 1 GiB more for each slot reaches
 * 0xfd00000000 (AMD_HT_START, hw/i386/pc.c); the CPUs of the other machines address 2^40 bytes and more.
 */
export const GUEST_ADDRESS_LIMIT = 0xf000000000;
