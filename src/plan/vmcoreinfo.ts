// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/input.js';
import { linesOf, shortened } from './printed.js';

/** VMCOREINFO: lines KEY=value that a kernel leaves for those who read its memory. It alone states sizeof(struct page). */

export interface Vmcoreinfo {
  /** The emulator's name of the architecture, as far as the keys or the release's name tell it. */
  arch?: string;
  /** OSRELEASE, as uname -r prints it. */
  kernelRelease?: string;
  /** PAGE_SIZE, bytes. */
  pageSize?: number;
  /** sizeof(struct page), bytes. */
  structPageSize?: number;
  sectionSizeBits?: number;
  vaBits?: number;
  /** x86_64. */
  pagingLevels?: number;
  /** ppc64. */
  mmu?: 'radix' | 'hash';
}

/** A number of VMCOREINFO, and what it can be. */
interface NumberKey {
  readonly key: string;
  readonly field: 'pageSize' | 'structPageSize' | 'sectionSizeBits' | 'vaBits';
  readonly from: number;
  readonly to: number;
}

const NUMBERS: readonly NumberKey[] = [
  { key: 'PAGESIZE', field: 'pageSize', from: 4096, to: 65536 },
  { key: 'SIZE(page)', field: 'structPageSize', from: 8, to: 256 },
  { key: 'NUMBER(SECTION_SIZE_BITS)', field: 'sectionSizeBits', from: 21, to: 34 },
  { key: 'NUMBER(VA_BITS)', field: 'vaBits', from: 36, to: 57 },
];

/** Flags that a kernel writes as 0 or 1. */
const RADIX_MMU = 'NUMBER(RADIX_MMU)';
const FIVE_LEVELS = 'NUMBER(pgtable_l5_enabled)';
/** MAX_PHYSMEM_BITS of x86_64 with five levels (arch/x86/include/asm/sparsemem.h). */
const PHYSMEM_BITS = 'NUMBER(MAX_PHYSMEM_BITS)';
const PHYSMEM_BITS_OF_FIVE_LEVELS = 52;
/** TCR_EL1.T1SZ: bits that an address of the kernel has less than 64, on the CPU that runs. */
const T1SZ = 'NUMBER(TCR_EL1_T1SZ)';

/** Keys that one architecture alone writes (arch_crash_save_vmcoreinfo). */
const KEYS_OF_ARCH: Readonly<Record<string, readonly string[]>> = {
  ppc64: [RADIX_MMU, 'SYMBOL(vmemmap_list)', 'SYMBOL(mmu_vmemmap_psize)'],
  x86_64: [FIVE_LEVELS, 'NUMBER(phys_base)', 'SYMBOL(init_top_pgt)', 'NUMBER(sme_mask)'],
  arm64: ['NUMBER(kimage_voffset)', T1SZ, 'NUMBER(PHYS_OFFSET)', 'NUMBER(tagged_addr_ctrl)'],
  s390: ['SYMBOL(lowcore_ptr)', 'SAMODE31', 'EAMODE31', 'IDENTITYBASE'],
  riscv64: ['NUMBER(phys_ram_base)', 'NUMBER(satp)'],
};

/** How the names of kernels end, by architecture: "5.14.0-570.el9.x86_64", "6.12.95+deb12-arm64". */
const RELEASE_ENDS: readonly (readonly [end: RegExp, arch: string])[] = [
  [/[.-](x86_64|amd64)$/, 'x86_64'],
  [/[.-](aarch64|arm64)(-16k|-64k|\+64k)?$/, 'arm64'],
  [/[.-](ppc64le|ppc64|powerpc64le|powerpc64)(-64k|-4k)?$/, 'ppc64'],
  [/[.-]s390x$/, 's390'],
  [/[.-]riscv64$/, 'riscv64'],
  [/[.-]loong(arch)?64$/, 'loongarch64'],
];

const archOf = (values: ReadonlyMap<string, string>): string | undefined =>
  Object.entries(KEYS_OF_ARCH).find(([, keys]) => keys.some((key) => values.has(key)))?.[0] ??
  RELEASE_ENDS.find(([end]) => end.test(values.get('OSRELEASE') ?? ''))?.[1];

/**
 * What VMCOREINFO says of a machine. Other keys are left alone.
 * @throws InputError where it says nothing of it, or something that cannot be
 */
export function importVmcoreinfo(text: string, file: string): Vmcoreinfo {
  const values = new Map<string, string>();
  for (const { text: line } of linesOf(text)) {
    const at = line.indexOf('=');
    if (at > 0) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const numberOf = (key: string, from: number, to: number): number | undefined => {
    const value = values.get(key);
    if (value === undefined) return undefined;
    const number = /^(\d{1,15}|0x[0-9a-f]{1,12})$/i.test(value) ? Number(value) : NaN;
    if (number >= from && number <= to) return number;
    throw new InputError(`${file}: ${key} is "${shortened(value)}"; it must be a number from ${from} to ${to}`);
  };
  const info: Vmcoreinfo = {};
  const release = values.get('OSRELEASE');
  if (release !== undefined) info.kernelRelease = release;
  for (const { key, field, from, to } of NUMBERS) {
    const number = numberOf(key, from, to);
    if (number !== undefined) info[field] = number;
  }
  const arch = archOf(values);
  if (arch !== undefined) info.arch = arch;
  const radix = numberOf(RADIX_MMU, 0, 1);
  if (radix !== undefined) info.mmu = radix === 1 ? 'radix' : 'hash';
  const fiveLevels = numberOf(FIVE_LEVELS, 0, 1);
  const physmemBits = numberOf(PHYSMEM_BITS, 30, 64);
  if (fiveLevels !== undefined) info.pagingLevels = fiveLevels === 1 ? 5 : 4;
  else if (arch === 'x86_64' && physmemBits === PHYSMEM_BITS_OF_FIVE_LEVELS) info.pagingLevels = 5;
  const t1sz = numberOf(T1SZ, 0, 63);
  if (t1sz !== undefined && info.vaBits !== undefined) info.vaBits = Math.min(info.vaBits, 64 - t1sz);
  if (Object.keys(info).length > 0) return info;
  const keys = ['OSRELEASE', ...NUMBERS.map(({ key }) => key)].join(', ');
  throw new InputError(`${file}: it is no VMCOREINFO; it has none of ${keys}`);
}
