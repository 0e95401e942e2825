// SPDX-License-Identifier: GPL-2.0-only

/** The library's door: describe a machine and steps, run them, read what is left behind. */

export { ARCHITECTURES } from '../arch/index.js';
export type { ArchConfiguration, Architecture } from '../arch/architecture.js';
export type { MachineConfig } from '../arch/machine-fields.js';
export type { KernelPaging, VmemmapCode } from './kernel/vmemmap-code.js';
export type { MemmapKconfig } from './kernel/kconfig.js';
export type { CodeMachine, CodeStarter, MemmapCode } from './kernel/memmap-code.js';
export type { MemoryHotplug } from './kernel/memory-hotplug.js';
export type { Platform, TablePlatform } from './kernel/platform.js';
export { checkRun, runChecked, type CheckedRun, type CheckOptions, type Finding } from './check/checked-run.js';
export type { Complaint, ComplaintKind } from './check/complaint.js';
export type { Check, StepView } from './check/step-view.js';
export { countAllocations, sweepFailures, type FailedAllocation } from './check/failure-sweep.js';
export { INVARIANTS, type Invariant, type InvariantName } from './check/invariants.js';
export { frameHistories, type FrameEvent } from './check/ledger.js';
export { cycleModel, type CycleModel } from './cycles/cycle-model.js';
export type { CpuProfile } from './cycles/profile.js';
export type { Leaf, LevelName, Table } from './hardware/page-table.js';
export { DEFAULT_RELEASE, RELEASES, findRelease, resolveTraits, type Release } from './history/releases.js';
export { PROPOSALS, type Proposal } from './history/proposals/index.js';
export { TRAITS, type Trait, type TraitKey, type Traits } from './history/traits/index.js';
export { observe, type Kernel } from './kernel/kernel.js';
export { DEAF_OBSERVER, type CostEvents, type MemoryEvents, type Observer } from './kernel/observer.js';
export { InputError } from './scenario/load.js';
export {
  runScenario,
  runStep,
  startRun,
  captureRun,
  type Run,
  type StepResult,
  type StepReturn,
} from './scenario/runner.js';
export { ScenarioError } from './kernel/scenario-error.js';
export { resolveScenario, type OtherKernel, type Scenario, type Step } from './scenario/scenario.js';
export { scenarioSchema, scenarioJsonSchema, type ScenarioInput } from './scenario/schema.js';
export type { State } from './scenario/state.js';
export { verifyFile, type FileFailure, type FileVerdict } from './recordings/verify.js';
export { verifyVector, type Failure } from './recordings/vectors.js';
export { factsOf, type MachineFacts, type Sources } from './plan/facts.js';
export { planOf, type Plan } from './plan/plan.js';
export type { SystemMemory } from './mm/system-memory.js';
export type { MemoryState } from './scenario/hotplug-state.js';
