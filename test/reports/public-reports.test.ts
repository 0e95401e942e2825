// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runChecked, type CheckedRun } from '../../src/check/checked-run.js';
import { findKernelRelease } from '../../src/scenario/names.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { refuseSlips, refuseTooLarge } from '../../src/scenario/slips.js';
import { vmemmapHere } from '../cli/here.js';

/** Bugs that people reported, played as they happened. */

function play(input: ScenarioInput, kernel?: string): CheckedRun {
  const parsed = scenarioSchema.parse(input);
  const scenario = resolveScenario(parsed, kernel === undefined ? undefined : { release: findKernelRelease(kernel) });
  refuseSlips(scenario);
  return runChecked(scenario);
}

const report = (name: string): ScenarioInput =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'cases', name), 'utf8')) as ScenarioInput;

const rets = ({ results }: CheckedRun) => results.map(({ ret }) => ret);
const x86 = (kernel: string, more: object = {}) => ({ arch: 'x86_64', kernel, ...more });

describe('a namespace before 5.3 is cut where it shares a section', () => {
  test('with system memory', () => {
    const run = play(report('F05-namespace-beside-ram.json'));
    expect(rets(run)).toEqual([0]);
    expect(run.results[0]).toMatchObject({
      log: ['pmem0 alignment collision, truncate 100663296 bytes'],
      leaves: ['ffffea0004000000-ffffea0005200000 pmd ram'],
      ram: { pages: 4096 },
    });
  });

  test('with another region, from 4.20 on', () => {
    const run = play(report('F05-two-regions.json'));
    expect(rets(run)).toEqual([0, 0]);
    expect(run.results[1]!.leaves).toEqual([
      'ffffea0061000000-ffffea0062000000 pmd ram',
      'ffffea0062200000-ffffea0063200000 pmd ram',
    ]);
    for (const kernel of ['4.18', '4.19']) expect(rets(play(report('F05-two-regions.json'), kernel))).toEqual([0, -12]);
  });

  test('and lies as it is from 5.3 on', () => {
    expect(rets(play(report('F05-two-regions.json'), '5.3'))).toEqual([0, 0]);
    expect(play(report('F05-two-regions.json'), '5.3').results[0]!.log).toBeUndefined();
  });
});

describe('a range on no border is answered as the kernel answers it', () => {
  test('a DIMM that is not made of memory blocks: -EINVAL, a line in the log, and nothing else', () => {
    const run = play(report('F09-dimm-not-on-a-block.json'));
    expect(rets(run)).toEqual([-22]);
    expect(run.results[0]).toMatchObject({
      log: ['Block size [0x8000000] unaligned hotplug range: start 0x140200000, size 0x40000000'],
      leaves: [],
      iomem: [],
    });
    expect(run.findings).toEqual([]);
  });

  test('pages that are no subsection: -EINVAL and a warning', () => {
    const run = play({ machine: x86('6.12'), steps: [{ op: 'add-pages', pfn: 0x100001, nrPages: 512 }] });
    expect(rets(run)).toEqual([-22]);
    expect(run.results[0]!.violations).toEqual(['warn:Misaligned __add_pages start: 0x100001 end: 0x100200']);
  });

  test('before 5.3 pages stand for their sections', () => {
    const run = play({ machine: x86('5.2'), steps: [{ op: 'add-pages', pfn: 0x100001, nrPages: 512 }] });
    expect(run.results[0]).toMatchObject({ ret: 0, leaves: ['ffffea0004000000-ffffea0004200000 pmd ram'] });
  });

  test('removing memory that is no block stops the kernel', () => {
    const run = play({ machine: x86('6.12'), steps: [{ op: 'remove-memory', start: '0x100200000', size: '128M' }] });
    expect(rets(run)).toEqual(['BUG']);
  });

  test('a namespace that starts inside a subsection: the driver says so from 5.7 on', () => {
    const steps: ScenarioInput['steps'] = [
      { op: 'create-namespace', device: 'pmem0', start: '0x100100000', size: '256M', mode: 'fsdax', map: 'mem' },
    ];
    const run = play({ machine: x86('6.1'), steps });
    expect(run.results[0]).toMatchObject({
      ret: -22,
      log: ['pmem0: start 0x0000000100100000 misaligned to 0x200000'],
      violations: [],
    });
    expect(play({ machine: x86('5.4'), steps }).results[0]!.violations.join()).toContain('Misaligned __add_pages');
  });

  test('a namespace that is too small for its alignment: -ENXIO', () => {
    const run = play({
      machine: x86('6.12'),
      steps: [{ op: 'create-namespace', device: 'pmem0', start: '0x100000000', size: '2M', mode: 'devdax' }],
    });
    expect(rets(run)).toEqual([-6]);
  });
});

