// SPDX-License-Identifier: GPL-2.0-only

import { recycledLeaf } from './recycled-leaf.js';
import { foldedWithoutBreak } from './folded-without-break.js';
import { freedBeforeFlush } from './freed-before-flush.js';
import { freedBeforeFlushRadix } from './freed-before-flush-radix.js';
import { freedBeforeFlushS390 } from './freed-before-flush-s390.js';
import { freedUnderIommu } from './freed-under-iommu.js';
import { recycledLeafS390 } from './recycled-leaf-s390.js';
import { earlyMemmapInParts } from './early-memmap-in-parts.js';
import { paintOverDevice } from './paint-over-device.js';
import { altmapAlignmentLoss } from './altmap-alignment-loss.js';
import { altmapAlignmentLossArm64 } from './altmap-alignment-loss-arm64.js';
import { altmapEndTooFar } from './altmap-end-too-far.js';
import { altmapIgnored } from './altmap-ignored.js';
import { altmapPageToBuddy } from './altmap-page-to-buddy.js';
import { blockAltmapIdle } from './block-altmap-idle.js';
import { blockWithoutNode } from './block-without-node.js';
import { bootMemmapLost } from './boot-memmap-lost.js';
import type { Bug } from './bug.js';
import { compoundMemmapOvercounted } from './compound-memmap-overcounted.js';
import { compoundMemmapUnseen } from './compound-memmap-unseen.js';
import { compoundPositionCounted } from './compound-position-counted.js';
import { counterUnderflow } from './counter-underflow.js';
import { failedAddStays } from './failed-add-stays.js';
import { foldedMemmapNotShared } from './folded-memmap-not-shared.js';
import { halfRangeStays } from './half-range-stays.js';
import { lastLeafFromRam } from './last-leaf-from-ram.js';
import { leafOfTwoDevices } from './leaf-of-two-devices.js';
import { leafOfTwoOwners } from './leaf-of-two-owners.js';
import { leafOfTwoOwnersArm64 } from './leaf-of-two-owners-arm64.js';
import { leafTakenForTable } from './leaf-taken-for-table.js';
import { leafTakenForTableArm64 } from './leaf-taken-for-table-arm64.js';
import { memmapOutlivesDevice } from './memmap-outlives-device.js';
import { neverFreed } from './never-freed.js';
import { neverFreedS390 } from './never-freed-s390.js';
import { nodeWithoutEntry } from './node-without-entry.js';
import { orderForgotten } from './order-forgotten.js';
import { ownBitsCountAsMapped } from './own-bits-count-as-mapped.js';
import { pageBehindStartMissed } from './page-behind-start-missed.js';
import { pageBehindStartMissedRadix } from './page-behind-start-missed-radix.js';
import { pageOfTwoDevices } from './page-of-two-devices.js';
import { pagesBeforeTheRange } from './pages-before-the-range.js';
import { pudTableStays } from './pud-table-stays.js';
import { sectionStartAsked } from './section-start-asked.js';
import { MEMORY_HOTPLUG_BUGS } from './memory-hotplug.js';
import { sharedLeafRippedOut } from './shared-leaf-ripped-out.js';
import { sharedPageRippedOut } from './shared-page-ripped-out.js';
import { sharedPageRippedOut16K } from './shared-page-ripped-out-16k.js';
import { smallLeaves } from './small-leaves.js';
import { softwareBitsInAddress } from './software-bits-in-address.js';
import { stalePaint } from './stale-paint.js';
import { staleSectionMemMap } from './stale-section-mem-map.js';
import { subsectionTakesLeaf } from './subsection-takes-leaf.js';
import { successWithHalf } from './success-with-half.js';
import { tableShortageStopsKernel } from './table-shortage-stops-kernel.js';
import { tableTakenForLeaf } from './table-taken-for-leaf.js';
import { tableTakenForLeafSubsection } from './table-taken-for-leaf-subsection.js';
import { tailKeepsLeaf } from './tail-keeps-leaf.js';
import { topLevelNotShared } from './top-level-not-shared.js';
import { zoneEndsInsideBlock } from './zone-ends-inside-block.js';
import { zoneEndsInsideLargeBlock } from './zone-ends-inside-large-block.js';
import { wrongHeadPainted } from './wrong-head-painted.js';
import { wrongHeadPaintedTooFar } from './wrong-head-painted-too-far.js';
import { sharedLeafRippedOutRiscv64 } from './shared-leaf-ripped-out-riscv64.js';
import { tableTakenForLeafRiscv64 } from './table-taken-for-leaf-riscv64.js';
import { failedAddTakesNeighbourRiscv64 } from './failed-add-takes-neighbour-riscv64.js';
import { leafOfTwoOwnersRiscv64 } from './leaf-of-two-owners-riscv64.js';
import { freedBeforeFlushRiscv64 } from './freed-before-flush-riscv64.js';
import { vmemmapTableUncountedRiscv64 } from './vmemmap-table-uncounted-riscv64.js';
import { neverFreedLoongarch64 } from './never-freed-loongarch64.js';
import { altmapIgnoredLoongarch64 } from './altmap-ignored-loongarch64.js';
import { lastSectionNotMappedLoongarch64 } from './last-section-not-mapped-loongarch64.js';
import { leafForASubsectionLoongarch64 } from './leaf-for-a-subsection-loongarch64.js';
import { pageBehindStartMissedLoongarch64 } from './page-behind-start-missed-loongarch64.js';

