// SPDX-License-Identifier: GPL-2.0-only

/** Types that the signatures of the library are made of, beside those that a program names itself. */

export type { FunctionNames, KernelZone, Machine as PlatformMachine, VmcoreinfoFacts } from '../arch/architecture.js';
export type { Bench } from '../arch/bench-machine.js';
export type { GuestMachine } from '../arch/guest-machine.js';
export type { Verdict as AuditVerdict } from './audit/audit.js';
export type { ShapeMachine, Shaped } from './audit/shapes.js';
export type { ReleaseRange, Symptom } from './catalogue/bugs/bug.js';
export type { SENTENCES } from './check/complaint.js';
export type { INVARIANT_NAMES } from './check/invariants.js';
export type { Culprit, Outcome } from './check/releases/bisect.js';
export type { FieldDifference, Parting } from './check/releases/diff.js';
export type { Piece, Snapshot } from './check/snapshot.js';
export type { Sights } from './check/translation-watch.js';
export type { Figure } from './cycles/figure.js';
export type { Processor, ProcessorOptions } from './cycles/processor.js';
export type {
  CacheProfile,
  CpuFlag,
  FlushProfile,
  Hypervisor,
  Sourced,
  StreamProfile,
  ThroughputProfile,
  TlbProfile,
} from './cycles/profile.js';
export type { Devices, NamespaceRequest } from './drivers/devices.js';
export type { Books, Deed, LeafRun, Seen, Stretch } from './events/event.js';
export type { Geometry } from './events/words.js';
export type { Alphabet } from './explore/alphabet.js';
export type { Ending, Limits, Shard } from './explore/search.js';
export type { EntryAtFault } from './explore/violations.js';
export type { Mmu } from './hardware/mmu.js';
export type { PageAllocator } from './hardware/page-allocator.js';
export type { LEVELS, LeafField, Level, PageTable } from './hardware/page-table.js';
export type { Ram, WordStore } from './hardware/ram.js';
export type { StateReader, StateWriter } from './hardware/saved-state.js';
export type { OpenedTree } from './history/releases.js';
export type { ProposedTraitKey } from './history/traits/proposed.js';
export type { Confidence } from './history/traits/trait.js';
export type { Counters } from './kernel/counters.js';
export type { Vmstat } from './kernel/kernel.js';
export type { KernelLog, Mishap } from './kernel/log.js';
export type { MemSections } from './kernel/mem-sections.js';
export type { DevPagemap, VmemAltmap } from './kernel/memremap.js';
export type { Decision, FlushKind } from './kernel/observer.js';
export type { HashedPageTable } from './kernel/platform.js';
export type { Ptdump } from './kernel/ptdump.js';
export type { TranslationRule } from './kernel/translation-rule.js';
export type { HugepageHooks, PageEntry, ReadOnlyPte } from './kernel/vmemmap-code.js';
export type { AddressRange } from './kernel/vmemmap-view.js';
export type { MemmapOnMemoryMode } from './mm/memmap-on-memory.js';
export type { DeviceMaps } from './mm/pgmap-array.js';
export type { RangeMap } from './mm/range-map.js';
export type { BootResource, Resource } from './mm/resource.js';
export type { Faults, HotplugCall, MemoryBlock } from './mm/system-memory.js';
export type { OnlineType, PgData, Zone } from './mm/zone.js';
export type { ComparisonReport, RunReport } from './page/document.js';
export type { PlannedDevice } from './plan/facts.js';
export type { IomemRange } from './plan/iomem.js';
export type { LiveMachine } from './plan/live.js';
export type { BlockRange } from './plan/lsmem.js';
export type { DaxDevice, NdctlNamespace } from './plan/ndctl.js';
export type { MemmapCost, PlannedBlock, Verdict as PlanVerdict } from './plan/plan.js';
export type { Vmcoreinfo } from './plan/vmcoreinfo.js';
export type { ByteRange } from './recordings/recorded-kernel.js';
export type { ReplayedOn } from './recordings/verify.js';
export type { Span } from './scenario/hotplug-state.js';
export type { MachineOptions } from './scenario/machine.js';
export type { AltmapSpec, Failing, PfnRange, Taking } from './scenario/scenario.js';
