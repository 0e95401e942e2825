// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { low52 } from '../hardware/low-bits.js';
import { FAILED_TO_FREE_RESERVED_PAGES } from '../mm/memremap.js';
import { runChecked, type CheckedRun, type Finding } from '../check/checked-run.js';
import type { MachineConfig } from '../../arch/machine-fields.js';
import { LEVELS, type Leaf } from '../hardware/page-table.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { scenarioSchema, type ScenarioFile, type ScenarioInput } from '../scenario/schema.js';
import { runStep, startRun, type Run } from '../scenario/runner.js';
import { AddressText, vmemmapWindow } from '../kernel/vmemmap-view.js';
import { stepText } from '../report/text.js';
import { commandsOf, mebibytes, memoryBackend, setupCommands, type Command } from './commands.js';
import { armCommands, disarmCommands, failuresOnGuest, type FailingStep } from './fault-injection.js';
import { stepOfAction, type GuestDevice } from './guest-action.js';
import { guestKernel, needsNvdimmKmsan, type GuestKernel } from './guest-kernel.js';
import { DEFAULT_RAM } from '../../arch/guest-machine.js';
import { planGuest, type GuestPlan } from './guest-plan.js';
import { looksFor, type Look } from './looks.js';

/** How a person confirms a scenario's findings on a booted kernel. */

export interface RecipeStep {
  /** Index of the scenario's step, from 0. */
  readonly step: number;
  readonly text: string;
  readonly commands: readonly Command[];
  /** What the model says that the step returns there. */
  readonly returns: number | null | 'BUG' | undefined;
  /** Leaves of the memmap that the model says are there afterwards, boot memory's left out. */
  readonly leaves: readonly string[];
  readonly looks: readonly Look[];
}

export interface RecipeFinding {
  /** Index of the scenario's step, from 0. */
  readonly step: number;
  readonly invariant: string;
  readonly text: string;
  /** What the model of the guest complains of there; undefined where it finds nothing of the kind. */
  readonly onGuest: string | undefined;
  /** A command of the monitor or the guest shows it. */
  readonly canBeSeen: boolean;
}

export interface Recipe {
  readonly kernel: GuestKernel;
  /** What the kernel is told. */
  readonly commandLine: string;
  /** What a shell of the host does first. */
  readonly host: readonly string[];
  /** The emulator's command line, as a shell takes it. */
  readonly qemu: string;
  readonly setup: readonly Command[];
  readonly steps: readonly RecipeStep[];
  readonly findings: readonly RecipeFinding[];
  /** Where the kernel shows its page tables, with CONFIG_PTDUMP_DEBUGFS. */
  readonly ptdump: string | undefined;
  /** The guest as a scenario, for `vmemmap run` and `vmemmap dump --compare`. */
  readonly scenario: ScenarioInput;
}

/** More slots than devices leave no guest worse off; the recorded kernels had as many. */
const MIN_SLOTS = 16;

/** A memory device that is there from the start, as options of QEMU. */
function deviceOptions(device: GuestDevice): string[] {
  const backend = `-object ${memoryBackend(device)}`;
  const common = `id=${device.id},memdev=mem-${device.id}`;
  switch (device.kind) {
    case 'dimm':
    case 'pmem-region':
      return [];
    case 'nvdimm':
      return [backend, `-device nvdimm,${common},addr=${hex(device.start)}`];
    case 'virtio-pmem':
      return [backend, `-device virtio-pmem-pci,${common},memaddr=${hex(device.start)}`];
    case 'virtio-mem':
      return [backend, `-device virtio-mem-pci,${common},memaddr=${hex(device.start)},requested-size=0`];
  }
}

/** memory_hotplug.memmap_on_memory, as the recorded kernels were told. */
const MEMMAP_ON_MEMORY = {
  n: '',
  y: ' memory_hotplug.memmap_on_memory=1',
  force: ' memory_hotplug.memmap_on_memory=force',
};