export type { Bug, ReleaseRange, Symptom } from './bug.js';

/** The catalogue: bugs of populating and freeing, a file each. */
export const BUGS: readonly Bug[] = [
  tailKeepsLeaf,
  stalePaint,
  wrongHeadPainted,
  wrongHeadPaintedTooFar,
  altmapPageToBuddy,
  orderForgotten,
  topLevelNotShared,
  foldedMemmapNotShared,
  altmapAlignmentLoss,
  altmapAlignmentLossArm64,
  subsectionTakesLeaf,
  neverFreed,
  neverFreedS390,
  sharedLeafRippedOut,
  sharedPageRippedOut,
  sharedPageRippedOut16K,
  tableTakenForLeaf,
  tableTakenForLeafSubsection,
  altmapIgnored,
  sectionStartAsked,
  pageOfTwoDevices,
  leafOfTwoDevices,
  altmapEndTooFar,
  lastLeafFromRam,
  compoundPositionCounted,
  softwareBitsInAddress,
  bootMemmapLost,
  blockWithoutNode,
  counterUnderflow,
  compoundMemmapOvercounted,
  compoundMemmapUnseen,
  ownBitsCountAsMapped,
  nodeWithoutEntry,
  pudTableStays,
  smallLeaves,
  blockAltmapIdle,
  staleSectionMemMap,
  successWithHalf,
  failedAddStays,
  tableShortageStopsKernel,
  halfRangeStays,
  leafOfTwoOwners,
  leafOfTwoOwnersArm64,
  leafTakenForTable,
  leafTakenForTableArm64,
  pagesBeforeTheRange,
  pageBehindStartMissed,
  pageBehindStartMissedRadix,
  memmapOutlivesDevice,
  sharedLeafRippedOutRiscv64,
  tableTakenForLeafRiscv64,
  failedAddTakesNeighbourRiscv64,
  leafOfTwoOwnersRiscv64,
  freedBeforeFlushRiscv64,
  vmemmapTableUncountedRiscv64,
  neverFreedLoongarch64,
  altmapIgnoredLoongarch64,
  lastSectionNotMappedLoongarch64,
  leafForASubsectionLoongarch64,
  pageBehindStartMissedLoongarch64,
  recycledLeaf,
  recycledLeafS390,
  freedBeforeFlush,
  freedBeforeFlushRadix,
  freedBeforeFlushS390,
  freedUnderIommu,
  zoneEndsInsideBlock,
  zoneEndsInsideLargeBlock,
  foldedWithoutBreak,
  earlyMemmapInParts,
  paintOverDevice,
  ...MEMORY_HOTPLUG_BUGS,
];
