// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../scenario/names.js';
import type { ArchConfiguration, Architecture } from '../../arch/architecture.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER } from '../kernel/observer.js';
import { resolveTraits, type Release } from '../history/releases.js';
import type { Traits } from '../history/traits/index.js';
import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import { runStep, startRun, type StepResult } from '../scenario/runner.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { runChecked } from '../check/checked-run.js';
import { INVARIANTS } from '../check/invariants.js';
import { kernelStack } from '../check/kernel-stack.js';
import { TraitMemo } from './recorded-traits.js';
import type { Shape } from './shapes.js';

/** The altmap audit: what each architecture makes of each shape of altmap, release by release. */

/** A kernel configuration that is audited, one for each page size and MMU. */
export interface AuditedMachine {
  readonly architecture: Architecture;
  readonly configuration: ArchConfiguration;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
}

/**
 * `supported`: the memmap is where the altmap says, and nothing is wrong afterwards. `ignored`: all of it comes from
 * system memory, without a word. `refused`: an add fails, and leaves nothing behind. `broken`: an invariant breaks.
 * `untestable`: the release has no memory hot-plug on this architecture.
 */
export type Verdict = 'supported' | 'ignored' | 'refused' | 'broken' | 'untestable';

export interface CellResult {
  verdict: Verdict;
  /** Why, in words: how much of the memmap lies in the altmap, who refuses, which invariant breaks. */
  reason: string;
  /** Invariants that break, in the order of the steps. */
  breaks?: string[];
}

/** What became of an altmap in one shape, on one machine and release. */
export interface Cell extends CellResult {
  arch: string;
  pageSize: number;
  mmu: string | null;
  structPageSize: number;
  shape: string;
  release: string;
}

/** The machines to audit: the first configuration of each page size and MMU, with every struct page size. */
export function auditedMachines(): AuditedMachine[] {
  return ARCHITECTURES.flatMap((architecture) => {
    const kinds = new Map<string, ArchConfiguration>();
    for (const configuration of architecture.configurations) {
      const kind = `${configuration.pageSize} ${configuration.mmu ?? ''}`;
      if (!kinds.has(kind)) kinds.set(kind, configuration);
    }
    return [...kinds.values()].flatMap((configuration) =>
      architecture.structPageSizes.map((structPageSize) => ({ architecture, configuration, structPageSize })),
    );
  });
}

/** Machines of the audit that are asked for; what is not given may be anything. */
export interface MachineFilter {
  readonly arch?: string | undefined;
  /** PAGE_SIZE, bytes. */
  readonly pageSize?: number | undefined;
  readonly mmu?: string | undefined;
  /** sizeof(struct page), bytes. */
  readonly structPageSize?: number | undefined;
}

export const auditedMachinesOf = ({ arch, pageSize, mmu, structPageSize }: MachineFilter): AuditedMachine[] =>
  auditedMachines().filter(
    (machine) =>
      (arch ?? machine.architecture.name) === machine.architecture.name &&
      (pageSize ?? machine.configuration.pageSize) === machine.configuration.pageSize &&
      (mmu ?? machine.configuration.mmu) === machine.configuration.mmu &&
      (structPageSize ?? machine.structPageSize) === machine.structPageSize,
  );

/** "ppc64 64K radix, struct page 64". */
export const machineTitle = ({ architecture, configuration, structPageSize }: AuditedMachine): string => {
  const { pageSize, mmu } = configuration;
  return `${architecture.name} ${pageSize / 1024}K${mmu === undefined ? '' : ` ${mmu}`}, struct page ${structPageSize}`;
};

/** What altmap support is judged by: memory and its owners. Warnings and counters are not the altmap's. */
const AUDITED_INVARIANTS = INVARIANTS.filter(({ name }) => !['counters', 'section-state', 'no-warning'].includes(name));

/** A shape as a scenario for a machine whose release has the given traits. */
export function shapeScenario(
  { architecture, configuration, structPageSize }: AuditedMachine,
  shape: Shape,
  traits: Traits,
): ScenarioInput {
  const { pageSize, pagingLevels, vaBits, mmu, leafSizes } = configuration;
  const shaped = shape.build({
    pageSize,
    structPageSize,
    pagesPerSection: 2 ** architecture.sectionSizeBits(pageSize, traits) / pageSize,
    pagesPerSubsection: SUBSECTION_SIZE / pageSize,
    leafSize: Math.max(...leafSizes),
  });
  return {
    name: `altmap-${shape.name}`,
    title: shape.sentence,
    machine: { arch: architecture.name, pageSize, structPageSize, pagingLevels, vaBits, mmu },
    ...shaped,
  };
}

/** Devices as memory that carries its own memmap: what a kernel without CONFIG_ZONE_DEVICE makes the same calls for. */
function asMemory(steps: ScenarioInput['steps']): ScenarioInput['steps'] {
  const mapped = steps.filter((step) => step.op === 'memremap-pages');
  return steps.map((step) => {
    if (step.op !== 'memremap-pages' && step.op !== 'memunmap-pages') return step;
    const { pfn, nrPages, altmap } = mapped.find(({ device }) => device === step.device)!;
    return { op: step.op === 'memremap-pages' ? 'add-pages' : 'remove-pages', pfn, nrPages, altmap };
  });
}