describe('virtio-mem', () => {
  const device = { op: 'virtio-mem' as const, device: 'vm0', start: '0x102000000', size: '1000M' };

  test('begins at the first whole memory block of its region, and warns of the rest', () => {
    const run = play(report('F11-virtio-mem-unaligned.json'));
    expect(rets(run)).toEqual([0]);
    expect(run.results[0]).toMatchObject({
      log: [
        'The alignment of the physical start address can make some memory unusable.',
        'The alignment of the physical end address can make some memory unusable.',
      ],
      virtioMem: ['vm0 blocks 33-34'],
    });
    expect(run.results[0]!.blocks).toContain('33-34 offline 0 -');
  });

  test('has no more than the whole blocks of its region', () => {
    const run = play({ machine: x86('6.1'), steps: [{ ...device, requested: '1000M' }] });
    expect(run.results[0]!.virtioMem).toEqual(['vm0 blocks 33-39']);
  });

  test('that is asked for a part of a block has the block, and that part plugged', () => {
    const run = play({
      machine: x86('6.1'),
      steps: [
        { ...device, requested: '160M' },
        { ...device, requested: '128M' },
      ],
    });
    expect(run.results.map(({ virtioMem }) => virtioMem)).toEqual([
      ['vm0 blocks 33-34, of block 34 the first 0x2000000 bytes'],
      ['vm0 blocks 33'],
    ]);
  });

  test('whose region lies over system memory is refused', () => {
    const boot = [{ start: '0x100000000', size: '1G' }];
    const run = play({ machine: x86('6.1', { boot }), steps: [{ ...device, requested: '256M' }] });
    expect(run.results[0]).toMatchObject({ ret: -16 });
    expect(run.results[0]!.log).toContain('could not reserve device region');
  });
});

describe('/proc/iomem', () => {
  test('a zone does not cut a line', () => {
    expect(play(report('F13-iomem-split.json')).results[0]!.iomem).toEqual([
      '00100000-7fffffff : System RAM',
      '100000000-107ffffff : System RAM',
    ]);
  });

  test('shows what lies in system memory', () => {
    const machine = x86('6.12', {
      boot: [{ start: '0x0', size: '1G' }],
      resources: [{ start: '0x1000000', size: '16M', name: 'Kernel code' }],
    });
    const run = play({ machine, steps: [{ op: 'add-memory', start: '0x40000000', size: '128M' }] });
    expect(run.results[0]!.iomem).toEqual([
      '00000000-3fffffff : System RAM',
      '  01000000-01ffffff : Kernel code',
      '40000000-47ffffff : System RAM',
    ]);
    expect(() => play({ machine: { ...machine, boot: [] }, steps: [{ op: 'use', pfn: 0, nrPages: 512 }] })).toThrow(
      'machine.resources[0] is "Kernel code"; it must lie in a range of machine.boot',
    );
  });
});

