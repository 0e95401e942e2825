// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { loongarch64 } from '../../arch/loongarch64/index.js';
import { recipeFor, type Recipe } from '../../src/guest/recipe.js';
import { recipeText } from '../../src/guest/text.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { ScenarioError } from '../../src/kernel/scenario-error.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';

/** What a recipe says. What its kernels did was seen on booted ones; catalogue entries tell of it. */

const X86 = { arch: 'x86_64', structPageSize: 64 };
const A = { start: '0x100000000', size: '128M' };
const B = { start: '0x108000000', size: '128M' };

function recipe(input: ScenarioInput): Recipe {
  const file = scenarioSchema.parse(input);
  return recipeFor(file, resolveScenario(file));
}

/** What is typed for a step, with who takes it. */
const typed = ({ steps }: Recipe, step: number): string[] =>
  steps[step]!.commands.map(({ where, line }) => `${where}: ${line}`);

const refusal = (input: ScenarioInput): string => {
  try {
    recipe(input);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'none';
};

describe('a range of memory blocks', () => {
  const added = (): Recipe =>
    recipe({
      machine: X86,
      steps: [
        { op: 'add-pages', ...A },
        { op: 'use', ...A },
        { op: 'remove-pages', ...A },
      ],
    });

  test('comes as a DIMM at its address, and goes with it', () => {
    expect(typed(added(), 0)).toEqual([
      'monitor: object_add memory-backend-ram,id=mem-dimm0,size=128M,reserve=off',
      'monitor: device_add pc-dimm,id=dimm0,memdev=mem-dimm0,addr=0x100000000',
      'guest: sleep 2; cat /sys/devices/system/memory/memory32/state',
    ]);
    expect(typed(added(), 2)).toContain('monitor: device_del dimm0');
  });

  test('is used by setting its block online', () => {
    expect(typed(added(), 1)).toEqual(['guest: echo online_movable > /sys/devices/system/memory/memory32/state']);
  });

  test('is cut into DIMMs where a later step takes a part of it', () => {
    const parts = recipe({
      machine: X86,
      steps: [
        { op: 'add-pages', start: '0x100000000', size: '384M' },
        { op: 'remove-pages', ...B },
      ],
    });
    expect(typed(parts, 0).filter((line) => line.includes('device_add'))).toEqual([
      'monitor: device_add pc-dimm,id=dimm0,memdev=mem-dimm0,addr=0x100000000',
      'monitor: device_add pc-dimm,id=dimm1,memdev=mem-dimm1,addr=0x108000000',
      'monitor: device_add pc-dimm,id=dimm2,memdev=mem-dimm2,addr=0x110000000',
    ]);
    expect(typed(parts, 1)).toContain('monitor: device_del dimm1');
  });

  test('is onlined and offlined by pseries itself', () => {
    const { scenario } = recipe({
      machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
      steps: [
        { op: 'add-pages', start: '0x1000000000', size: '256M' },
        { op: 'remove-pages', start: '0x1000000000', size: '256M' },
      ],
    });
    expect(scenario.steps.map(({ op }) => op)).toEqual(['add-memory', 'online', 'offline', 'remove-memory']);
  });
});

test('memmap on memory is the kernel’s parameter, and its leaves lie on the DIMM', () => {
  const { commandLine, kernel, steps } = recipe({
    machine: { ...X86, memmapOnMemory: 'y' },
    steps: [{ op: 'add-memory', ...A }],
  });
  expect(commandLine).toContain('memory_hotplug.memmap_on_memory=1');
  expect(kernel.options).toContain('CONFIG_MHP_MEMMAP_ON_MEMORY=y');
  expect(kernel.debian).toBe('linux-image-6.12.117+deb12-amd64');
  expect(steps[0]!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pmd in dimm0']);
});

describe('riscv64, whose machine takes no DIMMs', () => {
  const machine = { arch: 'riscv64', kernel: '7.2.13', pagingLevels: 4 } as const;
  const A64 = { start: '0x140000000', size: '64M' } as const;
  const B64 = { start: '0x144000000', size: '64M' } as const;
  const shared = (): Recipe =>
    recipe({
      machine,
      steps: [
        { op: 'add-pages', ...A64 },
        { op: 'add-pages', ...B64 },
        { op: 'remove-pages', ...A64 },
        { op: 'remove-pages', ...B64 },
      ],
    });

  test('has RAM of its machine as persistent memory: the memory node leaves it out, nodes of their own tell it', () => {
    expect(shared().host).toEqual([
      'qemu-system-riscv64 -machine virt,dumpdtb=virt.dtb -cpu rv64 -smp 1 -m 3200M',
      'fdtput -p -t s virt.dtb /cpus/cpu@0 mmu-type riscv,sv57',
      'fdtput -p -t x virt.dtb /memory@80000000 reg 0 80000000 0 40000000',
      'fdtput -p -t s virt.dtb /pmem@140000000 compatible pmem-region',
      'fdtput -p -t x virt.dtb /pmem@140000000 reg 1 40000000 0 4000000',
      'fdtput -p -t x virt.dtb /pmem@140000000 numa-node-id 0',
      'fdtput -p -t s virt.dtb /pmem@144000000 compatible pmem-region',
      'fdtput -p -t x virt.dtb /pmem@144000000 reg 1 44000000 0 4000000',
      'fdtput -p -t x virt.dtb /pmem@144000000 numa-node-id 0',
    ]);
    expect(shared().qemu).toBe(
      'qemu-system-riscv64 -object memory-backend-ram,id=ram0,size=3200M,reserve=off -machine virt,memory-backend=ram0 ' +
        '-accel tcg,tb-size=128 -cpu rv64 -smp 1 -m 3200M -dtb virt.dtb -nodefaults -nic none -display none ' +
        "-serial mon:stdio -kernel vmlinux -initrd initrd.gz -append 'console=ttyS0 nokaslr memhp_default_state=offline panic=5 no5lvl'",
    );
    expect(shared().ptdump).toBe('/sys/kernel/debug/kernel_page_tables');
  });

  test.each([
    [3, 'panic=5 no4lvl'],
    [4, 'panic=5 no5lvl'],
    [5, 'panic=5'],
  ])('is kept by its kernel’s command line from more than %i levels', (pagingLevels, words) => {
    const { commandLine } = recipe({
      machine: { ...machine, pagingLevels },
      steps: [{ op: 'add-pages', ...A64 }],
    });
    expect(commandLine).toBe(`console=ttyS0 nokaslr memhp_default_state=offline ${words}`);
  });

  test.each([
    ['6.12.117', 64, 'linux-image-6.12.117+deb13-riscv64', 0],
    ['7.2.13', 64, 'linux-image-7.2.13+deb14-riscv64', 0],
    ['7.3', 64, undefined, 0],
    // 56 bytes are what is left without the memory controller, where two words need not be aligned: until 7.1.
    ['7.1', 56, undefined, 0],
    ['7.2', 56, undefined, 1],
  ])('has Debian’s kernel %s with struct pages of %i bytes: %s', (kernel, structPageSize, debian, needs) => {
    const made = recipe({ machine: { ...machine, kernel, structPageSize }, steps: [{ op: 'add-pages', ...A64 }] });
    expect(made.kernel.debian).toBe(debian);
    expect(made.kernel.needs).toHaveLength(needs);
    expect(made.kernel.options).toContain('CONFIG_OF_PMEM=y');
    expect(made.kernel.options.filter((option) => /LEVEL|ACPI|KB_PAGES/.test(option))).toEqual([]);
  });

  test('binds and unbinds the driver, and dies on the second of two regions in one section, as booted kernels did', () => {
    expect(typed(shared(), 0)).toEqual([
      'guest: echo "namespace$(region 0x140000000).0" > /sys/bus/nd/drivers/nd_pmem/bind',
    ]);
    expect(typed(shared(), 2)).toEqual([
      'guest: echo "namespace$(region 0x140000000).0" > /sys/bus/nd/drivers/nd_pmem/unbind',
    ]);
    expect(shared().steps.map(({ returns }) => returns)).toEqual([0, 0, null, 'BUG']);
  });

  test('makes a namespace where the memmap lies on the device, and destroys it', () => {
    const own = recipe({
      machine,
      altmaps: { dev: { basePfn: 0x140000, endPfn: 0x157fff, free: 0x1000 } },
      steps: [
        { op: 'add-pages', start: '0x140000000', size: '384M', altmap: 'dev' },
        { op: 'remove-pages', start: '0x140000000', size: '384M', altmap: 'dev' },
      ],
    });
    expect(typed(own, 0)[0]).toContain('ndctl create-namespace');
    expect(typed(own, 1)).toEqual(['guest: ndctl destroy-namespace --force "namespace$(region 0x140000000).0"']);
    expect(own.scenario.steps.map(({ op }) => op)).toEqual(['create-namespace', 'destroy-namespace']);
  });

  test('has memory blocks from kmem only: QEMU has neither DIMMs nor virtio-mem for it', () => {
    const region = { start: '0x140000000', size: '1G' } as const;
    const { steps } = recipe({
      machine,
      steps: [
        { op: 'create-namespace', device: 'pm', ...region, mode: 'devdax' },
        { op: 'kmem', device: 'pm' },
      ],
    });
    expect(steps[1]!.commands.at(-1)!.line).toContain('daxctl reconfigure-device --mode=system-ram');
    expect(refusal({ machine, steps: [{ op: 'add-memory', start: '0x140000000', size: '128M' }] })).toBe(
      'steps[0].op is "add-memory"; a guest of riscv64 has no DIMMs, allowed is the step kmem',
    );
    expect(refusal({ machine, steps: [{ op: 'virtio-mem', device: 'vm', ...region, requested: '256M' }] })).toBe(
      'steps[0].op is "virtio-mem"; a guest of riscv64 has no such device',
    );
  });

  test('has RAM from 2 GiB on, and devices behind it', () => {
    expect(refusal({ machine, steps: [{ op: 'add-pages', start: '0x80000000', size: '64M' }] })).toMatch(
      /this guest has memory devices from 0xc0000000 to 0x/,
    );
    expect(
      recipe({
        machine: { ...machine, boot: [{ start: '0x80000000', size: '1G' }] },
        steps: [{ op: 'add-pages', ...A64 }],
      }).scenario.machine.boot,
    ).toEqual([{ start: '0x80000000', size: 2 ** 30 }]);
  });
});

describe('loongarch64', () => {
  test('has DIMMs behind RAM that lies in two pieces, and Debian’s kernel with struct pages of 80 bytes', () => {
    const { kernel, qemu, scenario, ptdump } = recipe({
      machine: { arch: 'loongarch64', kernel: '7.2.13', structPageSize: 80 },
      steps: [{ op: 'add-memory', start: '0x100000000', size: '512M' }],
    });
    expect(kernel).toMatchObject({ debian: 'linux-image-7.2.13+deb14-loong64', needs: [] });
    expect(kernel.options).toEqual(expect.arrayContaining(['CONFIG_16KB_3LEVEL=y', 'CONFIG_ACPI_HOTPLUG_MEMORY=y']));
    expect(qemu).toBe(
      'qemu-system-loongarch64 -machine virt -accel tcg,tb-size=128 -cpu la464 -smp 1 -m 1024M,slots=16,maxmem=16384M ' +
        '-bios QEMU_EFI.fd -nodefaults -nic none -display none -serial mon:stdio -kernel vmlinuz -initrd initrd.gz ' +
        "-append 'console=ttyS0 nokaslr memhp_default_state=offline panic=5'",
    );
    expect(ptdump).toBeUndefined();
    expect(scenario.machine.boot).toEqual([
      { start: '0x0', size: 2 ** 28 },
      { start: '0x80000000', size: 2 ** 30 - 2 ** 28 },
    ]);
  });

  test.each([
    ['16K', 3, 80, 'CONFIG_16KB_3LEVEL=y', true],
    ['16K', 2, 80, 'CONFIG_16KB_2LEVEL=y', false],
    ['16K', 3, 64, 'CONFIG_16KB_3LEVEL=y', false],
    ['64K', 3, 80, 'CONFIG_64KB_3LEVEL=y', false],
    ['4K', 4, 80, 'CONFIG_4KB_4LEVEL=y', false],
  ])('with pages of %s, %i levels and %i bytes: %s', (pageSize, pagingLevels, structPageSize, option, isDebian) => {
    const { kernel } = recipe({
      machine: { arch: 'loongarch64', kernel: '7.2.13', pageSize, pagingLevels, structPageSize },
      steps: [{ op: 'add-memory', start: '0x100000000', size: '512M' }],
    });
    expect(kernel.options).toContain(option);
    expect(kernel.debian !== undefined).toBe(isDebian);
  });

  test('has 256 MiB of RAM at address 0, the rest from 2 GiB on, and devices behind at a multiple of 1 GiB', () => {
    const MIB = 2 ** 20;
    const { ramRanges, deviceMemory } = loongarch64.guest!;
    expect(ramRanges(128 * MIB)).toEqual([{ start: 0, size: 128 * MIB }]);
    expect(ramRanges(256 * MIB)).toEqual([{ start: 0, size: 256 * MIB }]);
    expect(ramRanges(1280 * MIB)).toEqual([
      { start: 0, size: 256 * MIB },
      { start: 2 ** 31, size: 2 ** 30 },
    ]);
    expect([128, 256, 1280, 1281].map((mib) => deviceMemory(mib * MIB) / 2 ** 30)).toEqual([2, 2, 3, 4]);
  });

  test('has neither virtio-mem nor a device for a range that is no memory block', () => {
    const region = { start: '0x100000000', size: '1G' } as const;
    expect(
      refusal({
        machine: { arch: 'loongarch64' },
        steps: [{ op: 'virtio-mem', device: 'vm', ...region, requested: '512M' }],
      }),
    ).toBe('steps[0].op is "virtio-mem"; a guest of loongarch64 has no such device');
    expect(
      refusal({ machine: { arch: 'loongarch64' }, steps: [{ op: 'add-pages', start: '0x100000000', size: '2M' }] }),
    ).toMatch(/recipes for loongarch64 know DIMMs only/);
  });
});

describe('a range that is no memory block', () => {
  const plain = (): Recipe =>
    recipe({
      machine: X86,
      steps: [
        { op: 'add-pages', start: '0x100200000', size: '2M' },
        { op: 'remove-pages', start: '0x100200000', size: '2M' },
      ],
    });

  test('is a virtio-pmem device, whose driver is bound and unbound', () => {
    expect(plain().qemu).toContain('-device virtio-pmem-pci,id=vpmem0,memdev=mem-vpmem0,memaddr=0x100200000');
    expect(typed(plain(), 0)).toEqual([
      'guest: echo "namespace$(region 0x100200000).0" > /sys/bus/nd/drivers/nd_pmem/bind',
    ]);
    expect(typed(plain(), 1)).toEqual([
      'guest: echo "namespace$(region 0x100200000).0" > /sys/bus/nd/drivers/nd_pmem/unbind',
    ]);
  });

  test('has no struct pages before its step', () => {
    expect(plain().setup[plain().setup.length - 1]!.line).toContain('nd_pmem/unbind');
  });
});

describe('a range with an altmap', () => {
  const withAltmap = (structPageSize: number): Recipe =>
    recipe({
      machine: { arch: 'x86_64', structPageSize },
      altmaps: { dev: { basePfn: 0x108000, endPfn: 0x10ffff, free: 1024 } },
      steps: [
        { op: 'add-pages', ...A },
        { op: 'add-pages', ...B, altmap: 'dev' },
        { op: 'remove-pages', ...A },
        { op: 'remove-pages', ...B, altmap: 'dev' },
      ],
    });

  test('is a namespace whose map is on the device', () => {
    const { qemu } = withAltmap(64);
    expect(qemu).toContain('-machine q35,nvdimm=on');
    expect(qemu).toContain('-device nvdimm,id=nvdimm0,memdev=mem-nvdimm0,addr=0x108000000');
    expect(typed(withAltmap(64), 1)).toEqual([
      'guest: ndctl create-namespace --force --reconfig="namespace$(region 0x108000000).0" --mode=fsdax --map=dev --align=2097152',
    ]);
    expect(typed(withAltmap(64), 3)).toEqual([
      'guest: ndctl destroy-namespace --force "namespace$(region 0x108000000).0"',
    ]);
  });

  test('holds struct pages of more than 64 bytes only with CONFIG_NVDIMM_KMSAN', () => {
    expect(withAltmap(64).kernel.needs.join()).not.toContain('NVDIMM_KMSAN');
    expect(withAltmap(80).kernel.needs.join()).toContain('NVDIMM_KMSAN');
    expect(withAltmap(80).scenario.machine.nvdimmKmsan).toBe(true);
  });

  test('loses its neighbour’s leaf: the recipe reads the frame’s struct page before and after, and the log', () => {
    const { findings, steps } = withAltmap(80);
    expect(findings.map(({ invariant }) => invariant)).toEqual(['no-leak', 'altmap-books']);
    expect(findings.every(({ onGuest }) => onGuest !== undefined)).toBe(true);
    const looks = steps[3]!.looks.map(({ when, where, line }) => `${when} ${where}: ${line}`);
    expect(looks).toContain('before monitor: gva2gpa 0xffffea0005200000');
    expect(looks).toContain('after monitor: x /2wx 0xffffea0000000030+GPA/4096*80');
    expect(looks.some((look) => look.includes('failed to free all reserved pages'))).toBe(true);
  });
});

test('entries that land in struct pages are read where the model says that the first of them lands', () => {
  const { steps } = recipe({
    machine: { arch: 'x86_64', structPageSize: 80 },
    steps: [
      { op: 'add-pages', ...A },
      { op: 'add-pages', start: '0x108000000', size: '2M' },
    ],
  });
  expect(steps[1]!.looks.map(({ line }) => line)).toEqual(['x /8gx 0xffffea0005200400', 'x /8gx 0xffffea0005200400']);
});

test('what neither monitor nor guest can show is said', () => {
  const made = recipe({
    machine: { ...X86, kernel: '5.5' },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '64M' },
      { op: 'remove-pages', start: '0x100000000', size: '64M' },
    ],
  });
  expect(made.findings.map(({ canBeSeen }) => canBeSeen)).toEqual([false]);
  expect(recipeText(made)).toContain('no command shows it');
});

