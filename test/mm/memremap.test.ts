// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { idle, PFN, play, SECTION, SUBSECTION } from '../scenarios.js';
import { memremapPages } from '../../src/mm/memremap.js';

const machine = { arch: 'x86_64' } as const;
const device = (more: object = {}) => ({
  op: 'memremap-pages' as const,
  device: 'd0',
  pfn: PFN,
  nrPages: SECTION,
  ...more,
});

describe('memremap_pages()', () => {
  test('takes two vmemmap pages for a compound page of 2 MiB: the rest maps the tail page again', () => {
    const [state] = play({ machine, steps: [device({ compoundSize: '2M' })] });
    const compounds = SECTION / SUBSECTION;
    expect(state!.counters).toMatchObject({ setPte: 512, allocPages: 3 + 2 * compounds });
  });

  test('gives shared tail pages back with their last entry', () => {
    const [, unmapped] = play({
      machine,
      steps: [device({ compoundSize: '2M' }), { op: 'memunmap-pages', device: 'd0' }],
    });
    expect(unmapped).toMatchObject({ leaves: [], violations: [], ram: { pages: 1 } });
  });

  test('under hash it goes on by Linux’s own table until 6.2, which the hardware does not read', () => {
    const hash = { arch: 'ppc64', mmu: 'hash' } as const;
    const compounds = (kernel: string) =>
      play({ machine: { ...hash, kernel }, steps: [device({ nrPages: 512, compoundSize: '16M' })] })[0]!;
    const [folded, full] = ['6.2', '6.3'].map(compounds);
    // The struct pages that it initialises then are mapped for nobody.
    expect(folded).toMatchObject({ ret: 'BUG', counters: { setPte: 2 }, hptes: [] });
    expect(full!.counters['setPte']).toBeUndefined();
    expect(full!.hptes).toHaveLength(1);
  });

  test('a compound page larger than a section lets later sections map the tail page of the first', () => {
    const { kernel, memory } = idle(machine);
    const range = { pfn: 0x40000 * 4, nrPages: 0x40000 };
    const gigabyte = { id: 'd0', nid: 0, ...range, altmap: null, vmemmapShift: 18, isPrivate: false };
    expect(memremapPages(memory, gigabyte)).toBe(0);
    const frame = (page: number): number => kernel.arch.mmu.walk(kernel.vmemmap + gigabyte.pfn * 64 + page * 4096)!.pa;
    expect(frame(1)).not.toBe(frame(0));
    expect(frame(4095)).toBe(frame(1));
  });

  test('folds nothing where the memmap lies on the device, or where struct pages do not divide a page', () => {
    const altmaps = { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 1024 } };
    const [own] = play({ machine, altmaps, steps: [device({ compoundSize: '2M', altmap: 'dev' })] });
    expect(own!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pmd altmap:100000']);
    const [odd] = play({ machine: { ...machine, structPageSize: 80 }, steps: [device({ compoundSize: '2M' })] });
    expect(odd!.leaves).toEqual(['ffffea0005000000-ffffea0005400000 pmd ram']);
  });

  test('compound pages with no more than two vmemmap pages are not folded, in both trees', () => {
    const counts = ['6.1.192', '6.12.117'].map(
      (kernel) =>
        play({ machine: { ...machine, kernel }, steps: [device({ compoundSize: '512K' })] })[0]!.counters['setPte'] ??
        0,
    );
    expect(counts).toEqual([0, 0]);
  });

  test('refuses a range whose first or last page is a device already', () => {
    const [, second] = play({ machine, steps: [device({ nrPages: SUBSECTION }), device({ device: 'd1' })] });
    expect(second).toMatchObject({ ret: -12, violations: ['warn:Conflicting mapping in same section'] });
  });

  test('an altmap that does not come back whole is warned of when the device goes', () => {
    const altmaps = { dev: { basePfn: PFN + SECTION, endPfn: PFN + 2 * SECTION - 1, free: 2048 } };
    const steps = [
      { op: 'add-pages' as const, pfn: PFN + SECTION - SUBSECTION, nrPages: SUBSECTION },
      device({ pfn: PFN + SECTION, altmap: 'dev' }),
      { op: 'memunmap-pages' as const, device: 'd0' },
    ];
    const last = play({ machine: { ...machine, structPageSize: 80 }, altmaps, steps })[2]!;
    expect(last.violations.at(-1)).toBe('warn:failed to free all reserved pages');
  });
});
