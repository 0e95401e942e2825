// SPDX-License-Identifier: GPL-2.0-only

/** Types that the signatures of the library are made of, beside those that a program names itself. */

export type {
  FunctionNames,
  KernelZone,
  Machine as PlatformMachine,
  Told,
  VmcoreinfoFacts,
} from '../arch/architecture.js';
export type { Bench, BenchMachine, BenchSuite } from '../arch/bench-machine.js';
export type { GuestKernelFacts, GuestMachine, LargerBlocks, MemoryLayout, RamRange } from '../arch/guest-machine.js';
export type { Verdict as AuditVerdict } from './audit/audit.js';
export type { Altmaps, ShapeMachine, Shaped } from './audit/shapes.js';
export type { ReleaseRange, Symptom } from './catalogue/bugs/bug.js';
export type { INVARIANT_NAMES } from './check/invariants.js';
export type { Culprit, Outcome } from './check/releases/bisect.js';
export type { FieldDifference, Parting } from './check/releases/diff.js';
export type { Piece, Snapshot } from './check/snapshot.js';
export type { BrokenRule, Glimpse, HeldPages, Sights } from './check/translation-watch.js';
export type { TreeTarget } from '../arch/tree-target.js';
export type { Call, CallNode, CallTree } from './cycles/call-tree.js';
export type { Charges } from './cycles/charges.js';
export type { Clock } from './cycles/clock.js';
export type { Figure, Unit } from './cycles/figure.js';
export type { CycleModelOptions } from './cycles/cycle-model.js';
export type { Processor, ProcessorOptions } from './cycles/processor.js';
export type { RemoteMemory } from './cycles/remote-memory.js';
export type {
  CacheProfile,
  CpuFlag,
  FlushProfile,
  HYPERVISORS,
  Hypervisor,
  RemoteNode,
  Sourced,
  StreamProfile,
  ThroughputProfile,
  TlbProfile,
} from './cycles/profile.js';
export type {
  ByteRegion,
  Devices,
  KmemRange,
  NamespaceDevice,
  NamespaceRequest,
  VirtioMem,
} from './drivers/devices.js';
export type { Namespace } from './drivers/nvdimm.js';
export type { Books, Deed, FrameRun, LeafRun, Moment, Owner, Seen, Stretch } from './events/event.js';
export type { Geometry } from './events/words.js';
export type { Action, Alphabet } from './explore/alphabet.js';
export type { Ending, Limits, Shard } from './explore/search.js';
export type { EntryAtFault } from './explore/violations.js';
export type { Range, StepInput } from './explore/words.js';
export type { BlocksImage } from './hardware/buddy-blocks.js';
export type { NodeImage } from './hardware/node-blocks.js';
export type { Copy, Words } from './hardware/copy.js';
export type { Mmu } from './hardware/mmu.js';
export type {
  AllocatorObserver,
  BadFree,
  BadFreeKind,
  BlockChooser,
  FrameLocation,
  MemoryNode,
  PageAllocator,
  PageAllocatorImage,
} from './hardware/page-allocator.js';
export type {
  EntryFormat,
  LEVELS,
  LeafField,
  Level,
  PageTable,
  TableGeometry,
  TableLevel,
  WalkLevel,
  LastWalk,
} from './hardware/page-table.js';
export type { Ram, RamImage, WordStore } from './hardware/ram.js';
export type { SavedState, StateReader, StateWriter } from './hardware/saved-state.js';
export type { OpenedTree } from './history/releases.js';
export type { PROPOSED_TRAITS, ProposedTraitKey } from './history/traits/proposed.js';
export type { Confidence } from './history/traits/trait.js';
export type { Counters } from './kernel/counters.js';
export type { FRAME_CONTENTS, FrameContent } from './kernel/frame-content.js';
export type { Vmstat } from './kernel/kernel.js';
export type { KernelLog, LogEntry, Mishap } from './kernel/log.js';
export type { MemSections, SectionsImage } from './kernel/mem-sections.js';
export type { DevPagemap, VmemAltmap } from './kernel/memremap.js';
export type { Decision, EntryEvent, EntryRow, FlushKind } from './kernel/observer.js';
export type { PfnRange } from './kernel/pfn-range.js';
export type { HashedPageTable } from './kernel/platform.js';
export type { EntryField, FlagField, NumberField, Ptdump, PtdumpLine } from './kernel/ptdump.js';
export type { EntryChange, TranslationRule, ValidEntry } from './kernel/translation-rule.js';
export type { HugepageHooks, PageEntry, ReadOnlyPte } from './kernel/vmemmap-code.js';
export type { AddressRange, AddressText } from './kernel/vmemmap-view.js';
export type { MemmapOnMemoryMode, MemmapOnMemoryRefusal } from './mm/memmap-on-memory.js';
export type { DeviceMaps, DevicePages } from './mm/pgmap-array.js';
export type { RangeMap } from './mm/range-map.js';
export type { BootResource, Resource, ResourceName } from './mm/resource.js';
export type { FAULT_POINTS, FaultPoint, Faults, HotplugCall, MemoryBlock, NotifyEvent } from './mm/system-memory.js';
export type { OnlineType, PgData, Zone } from './mm/zone.js';
export type {
  AltmapReport,
  Books as ReportBooks,
  ComparisonReport,
  FieldReport,
  FindingReport,
  KnownBug,
  Link,
  PhysicalReport,
  RunReport,
  StateReport,
  StepReport,
  TableReport,
  CounterReport,
} from './page/document.js';
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
export type { BootRange, MachineOptions } from './scenario/machine.js';
export type { AltmapSpec, Failing, Taking } from './scenario/scenario.js';
