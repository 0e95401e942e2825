// SPDX-License-Identifier: GPL-2.0-only

import type { Bench, BenchMachine } from '../bench-machine.js';

const HASH: BenchMachine['machine'] = { arch: 'ppc64', mmu: 'hash', pageSize: '64K' };

export const BENCH: Bench = {
  place: 3,
  machines: [
    {
      name: 'ppc64 radix 64K',
      machine: { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
      suites: ['cycle', 'altmap', 'subsection', 'compound', 'struct-page', 'block-size', 'release'],
    },
    {
      name: 'ppc64 radix 4K',
      machine: { arch: 'ppc64', mmu: 'radix', pageSize: '4K' },
      suites: ['cycle', 'altmap', 'compound'],
    },
    { name: 'ppc64 hash 64K', machine: HASH, suites: ['cycle', 'altmap'] },
    // Hash is run by a hypervisor more often than not.
    { name: 'ppc64 hash 64K under powervm', machine: HASH, hypervisor: 'powervm', suites: ['cycle'] },
    { name: 'ppc64 hash 64K under kvm', machine: HASH, hypervisor: 'kvm', suites: ['cycle'] },
  ],
};