describe('kmem', () => {
  test('gives the device back, and the namespace can be destroyed', () => {
    expect(rets(play(report('F37-destroy-after-kmem.json')))).toEqual([0, 0, 0, 0]);
  });

  test('a namespace cannot be destroyed while it is system memory, nor twice', () => {
    const { machine, steps } = report('F37-destroy-after-kmem.json');
    const [create, kmem, release, destroy] = steps;
    const run = play({ machine, steps: [create!, kmem!, destroy!, release!, destroy!, destroy!, kmem!] });
    expect(rets(run)).toEqual([0, 0, -16, 0, 0, -22, -22]);
  });

  test('may fail where adding memory may', () => {
    const { machine, steps } = report('F37-destroy-after-kmem.json');
    const run = play({ machine, steps: [steps[0]!, { op: 'kmem', device: 'dax2.0', fail: { blockRegister: 2 } }] });
    expect(rets(run)).toEqual([0, -12]);
  });
});

test('one cause is one finding, with a count', () => {
  const { findings } = play(report('F15-one-finding-a-thousand-times.json'));
  expect(findings.filter(({ invariant }) => invariant === 'section-state')).toMatchObject([
    {
      step: 1,
      invariant: 'section-state',
      text: 'sections 512-1023 have no memmap and section_mem_map is not 0 (512 times)',
      count: 512,
    },
  ]);
});

describe('HugeTLB pages', () => {
  const fold = { op: 'hugetlb-optimize' as const, start: '0x100000000', size: '16M', hugePageSize: '2M' };

  test.each([
    [{ arch: 's390', hugetlbOptimized: true }, 's390 kernels do not fold the memmap of HugeTLB pages'],
    [
      { arch: 'arm64', kernel: '6.12', hugetlbOptimized: true },
      'arm64 kernels fold the memmap of HugeTLB pages from 5.19 to 6.2',
    ],
    [x86('5.13', { hugetlbOptimized: true }), 'kernels fold the memmap of HugeTLB pages from 5.14 on'],
    [x86('6.12'), 'machine.hugetlbOptimized is false'],
  ])('are refused where nothing folds: %j', (machine, sentence) => {
    expect(() => play({ machine, steps: [fold] })).toThrow(sentence);
  });

  test('share a page of tails with others of their order and zone from 7.1 on', () => {
    const run = play(report('F07-hvo-shared-tail.json'));
    expect(run.results.at(-1)).toMatchObject({ ret: 0, ram: { pages: 460 }, counters: { allocPages: 524 } });
    const before = play(report('F07-hvo-shared-tail.json'), '6.12.117');
    expect(before.results.at(-1)).toMatchObject({ ram: { pages: 459 }, counters: { allocPages: 523 } });
  });
});

describe('memory is used up', () => {
  const machine = x86('6.12', { ramSize: '8M' });
  test('a memmap that does not fit is refused', () => {
    const run = play({ machine, steps: [{ op: 'add-memory', start: '0x100000000', size: '12G' }] });
    expect(rets(run)).toEqual([-12]);
  });

  test('a machine that cannot boot is a sentence', () => {
    const boot = [{ start: '0x0', size: '4G' }];
    expect(() => play({ machine: { ...machine, boot }, steps: [{ op: 'use', pfn: 0, nrPages: 512 }] })).toThrow(
      'machine.ramSize is 8388608; it is too small to boot: no memory for the memmap of boot memory',
    );
  });
});