function commandLineOf({ memmapOnMemory, machine: { config } }: Scenario, { machine }: GuestPlan): string {
  const more = machine.kernelWords?.(config);
  const words = `console=${machine.console} nokaslr memhp_default_state=offline panic=5${MEMMAP_ON_MEMORY[memmapOnMemory]}`;
  return more === undefined ? words : `${words} ${more}`;
}

/** A number of 64 bits as two cells of a device tree. */
const cells = (value: number): string =>
  [Math.floor(value / 2 ** 32), value % 2 ** 32].map((c) => c.toString(16)).join(' ');

const DEVICE_TREE = 'virt.dtb';

/** The device tree of a machine whose persistent memory is told there: its own, with the memory node cut, and the regions. */
function hostCommands({ machine: { config } }: Scenario, plan: GuestPlan): string[] {
  const { machine, ram, machineRam, devices } = plan;
  const regions = devices.filter(({ kind }) => kind === 'pmem-region');
  if (machine.pmemRegions === undefined || regions.length === 0) return [];
  const set = (node: string, property: string, type: 's' | 'x', value: string): string =>
    `fdtput -p -t ${type} ${DEVICE_TREE} ${node} ${property} ${value}`;
  const [memory] = machine.ramRanges(ram);
  const { memoryNode, properties } = machine.pmemRegions;
  return [
    `${machine.program} -machine ${machine.machine},dumpdtb=${DEVICE_TREE} -cpu ${machine.cpu(config)} -smp 1 -m ${mebibytes(machineRam)}`,
    ...properties.map(([node, property, text]) => set(node, property, 's', text)),
    set(memoryNode, 'reg', 'x', `${cells(memory!.start)} ${cells(ram)}`),
    ...regions.flatMap(({ start, size }) => {
      const node = `/pmem@${start.toString(16)}`;
      return [
        set(node, 'compatible', 's', 'pmem-region'),
        set(node, 'reg', 'x', `${cells(start)} ${cells(size)}`),
        set(node, 'numa-node-id', 'x', '0'),
      ];
    }),
  ];
}

/** The emulator's command line. `-serial mon:stdio` has console and monitor on one terminal, exchanged by Ctrl-a c. */
function qemuLine({ machine: { config } }: Scenario, plan: GuestPlan, commandLine: string): string {
  const { machine, machineRam: ram, maxmem, devices } = plan;
  const slots = Math.max(MIN_SLOTS, devices.length);
  const nvdimm = devices.some(({ kind }) => kind === 'nvdimm') ? ',nvdimm=on' : '';
  // RAM that the host need not have all at once.
  const hasRegions = devices.some(({ kind }) => kind === 'pmem-region');
  const backed = ram > DEFAULT_RAM * MIN_SLOTS || hasRegions;
  const isPluggable = devices.some(({ kind }) => kind !== 'pmem-region');
  return [
    machine.program,
    ...(backed ? [`-object memory-backend-ram,id=ram0,size=${mebibytes(ram)},reserve=off`] : []),
    `-machine ${machine.machine}${nvdimm}${backed ? ',memory-backend=ram0' : ''}`,
    `-accel ${machine.accel}`,
    `-cpu ${machine.cpu(config)}`,
    '-smp 1',
    `-m ${mebibytes(ram)}${isPluggable ? `,slots=${slots},maxmem=${mebibytes(maxmem)}` : ''}`,
    ...(hasRegions ? [`-dtb ${DEVICE_TREE}`] : []),
    ...machine.more,
    ...devices.flatMap(deviceOptions),
    '-nodefaults -nic none -display none -serial mon:stdio',
    `-kernel ${machine.image} -initrd initrd.gz -append '${commandLine}'`,
  ].join(' ');
}

