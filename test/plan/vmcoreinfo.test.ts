// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { importVmcoreinfo } from '../../src/plan/vmcoreinfo.js';

/** What lines of VMCOREINFO say of a machine, architecture by architecture. */

const read = (...lines: string[]) => importVmcoreinfo(lines.join('\n'), 'f');

describe('x86_64', () => {
  // NUMBER(phys_base) is written by x86_64 alone.
  const X86 = 'NUMBER(phys_base)=0';
  const SPARSE = (bits: number): string => `NUMBER(MAX_PHYSMEM_BITS)=${bits}`;
  const L5 = (is: number): string => `NUMBER(pgtable_l5_enabled)=${is}`;

  test('pgtable_l5_enabled is the levels of the page table, whatever physical addresses there can be', () => {
    expect(read(L5(1))).toEqual({ arch: 'x86_64', pagingLevels: 5 });
    expect(read(L5(0))).toEqual({ arch: 'x86_64', pagingLevels: 4 });
    expect(read(L5(0), SPARSE(52))).toEqual({ arch: 'x86_64', pagingLevels: 4 });
    expect(read(L5(1), SPARSE(46))).toEqual({ arch: 'x86_64', pagingLevels: 5 });
  });

  test('without it MAX_PHYSMEM_BITS of 52 is what five levels have; 46 says nothing', () => {
    expect(read(X86, SPARSE(52))).toEqual({ arch: 'x86_64', pagingLevels: 5 });
    expect(read(X86, SPARSE(46))).toEqual({ arch: 'x86_64' });
    expect(read(X86)).toEqual({ arch: 'x86_64' });
  });

  test('a number that cannot be is refused with its key and what is allowed', () => {
    expect(() => read(L5(2))).toThrow('f: NUMBER(pgtable_l5_enabled) is "2"; it must be a number from 0 to 1');
    expect(() => read(X86, SPARSE(29))).toThrow('it must be a number from 30 to 64');
  });

  test.each(['6.12.117+deb12-amd64', '5.14.0-427.el9.x86_64'])('%s is a name that its kernels have', (release) => {
    expect(read(`OSRELEASE=${release}`)).toEqual({ arch: 'x86_64', kernelRelease: release });
  });
});

describe('arm64', () => {
  const VA_BITS = (bits: number): string => `NUMBER(VA_BITS)=${bits}`;
  const T1SZ = (size: string | number): string => `NUMBER(TCR_EL1_T1SZ)=${size}`;

  test('TCR_EL1.T1SZ tells what the hardware addresses of what the kernel is built for', () => {
    expect(read(VA_BITS(52), T1SZ('0x10'))).toEqual({ arch: 'arm64', vaBits: 48 });
    expect(read(VA_BITS(52), T1SZ(12))).toEqual({ arch: 'arm64', vaBits: 52 });
    expect(read(VA_BITS(39), T1SZ('0x19'))).toEqual({ arch: 'arm64', vaBits: 39 });
    expect(read(VA_BITS(48), T1SZ(12))).toEqual({ arch: 'arm64', vaBits: 48 });
  });

  test('one of them alone changes nothing', () => {
    expect(read('NUMBER(PHYS_OFFSET)=0', VA_BITS(52))).toEqual({ arch: 'arm64', vaBits: 52 });
    expect(read(T1SZ(16))).toEqual({ arch: 'arm64' });
  });

  test('numbers that cannot be are refused', () => {
    expect(() => read(VA_BITS(48), T1SZ(64))).toThrow(
      'f: NUMBER(TCR_EL1_T1SZ) is "64"; it must be a number from 0 to 63',
    );
    expect(() => read(T1SZ(16), VA_BITS(58))).toThrow('it must be a number from 36 to 57');
    expect(() => read(T1SZ(16), VA_BITS(35))).toThrow('it must be a number from 36 to 57');
  });

  test.each(['6.12.95+deb12-arm64', '7.0.13+deb13-arm64-16k', '5.14.0-427.el9.aarch64+64k'])(
    '%s is a name that its kernels have',
    (release) => {
      expect(read(`OSRELEASE=${release}`)).toEqual({ arch: 'arm64', kernelRelease: release });
    },
  );
});

describe('ppc64', () => {
  const RADIX = (is: number): string => `NUMBER(RADIX_MMU)=${is}`;

  test('RADIX_MMU is the MMU; without it nothing is said of it', () => {
    expect(read(RADIX(1))).toEqual({ arch: 'ppc64', mmu: 'radix' });
    expect(read(RADIX(0))).toEqual({ arch: 'ppc64', mmu: 'hash' });
    expect(read('SYMBOL(vmemmap_list)=c0000000')).toEqual({ arch: 'ppc64' });
    expect(() => read(RADIX(2))).toThrow('f: NUMBER(RADIX_MMU) is "2"; it must be a number from 0 to 1');
  });
});
