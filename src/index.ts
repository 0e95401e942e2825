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
export { bisect, releasesOnTheWay, type Turn } from './check/releases/bisect.js';
export { diffScenario, type ScenarioDifference } from './check/releases/diff.js';
export { auditCell, auditedMachines, type AuditedMachine, type Cell } from './audit/audit.js';
export { SHAPES, type Shape } from './audit/shapes.js';
export { BUGS, type Bug } from './catalogue/bugs/index.js';
export { bugOn, checkBug, playBug, type BugVerdict } from './catalogue/repro.js';
export { recordScenario } from './events/record.js';
export type { KernelEvent, Recording } from './events/event.js';
export { eventLines } from './report/events.js';
export { exploreAll, type Exploration, type ExploreOptions } from './explore/explorer.js';
export type { Violation } from './explore/violations.js';
export { reportDocument } from './page/build.js';
export type { ReportDocument } from './page/document.js';
export type { RunRequest } from './page/run-report.js';
export { cycleModel, type CycleModel } from './cycles/cycle-model.js';
export type { CpuProfile } from './cycles/profile.js';
export { NO_FRAME } from './check/translation-watch.js';
export { NO_PAGE } from './hardware/buddy-blocks.js';
export { NOT_MAPPED, type Leaf, type LevelName, type Table } from './hardware/page-table.js';
export { MIXED } from './hardware/ram.js';
export { DEFAULT_RELEASE, RELEASES, findRelease, resolveTraits, type Release } from './history/releases.js';
export { PROPOSALS, type Proposal } from './history/proposals/index.js';
export { TRAITS, type Trait, type TraitKey, type Traits } from './history/traits/index.js';
export { observe, type Kernel } from './kernel/kernel.js';
export { DEAF_OBSERVER, type CostEvents, type MemoryEvents, type Observer } from './kernel/observer.js';
export { InputError } from './scenario/input.js';
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
export { resolveScenario, type OtherKernel, type Scenario, type Step, type TraitWatch } from './scenario/scenario.js';
export { scenarioJsonSchema } from './scenario/json-schema.js';
export { scenarioSchema, type ScenarioInput } from './scenario/schema.js';
export type { State } from './scenario/state.js';
export { verifyFile, type FileFailure, type FileVerdict } from './recordings/verify.js';
export { verifyVector, type Failure } from './recordings/vectors.js';
export { factsOf, type MachineFacts, type Sources } from './plan/facts.js';
export { planOf, type Plan } from './plan/plan.js';
export type { SystemMemory } from './mm/system-memory.js';
export type { MemoryState } from './scenario/hotplug-state.js';
export type * from './library-types.js';