/** The guest as a scenario: its boot memory, and every action as a step. */
function guestScenario(file: ScenarioFile, scenario: Scenario, plan: GuestPlan): ScenarioInput {
  const { config, release } = scenario.machine;
  return {
    name: `${file.name}-on-guest`,
    title: `What QEMU is asked to do for ${file.title ?? file.name}`,
    machine: {
      arch: config.arch,
      kernel: release.name,
      pageSize: config.pageSize,
      structPageSize: config.structPageSize,
      ...(config.pagingLevels === undefined ? {} : { pagingLevels: config.pagingLevels }),
      ...(config.vaBits === undefined ? {} : { vaBits: config.vaBits }),
      ...(config.mmu === undefined ? {} : { mmu: config.mmu }),
      vmemmapBase: hex(config.vmemmapBase),
      memmapOnMemory: scenario.memmapOnMemory,
      ...(needsNvdimmKmsan(scenario, plan) ? { nvdimmKmsan: true } : {}),
      blockSize: plan.blockSize,
      boot: plan.machine.ramRanges(plan.ram).map(({ start, size }) => ({ start: hex(start), size })),
    },
    steps: plan.actions.map(({ action }) => stepOfAction(action)),
  };
}

const resolve = (input: ScenarioInput): Scenario => resolveScenario(scenarioSchema.parse(input));

/**
 * The finding of the guest that stands for one of the scenario. What an altmap counts shows in a warning once nobody
 * keeps the books any more: a namespace takes its altmap with it.
 */
function findingAt(guest: CheckedRun, plan: GuestPlan, { step, invariant }: Finding): Finding | undefined {
  const there = guest.findings.filter((f) => plan.actions[f.step]?.from === step);
  const same = there.find((f) => f.invariant === invariant);
  if (same !== undefined || invariant !== 'altmap-books') return same;
  return there.find((f) => f.kind === 'warning' && f.warning === FAILED_TO_FREE_RESERVED_PAGES);
}

/**
 * The recipe that confirms a scenario on a guest.
 * @param file the scenario as written, of which name and title are used
 * @param scenario the same, resolved
 * @throws ScenarioError where no guest can do a step: which, and why
 */
export function recipeFor(file: ScenarioFile, scenario: Scenario): Recipe {
  const plan = planGuest(scenario);
  if (plan.actions.length === 0) {
    throw new ScenarioError('steps do nothing that a guest could be asked to do; allowed are steps that bring memory');
  }
  const input = guestScenario(file, scenario, plan);
  const stepsFor = (step: number): number[] => plan.actions.flatMap(({ from }, i) => (from === step ? [i] : []));
  const { steps: failing, failAllocations } = failuresOnGuest(scenario, resolve(input), stepsFor);
  const guestInput = failing.length === 0 ? input : { ...input, failAllocations: [...failAllocations] };
  const guest = resolve(guestInput);

  const leavesBySteps: Leaf[][] = [];
  const run = runChecked(guest, {
    onStep: ({ kernel }) => {
      const leaves: Leaf[] = [];
      const { start, end } = vmemmapWindow(kernel);
      kernel.platform.visit(
        start,
        end,
        (leaf) => leaves.push({ ...leaf }),
        () => undefined,
      );
      leavesBySteps.push(leaves);
    },
  });

  const steps = scenario.steps.map((step, index): RecipeStep => {
    const mine = stepsFor(index);
    const last = mine[mine.length - 1];
    return {
      step: index,
      text: stepText(step, scenario.machine.config.pageSize),
      commands: stepCommands(plan, mine, failing, index, scenario),
      returns: last === undefined ? undefined : run.results[last]?.ret,
      leaves: last === undefined ? [] : leafRuns(leavesBySteps[last] ?? [], plan, guest.machine.config),
      looks: run.findings.flatMap((finding) =>
        mine.includes(finding.step) ? looksOf(finding, guest, leavesBySteps) : [],
      ),
    };
  });
  const commandLine = commandLineOf(scenario, plan);
  return {
    kernel: guestKernel(scenario, plan, failing),
    commandLine,
    host: hostCommands(scenario, plan),
    qemu: qemuLine(scenario, plan, commandLine),
    setup: setupCommands(plan.devices),
    steps,
    findings: runChecked(scenario).findings.map((finding): RecipeFinding => {
      const { step, invariant, text } = finding;
      const there = findingAt(run, plan, finding);
      const canBeSeen = there !== undefined && looksOf(there, guest, leavesBySteps).length > 0;
      return { step, invariant, text, onGuest: there?.text, canBeSeen };
    }),
    ptdump: plan.machine.ptdump === undefined ? undefined : `/sys/kernel/debug/${plan.machine.ptdump}`,
    scenario: guestInput,
  };
}