describe('what ended in a stack', () => {
  const robustness = (name: string): ScenarioInput =>
    JSON.parse(readFileSync(join(import.meta.dirname, 'robustness', name), 'utf8')) as ScenarioInput;

  test('memory at the end of the physical addresses leaves the page allocator its room below', () => {
    expect(rets(play(robustness('run-physicaladdresserror-use-at-end-of-space.json')))).toEqual([null]);
  });

  test('an altmap whose last frame lies beyond the physical addresses is a sentence', () => {
    expect(() => play(robustness('run-physicaladdresserror-altmap-end-2p40.json'))).toThrow(
      'altmaps.d.endPfn is 1099511627776; physical addresses end at 2^52',
    );
  });

  test.each(['5.19', '6.0', '6.2', '6.12'])('s390 %s has no devices with struct pages', (kernel) => {
    expect(() => play(robustness('run-typeerror-s390-compound-on-5.19-6.0-6.2.json'), kernel)).toThrow(
      `steps[0].op is "memremap-pages"; s390 ${kernel} has no CONFIG_ZONE_DEVICE`,
    );
  });

  test('more memmap than a state can hold is refused, with the memory that it would take', () => {
    expect(() => play(robustness('run-slow-2TiB-s390-base-pages-4.5GB.json'))).toThrow(
      "steps[0] has 536870912 pages; allowed are at most 134217728, a memmap of 2097152 base pages, since this would take about 4 GiB of this machine's memory",
    );
  });

  const add = (start: string, size = '300G') => ({ op: 'add-pages' as const, start, size });
  const S390 = { arch: 's390', hugeVmemmap: false };
  const BOOT = [{ start: '0x0', size: '2T' }];
  test.each([
    ['in two steps', S390, [add('0x10000000000'), add('0x20000000000')], 'with steps[1] there are 157286400 pages'],
    ['from the boot on', { ...S390, boot: BOOT }, [add('0x30000000000', '1M')], 'machine.boot has 536870912 pages'],
    [
      'on x86_64 without PSE',
      { arch: 'x86_64', hugeVmemmap: false },
      [add('0x0', '2T')],
      'steps[0] has 536870912 pages',
    ],
    ['with pages of 16K', { arch: 'arm64', pageSize: '16K' }, [add('0x0', '16T')], 'steps[0] has 1073741824 pages'],
  ])('… %s', (_, machine, steps, sentence) => {
    expect(() => play({ machine, steps })).toThrow(sentence);
  });

  test('what was taken away counts no more, and what comes where it was does not count twice', () => {
    const remove = { ...add('0x10000000000'), op: 'remove-pages' };
    const device = { op: 'memremap-pages', device: 'd', start: '0x10000000000', size: '300G' };
    const steps = [
      [add('0x10000000000'), remove, add('0x20000000000')],
      [add('0x10000000000'), add('0x10000000000')],
      [device, { op: 'memunmap-pages', device: 'd' }, add('0x20000000000')],
    ];
    for (const each of steps) {
      const scenario = scenarioSchema.parse({ machine: { arch: 'x86_64', hugeVmemmap: false }, steps: each });
      expect(() => refuseTooLarge(resolveScenario(scenario))).not.toThrow();
    }
  });

  test.each([
    ['run'],
    ['run', '--fail-each'],
    ['run', '--events'],
    ['report'],
    ['where', '0x100'],
    ['dump'],
    ['cycles'],
    ['qemu'],
    ['diff', '--from', '6.1', '--to', '6.12'],
    ['bisect', '--expect', 'no-leak'],
  ])('%s %s of it says so before it runs', async (command, ...options) => {
    const { status, stdout, stderr } = await vmemmapHere(
      command,
      ...options,
      join(import.meta.dirname, 'robustness', 'run-slow-2TiB-s390-base-pages-4.5GB.json'),
    );
    expect(stderr).toMatch(/steps\[0\] has 536870912 pages; .* would take about 4 GiB of this machine's memory\n/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  test.each([
    { op: 'memremap-pages', device: 'd', start: '0x100000000', size: '32T', compoundSize: '2M' },
    { op: 'create-namespace', device: 'd', start: '0x100000000', size: '32T', mode: 'devdax', map: 'mem', align: '2M' },
  ] as const)('folded memmap of a device lies in base pages: $op of 32 TiB is refused from 5.19 on', (step) => {
    const scenario = { machine: { arch: 'x86_64' }, steps: [step] };
    expect(() => play(scenario)).toThrow('steps[0] has 8589934592 pages; allowed are at most 134217728');
    expect(() =>
      refuseTooLarge(resolveScenario(scenarioSchema.parse(scenario), { release: findKernelRelease('5.18') })),
    ).not.toThrow();
  });
});