test('a hole is read at its first byte', () => {
  const { steps } = recipe({
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 56 },
    steps: [
      { op: 'add-pages', ...A },
      { op: 'add-pages', ...B },
      { op: 'remove-pages', ...A },
    ],
  });
  const [look] = steps[2]!.looks;
  expect(look!.line).toMatch(/^x \/2gx 0xfffffe3f/);
  expect(look!.broken).toBe('Cannot access memory');
});

describe('virtio-mem and kmem', () => {
  test('a request is a property of the device', () => {
    const { qemu, steps } = recipe({
      machine: X86,
      steps: [{ op: 'virtio-mem', device: 'v', start: '0x100000000', size: '4G', requested: '256M' }],
    });
    expect(qemu).toContain('-device virtio-mem-pci,id=vmem0,memdev=mem-vmem0,memaddr=0x100000000,requested-size=0');
    expect(steps[0]!.commands[0]).toEqual({ where: 'monitor', line: 'qom-set vmem0 requested-size 256M' });
  });

  test('a device becomes system memory by daxctl, and no more by its driver', () => {
    const { steps } = recipe({
      machine: { ...X86, memmapOnMemory: 'y' },
      steps: [
        { op: 'create-namespace', device: 'pm', start: '0x100000000', size: '512M', mode: 'devdax' },
        { op: 'kmem', device: 'pm' },
        { op: 'kmem-release', device: 'pm' },
      ],
    });
    expect(steps[1]!.commands.map(({ line }) => line)).toEqual([
      'echo 1 > /sys/bus/dax/devices/"dax$(region 0x100000000).0"/memmap_on_memory',
      'daxctl reconfigure-device --mode=system-ram --no-online "dax$(region 0x100000000).0"',
    ]);
    expect(steps[2]!.commands[1]!.line).toContain('/sys/bus/dax/drivers/kmem/unbind');
  });
});