/** Leaves as runs of one level on one device or in RAM, those left out that describe nothing but RAM of the boot. */
function leafRuns(leaves: readonly Leaf[], plan: GuestPlan, config: MachineConfig): string[] {
  const { vmemmapBase, pageSize, structPageSize } = config;
  const text = new AddressText(vmemmapBase);
  const ramPages = Math.max(...plan.machine.ramRanges(plan.ram).map(({ start, size }) => start + size)) / pageSize;
  const bootEnd = low52(vmemmapBase + BigInt(ramPages * structPageSize));
  const runs: { start: number; end: number; level: Leaf['level']; place: string }[] = [];
  for (const { start, size, level, pa } of leaves) {
    if (start + size <= bootEnd) continue;
    const place = plan.devices.find((d) => pa >= d.start && pa < d.start + d.size)?.id ?? 'RAM';
    const last = runs[runs.length - 1];
    if (last?.end === start && last.level === level && last.place === place) last.end += size;
    else runs.push({ start, end: start + size, level, place });
  }
  return runs.map(({ level, place, ...range }) => `${text.range(range)} ${LEVELS[level]} in ${place}`);
}

function stepCommands(
  plan: GuestPlan,
  mine: readonly number[],
  failing: readonly FailingStep[],
  index: number,
  { machine: { traits } }: Scenario,
): Command[] {
  const commands = mine.flatMap((i) => commandsOf(plan.actions[i]!.action, plan.blockSize));
  const fails = failing.find(({ step }) => step === index);
  if (fails === undefined) return commands;
  // The series that brought subsections renamed it.
  const populate = traits.genericSubsections ? '__populate_section_memmap' : 'sparse_mem_map_populate';
  return [...armCommands(fails, populate), ...commands, ...disarmCommands()];
}

const WORD = 8;

/** The bytes of the page at an address of the vmemmap, as the hardware finds it; undefined where nothing is mapped. */
function pageAt({ kernel }: Run, address: number): Uint8Array | undefined {
  const { pageSize, ram, platform } = kernel;
  const page = Math.floor(address / pageSize) * pageSize;
  const leaf = platform.mmu.walk(page);
  return leaf === undefined ? undefined : ram.readFrame((leaf.pa + (page - leaf.start)) / pageSize).slice();
}

/**
 * The first word of a page that a step changes.
 * @param address in the page, low 52 bits
 * @returns its address; undefined where the step maps the page elsewhere or changes no word
 */
function firstChangedWord(scenario: Scenario, step: number, address: number): number | undefined {
  const run = startRun(scenario);
  for (const earlier of scenario.steps.slice(0, step)) runStep(run, earlier);
  const before = pageAt(run, address);
  runStep(run, scenario.steps[step]!);
  const after = pageAt(run, address);
  if (before === undefined || after === undefined) return undefined;
  const at = before.findIndex((byte, i) => byte !== after[i]);
  const { pageSize } = run.kernel;
  return at < 0 ? undefined : Math.floor(address / pageSize) * pageSize + Math.floor(at / WORD) * WORD;
}

function looksOf(finding: Finding, guest: Scenario, leavesBySteps: readonly (readonly Leaf[])[]): Look[] {
  const { vmemmapBase, pageSize, structPageSize } = guest.machine.config;
  const lastLeafOf = (pfn: number): Leaf | undefined => {
    const pa = pfn * pageSize;
    for (let step = finding.step; step >= 0; step--) {
      const leaf = leavesBySteps[step]?.find((l) => l.pa <= pa && pa < l.pa + l.size);
      if (leaf !== undefined) return leaf;
    }
    return undefined;
  };
  const changedWord = (address: number): number => firstChangedWord(guest, finding.step, address) ?? address;
  const text = new AddressText(vmemmapBase);
  return looksFor({ finding, text, structPageSize, pageSize, vmemmapBase, lastLeafOf, changedWord });
}