/** Runs one cell for each release; releases that behave the same in it run it once. */
export function auditCell(machine: AuditedMachine, shape: Shape, releases: readonly Release[]): Cell[] {
  const memo = new TraitMemo<CellResult>();
  const { architecture, configuration, structPageSize } = machine;
  return releases.map((release) => ({
    arch: architecture.name,
    pageSize: configuration.pageSize,
    mmu: configuration.mmu ?? null,
    structPageSize,
    shape: shape.name,
    release: release.name,
    ...memo.get(resolveTraits(release), (traits) => judge(shapeScenario(machine, shape, traits), release, traits)),
  }));
}

/** Runs a scenario and says what the kernel makes of its altmaps. */
function judge(input: ScenarioInput, release: Release, traits: Traits): CellResult {
  let scenario: Scenario;
  try {
    scenario = resolveScenario(scenarioSchema.parse(input), { release, traits });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { verdict: 'untestable', reason: error.message };
  }
  const { results, findings } = runChecked(scenario, { checks: AUDITED_INVARIANTS });
  const refused = results.findIndex(({ ret }) => typeof ret === 'number' && ret < 0);
  // Nobody goes on with a device whose memory could not be added.
  const broken = findings.filter(({ step }) => refused < 0 || step <= refused);
  const [first] = broken;
  if (first !== undefined) {
    const reason = `step ${first.step + 1} breaks ${first.invariant}: ${first.text}`;
    return { verdict: 'broken', reason, breaks: [...new Set(broken.map(({ invariant }) => invariant))] };
  }
  if (refused >= 0) return { verdict: 'refused', reason: refusalText(scenario, refused, results[refused]!) };
  return usageResult(results);
}

/** How much of the memmap the altmaps hold when they hold most. */
function usageResult(results: readonly StepResult[]): CellResult {
  const out = results.map(({ altmaps }) => Object.values(altmaps).reduce((sum, { alloc }) => sum + alloc, 0));
  const pages = Math.max(...out);
  if (pages === 0) return { verdict: 'ignored', reason: 'the memmap comes from system memory' };
  const fromRam = Math.max(...results.map(({ leaves }) => leaves.filter((run) => run.endsWith(' ram')).length));
  const rest = fromRam === 0 ? '' : ', the rest from system memory';
  return { verdict: 'supported', reason: `${pages} pages of the altmap${rest}` };
}

/** Errors by the names that kernel people know them by. */
const ERRNO_NAMES: Readonly<Record<number, string>> = { 12: 'ENOMEM', 17: 'EEXIST', 22: 'EINVAL', 14: 'EFAULT' };

/** Which function refused a step, and why: the run is repeated with somebody who listens for what could not be had. */
function refusalText(scenario: Scenario, step: number, { ret }: StepResult): string {
  const run = startRun(scenario, true);
  let last = { by: '__add_pages', why: 'the altmap does not lie in the range' };
  const blame = (why: string): void => {
    const stack = kernelStack(scenario.machine).filter((name) => !name.includes('alloc'));
    last = { by: stack[stack.length - 1] ?? last.by, why };
  };
  observe(run.kernel, {
    ...DEAF_OBSERVER,
    warn: (mishap) => {
      if (mishap.kind === 'warn' && mishap.text === 'arch_add_memory')
        last = { by: 'arch_add_memory', why: 'the architecture takes no altmap' };
    },
    altmapAlloc: (altmap, nrPages, pfn) => {
      if (pfn === NO_PAGE) blame(`altmap ${altmap.name} has no room for ${nrPages} pages in a row`);
    },
    allocPages: (order, _nid, pfn) => {
      if (pfn === NO_PAGE) blame(`no ${2 ** order} pages of system memory in a row`);
    },
  });
  for (const each of scenario.steps.slice(0, step + 1)) runStep(run, each);
  return `${last.by}() returns -${ERRNO_NAMES[-(ret as number)] ?? String(ret)}: ${last.why}`;
}

/** The fewest steps of a broken cell's scenario that still break the same invariant, on a kernel as it can be built. */
export function smallestScenario(input: ScenarioInput, release: Release, invariant: string): ScenarioInput {
  const breaks = (steps: ScenarioInput['steps']): boolean => {
    if (steps.length === 0) return false;
    const scenario = resolveScenario(scenarioSchema.parse({ ...input, steps }), { release });
    const { findings } = runChecked(scenario, { checks: AUDITED_INVARIANTS });
    return findings.some((finding) => finding.invariant === invariant);
  };
  const { hasZoneDevice } = ARCHITECTURES.find(({ name }) => name === input.machine.arch)!;
  const hasDevices = hasZoneDevice?.(resolveTraits(release)) ?? true;
  let steps = hasDevices ? input.steps : asMemory(input.steps);
  for (let i = steps.length - 1; i >= 0; i--) {
    const fewer = steps.filter((_, at) => at !== i);
    if (breaks(fewer)) steps = fewer;
  }
  return { ...input, machine: { ...input.machine, kernel: release.name }, steps };
}
