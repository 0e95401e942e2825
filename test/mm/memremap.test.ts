// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { idle, PFN, play, SECTION, SUBSECTION } from '../scenarios.js';
import { memremapPages, memunmapPages } from '../../src/mm/memremap.js';
import { iomemLines } from '../../src/mm/resource.js';
import { sectionRuns } from '../../src/scenario/hotplug-state.js';

const machine = { arch: 'x86_64' } as const;
/** A device whose memmap lies in system memory, without compound pages. */
const plain = { nid: 0, altmap: null, vmemmapShift: 0, isPrivate: false };
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
    const frame = (page: number): number =>
      kernel.platform.mmu.walk(kernel.vmemmap + gigabyte.pfn * 64 + page * 4096)!.pa;
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

  test('and one whose last page is, and leaves it to sections to refuse what is taken in the middle', () => {
    const second = (pfn: number) =>
      play({
        machine,
        steps: [device({ pfn, nrPages: SUBSECTION }), device({ device: 'd1' }), device({ nrPages: SUBSECTION })],
      }).slice(1);
    expect(second(PFN + SECTION - SUBSECTION)[0]).toMatchObject({
      ret: -12,
      violations: ['warn:Conflicting mapping in same section'],
    });
    expect(second(PFN + SUBSECTION)[0]).toMatchObject({ ret: -17, violations: ['warn:add_pages'] });
    // The name of a device that is mapped is taken.
    expect(second(PFN + SUBSECTION)[1]).toMatchObject({ ret: -22, violations: [] });
  });

  test('is -ENXIO over System RAM, and over some that lies beside the memory of a driver', () => {
    const gpu = device({ device: 'gpu', pfn: PFN - SECTION, type: 'private' });
    const over = (pfn: number, nrPages: number) =>
      play({
        machine,
        steps: [
          gpu,
          { op: 'memunmap-pages', device: 'gpu' },
          { op: 'add-memory', pfn: PFN, nrPages: SECTION },
          device({ pfn, nrPages }),
        ],
      })[3];
    expect(over(PFN, SECTION)).toMatchObject({
      ret: -6,
      violations: ['warn:attempted on ram region 0x100000000-0x107ffffff'],
    });
    // Where there is no resource at all nothing is beside the memory.
    expect(over(PFN, 2 * SECTION)?.violations).toEqual(['warn:attempted on ram region 0x100000000-0x10fffffff']);
    expect(over(PFN - SECTION, 2 * SECTION)).toMatchObject({
      ret: -6,
      violations: ['warn:attempted on mixed region 0xf8000000-0x107ffffff'],
    });
    expect(over(PFN - SECTION, SECTION)).toMatchObject({ ret: 0, violations: [] });
  });

  test('before 5.3 maps every section that the device touches', () => {
    const touched = (release: string) => {
      const { kernel, memory } = idle({ ...machine, kernel: release });
      const range = { pfn: PFN + SUBSECTION, nrPages: SECTION };
      expect(memremapPages(memory, { ...plain, id: 'd0', ...range })).toBe(0);
      return sectionRuns(kernel).map((run) => run.replace(/ mt? ?/, ' ').trim());
    };
    expect(touched('5.2')).toEqual(['32-33']);
    expect(touched('5.3')).toEqual(['32 sub=fffffffffffffffe', '33 sub=1']);
    const second = (kernel: string) =>
      play({
        machine: { ...machine, kernel },
        steps: [device({ nrPages: SUBSECTION }), device({ device: 'd1', pfn: PFN + SUBSECTION, nrPages: SUBSECTION })],
      })[1];
    expect(second('5.2')).toMatchObject({ ret: -12, violations: ['warn:Conflicting mapping in same section'] });
    expect(second('5.3')).toMatchObject({ ret: 0, violations: [] });
  });
});

describe('memunmap_pages()', () => {
  test('of a device whose altmap comes back whole warns of nothing; of none is refused', () => {
    const altmaps = { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 1024 } };
    const states = play({
      machine,
      altmaps,
      steps: [
        device({ altmap: 'dev' }),
        { op: 'memunmap-pages', device: 'd0' },
        { op: 'memunmap-pages', device: 'd0' },
      ],
    });
    expect(states[1]).toMatchObject({ ret: null, violations: [], altmaps: { dev: { alloc: 0 } } });
    expect(states[2]).toMatchObject({ ret: -22, violations: [] });
  });

  test('leaves what the driver of private memory has claimed, by its name, for the next time', () => {
    const { memory } = idle(machine);
    const gpu = { ...plain, id: 'gpu', pfn: PFN, nrPages: SECTION, isPrivate: true };
    for (let time = 0; time < 2; time++) {
      expect(memremapPages(memory, gpu)).toBe(0);
      expect(iomemLines(memory.iomem)).toEqual(['100000000-107ffffff : gpu']);
      expect(memunmapPages(memory, 'gpu')).toBeNull();
      expect(iomemLines(memory.iomem)).toEqual(['100000000-107ffffff : gpu']);
    }
  });
});
