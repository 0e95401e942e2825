// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Recipe, recipeFor } from '../../src/guest/recipe.js';
import { findMachine } from '../../src/scenario/names.js';
import { type RecordedKernel, recordedKernelSchema } from '../../src/recordings/recorded-kernel.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { type ScenarioInput, scenarioSchema } from '../../src/scenario/schema.js';

/** The recorded kernels ran in QEMU: a recipe for what was done to one must say what the recording says was typed. */

const FOLDER = join(import.meta.dirname, '..', 'real-kernels');
const MIB = 2 ** 20;

type Recording = RecordedKernel & { qemu: string };

function read(file: string): Recording {
  const raw = JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString('utf8')) as { qemu: string };
  return { ...recordedKernelSchema.parse(raw), qemu: raw.qemu };
}

/**
 * The recipes' own ground: no s390, no hashed page table, and a kernel to which something was done. What recordings of riscv64 say
 * of their device tree is prose.
 */
const files = readdirSync(FOLDER).filter((file) => !/^s390x|-hash-|-pc-dimm-ignored|^riscv64/.test(file));

/** Options of a command line by name; what a name is given several times is a list. */
function optionsOf(qemu: string): Map<string, string[]> {
  const options = new Map<string, string[]>();
  for (const part of qemu.split(/ (?=-[a-z])/).slice(1)) {
    const [, name = '', value = ''] = /^-(\S+) ?(.*)$/.exec(part) ?? [];
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return options;
}

const ramOf = (options: Map<string, string[]>): number => parseInt(options.get('m')![0]!) * MIB;

/** Where q35 puts RAM that does not fit below its PCI window, and where the machine of loongarch64 has all but the first. */
const bootRam = (arch: string, ram: number): { start: string; size: number }[] => {
  if (arch === 'loongarch64') {
    return [
      { start: '0x0', size: 2 ** 28 },
      { start: '0x80000000', size: ram - 2 ** 28 },
    ];
  }
  if (arch !== 'x86_64' || ram < 0xb0000000) return [{ start: arch === 'arm64' ? '0x40000000' : '0x0', size: ram }];
  return [
    { start: '0x0', size: 2 ** 31 },
    { start: '0x100000000', size: ram - 2 ** 31 },
  ];
};

const MODES: Readonly<Record<string, 'y' | 'force'>> = { Y: 'y', y: 'y', force: 'force' };

type StepInput = ScenarioInput['steps'][number];

/** What was done, as a scenario. */
function scenarioOf(recorded: Recording): ScenarioInput {
  const arch = findMachine(recorded.arch, 'arch').name;
  const ranges = new Map<string, { start: string; size: number }>();
  const steps = recorded.steps.flatMap(({ action, devices }): StepInput[] => {
    for (const { id, start, end } of devices ?? []) {
      ranges.set(id, { start: `0x${start.toString(16)}`, size: end - start + 1 });
    }
    const range = (id: string) => ranges.get(id)!;
    switch (action.op) {
      case 'add-memory':
        return [{ op: 'add-memory', start: `0x${action.start.toString(16)}`, size: action.size }];
      case 'remove-memory':
        return [{ op: 'remove-memory', ...range(action.device) }];
      case 'online': {
        const { device, zone } = action;
        return device?.startsWith('d') ? [{ op: 'online', ...range(device), type: zone }] : [];
      }
      case 'offline':
        return action.device?.startsWith('d') ? [{ op: 'offline', ...range(action.device) }] : [];
      case 'create-namespace':
        return [{ ...action, ...range(action.device) }];
      case 'destroy-namespace':
      case 'kmem':
      case 'kmem-release':
        return [action];
      case 'virtio-mem': {
        const [device, region] = [...ranges][0]!;
        return [{ op: 'virtio-mem', device, ...region, requested: action.requested }];
      }
      default:
        return [];
    }
  });
  const memmapOnMemory = MODES[recorded.memmapOnMemoryParam];
  return {
    name: 'recorded',
    machine: {
      arch,
      kernel: recorded.kernelRelease,
      pageSize: recorded.pageSize,
      structPageSize: recorded.structPage.bytes,
      blockSize: recorded.blockSizeBytes,
      ...(recorded.mmu === undefined ? {} : { mmu: recorded.mmu }),
      ...(memmapOnMemory === undefined ? {} : { memmapOnMemory }),
      boot: bootRam(arch, ramOf(optionsOf(recorded.qemu))),
    },
    steps,
  };
}

function recipeOf(input: ScenarioInput): Recipe {
  const file = scenarioSchema.parse(input);
  return recipeFor(file, resolveScenario(file));
}

const linesOf = ({ steps }: Recipe): string[] => steps.flatMap(({ commands }) => commands.map(({ line }) => line));

/** Words of the kernel's command line that say what is so anyway, or what no step of a scenario asks for. */
const IDLE_WORDS = new Set(['memory_hotplug.memmap_on_memory=0', 'panic=0', 'hugetlb_free_vmemmap=on']);
const words = (line: string): string[] => line.split(' ').filter((word) => !IDLE_WORDS.has(word));
/** The same of a kernel that has no such parameter. */
const wordsOf = ({ kernelCommandLine, memmapOnMemoryParam }: Recording): string[] =>
  words(kernelCommandLine).filter(
    (word) => memmapOnMemoryParam !== 'N' || word !== 'memory_hotplug.memmap_on_memory=1',
  );

describe.each(files)('%s', (file) => {
  const recorded = read(file);
  const input = scenarioOf(recorded);

  test('the recipe asks for the machine that ran', () => {
    const recipe = recipeOf(input);
    const ours = optionsOf(recipe.qemu);
    const theirs = optionsOf(recorded.qemu);
    expect(recipe.qemu.split(' ')[0]).toBe(recorded.qemu.split(' ')[0]);
    for (const name of ['accel', 'cpu', 'smp', 'bios', 'nodefaults', 'nic', 'display']) {
      expect(ours.get(name), name).toEqual(theirs.get(name));
    }
    const machine = (options: Map<string, string[]>): string =>
      options.get('machine')![0]!.replace(/,nvdimm=on|,memory-backend=ram$/, '');
    expect(machine(ours)).toBe(machine(theirs));
    expect(ramOf(ours)).toBe(ramOf(theirs));
    expect(words(recipe.commandLine)).toEqual(wordsOf(recorded));
  });

  const dimms = recorded.steps.flatMap(({ action }) => (action.op === 'add-memory' ? [action] : []));
  test.runIf(dimms.length > 0)('every DIMM has the address and the size that it had', () => {
    const lines = linesOf(recipeOf(input));
    for (const action of dimms) {
      const address = `,addr=0x${action.start.toString(16)}`;
      const backends = lines.flatMap((line) => (line.endsWith(address) ? [/memdev=([^,]+)/.exec(line)![1]!] : []));
      const size = `size=${action.size / MIB}M,reserve=off`;
      expect(
        backends.map((id) => `object_add memory-backend-ram,id=${id},${size}`).some((l) => lines.includes(l)),
      ).toBe(true);
    }
  });

  test('every NVDIMM and virtio-mem device has the size that it had', () => {
    const sizes = (qemu: string): string[] =>
      (optionsOf(qemu).get('object') ?? [])
        .filter((object) => !/\bid=ram\b/.test(object))
        .map((object) => String(parseSize(/size=(\d+[MG])/.exec(object)![1]!)));
    expect(sizes(recipeOf(input).qemu).sort()).toEqual(sizes(recorded.qemu).sort());
  });
});

const parseSize = (text: string): number => parseInt(text) * (text.endsWith('G') ? 2 ** 30 : MIB);