describe('an allocation that fails', () => {
  const failing = (call: number): ScenarioInput => ({
    machine: { arch: 'x86_64', structPageSize: 80 },
    steps: [{ op: 'add-pages', ...A }],
    failAllocations: [call],
  });

  test('is the same of its order, though the guest has tables from its boot', () => {
    const { steps, kernel, scenario } = recipe(failing(3));
    expect(typed(recipe(failing(3)), 0)).toContain('guest: echo 1 > /sys/kernel/debug/fail_page_alloc/interval');
    expect(scenario.failAllocations).toEqual([1]);
    expect(kernel.options).toContain('CONFIG_FAULT_INJECTION_STACKTRACE_FILTER=y');
    expect(kernel.debian).toBeUndefined();
    expect(steps[0]!.leaves[0]).toBe('ffffea0005000000-ffffea0005200000 pte in RAM');
  });

  test('cannot be one that the guest does not make', () => {
    expect(refusal(failing(1))).toContain('failAllocations has 1, call 1 of order 0 in steps[0]');
  });
});

describe('memory blocks of another size need the RAM that gives them', () => {
  test.each([
    ['1G', '64512M'],
    ['2G', '65536M'],
  ])('%s: %s', (blockSize, ram) => {
    const { qemu } = recipe({
      machine: { ...X86, blockSize },
      steps: [{ op: 'add-memory', start: '0x2000000000', size: '2G' }],
    });
    expect(qemu).toContain(`-m ${ram},`);
    expect(qemu).toContain('-machine q35,memory-backend=ram0');
  });
});

