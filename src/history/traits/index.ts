// SPDX-License-Identifier: GPL-2.0-only

import { ARM64_TRAITS } from './arm64.js';
import { GENERIC_TRAITS } from './generic.js';
import { LOONGARCH_TRAITS } from './loongarch.js';
import { MEMORY_HOTPLUG_TRAITS } from './memory-hotplug.js';
import type { ProposedTraitKey } from './proposed.js';
import { PPC64_TRAITS } from './ppc64.js';
import { RISCV_TRAITS } from './riscv.js';
import { S390_TRAITS } from './s390.js';
import type { Trait } from './trait.js';
import { X86_TRAITS } from './x86.js';

export { PROPOSED_TRAIT_KEYS, PROPOSED_TRAITS, type ProposedTrait, type ProposedTraitKey } from './proposed.js';
export type { Confidence, StableChanges, StableLevels, Trait } from './trait.js';

/** Every trait, a file for each room of the kernel. */
export const TRAITS = {
  ...GENERIC_TRAITS,
  ...X86_TRAITS,
  ...ARM64_TRAITS,
  ...PPC64_TRAITS,
  ...S390_TRAITS,
  ...RISCV_TRAITS,
  ...LOONGARCH_TRAITS,
  ...MEMORY_HOTPLUG_TRAITS,
} as const satisfies Record<string, Trait>;

/** What code calls a trait: `kernel.traits.x86DeferredTail`. */
export type TraitKey = keyof typeof TRAITS;

/** The traits of one kernel, resolved once; code reads a plain boolean. */
export type Traits = Readonly<Record<TraitKey | ProposedTraitKey, boolean>>;

/** Traits of an architecture's own code; the rest is of code that all share. */
const ARCH_TRAITS: Readonly<Record<string, Readonly<Record<string, Trait>>>> = {
  x86_64: X86_TRAITS,
  arm64: ARM64_TRAITS,
  ppc64: PPC64_TRAITS,
  s390: S390_TRAITS,
  riscv64: RISCV_TRAITS,
  loongarch64: LOONGARCH_TRAITS,
};

export const TRAIT_KEYS = Object.keys(TRAITS) as readonly TraitKey[];

/** The traits that can matter to an architecture. */
export function traitsOn(arch: string): TraitKey[] {
  const others = Object.entries(ARCH_TRAITS).flatMap(([name, traits]) => (name === arch ? [] : Object.keys(traits)));
  return TRAIT_KEYS.filter((key) => !others.includes(key));
}