/** What cannot be done, and what the sentence names. */
const REFUSED: readonly (readonly [string, ScenarioInput, RegExp])[] = [
  [
    's390',
    { machine: { arch: 's390' }, steps: [{ op: 'add-pages', start: '0x100000000', size: '256M' }] },
    /^machine\.arch is "s390"; there are recipes for x86_64, arm64, ppc64 with the radix MMU, riscv64, and loongarch64$/,
  ],
  [
    'the hashed page table',
    { machine: { arch: 'ppc64', mmu: 'hash' }, steps: [{ op: 'add-pages', start: '0x1000000000', size: '256M' }] },
    /^machine\.mmu is "hash"; there are recipes/,
  ],
  [
    'a proposal',
    { machine: { ...X86, kernel: 'proposal/free-any-leaf' }, steps: [{ op: 'add-pages', ...A }] },
    /^machine\.kernel is "proposal\/free-any-leaf"; allowed are releases/,
  ],
  [
    'folding chosen memmaps',
    {
      machine: { ...X86, hugetlbOptimized: true },
      steps: [
        { op: 'add-memory', ...A },
        { op: 'hugetlb-optimize', ...A },
      ],
    },
    /^steps\[1\]\.op is "hugetlb-optimize"; a guest has no way to choose/,
  ],
  [
    'a place that fails',
    { machine: X86, steps: [{ op: 'add-memory', ...A, fail: { blockRegister: 1 } }] },
    /^steps\[0\]\.fail names blockRegister; a guest has fault injection/,
  ],
  [
    'private memory',
    { machine: X86, steps: [{ op: 'memremap-pages', device: 'g', ...A, type: 'private' }] },
    /^steps\[0\]\.type is "private"; QEMU has no device/,
  ],
  [
    'another node',
    { machine: X86, steps: [{ op: 'add-memory', ...A, node: 1 }] },
    /^steps\[0\]\.node is 1; allowed is 0/,
  ],
  [
    'memory that was never added',
    { machine: X86, steps: [{ op: 'remove-pages', ...A }] },
    /^steps\[0\] takes 0x100000000-0x107ffffff; a guest gives up what an earlier step added/,
  ],
  [
    'memory where the guest has RAM',
    { machine: X86, steps: [{ op: 'add-memory', start: '0x20000000', size: '128M' }] },
    /this guest has memory devices from 0x100000000 to 0xefffffffff$/,
  ],
  [
    'a part of a device',
    {
      machine: X86,
      steps: [
        { op: 'add-pages', start: '0x100200000', size: '4M' },
        { op: 'remove-pages', start: '0x100200000', size: '2M' },
      ],
    },
    /^steps\[1\] takes 0x100200000-0x1003fffff; a guest gives up/,
  ],
  [
    'an altmap of two ranges',
    {
      machine: X86,
      altmaps: { dev: { basePfn: 0x100000, endPfn: 0x10ffff, free: 1024 } },
      steps: [
        { op: 'add-pages', ...A, altmap: 'dev' },
        { op: 'add-pages', ...B, altmap: 'dev' },
      ],
    },
    /^steps\[0\]\.altmap is "dev", which steps\[1\] uses for another range/,
  ],
  [
    'a device of 2 MiB on arm64',
    { machine: { arch: 'arm64', pageSize: 4096 }, steps: [{ op: 'add-pages', start: '0x100000000', size: '2M' }] },
    /^steps\[0\] needs a namespace of 2097152 bytes; its info block and memmap take all of it/,
  ],
  [
    'less than a memory block on pseries',
    {
      machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536 },
      steps: [{ op: 'add-pages', start: '0x1000000000', size: '16M' }],
    },
    /^steps\[0\] needs a device with struct pages at 0x1000000000-0x1000ffffff; recipes for ppc64 know DIMMs only$/,
  ],
];

describe('a step that no guest can do is named, with the reason', () => {
  test.each(REFUSED)('%s', (_what, input, sentence) => {
    expect(refusal(input)).toMatch(sentence);
  });
});
