// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { LEVELS, type Leaf } from '../hardware/page-table.js';
import { pfnToPage } from '../kernel/kernel.js';
import { AddressText } from '../kernel/vmemmap-view.js';
import { blockIdOf } from '../mm/memory-block.js';
import { isOnlinePage } from '../mm/zone.js';
import { frameOwner, unusedBytes, type FrameOwner } from '../ptdump/backing.js';
import { altmapsOf, type Run } from '../scenario/runner.js';
import { frameHistories, type FrameEvent } from './ledger.js';

/** Everything about one struct page: whose it is, what maps it, and where its bytes come from. */

/** The leaf that maps a struct page. */
export interface WhereLeaf {
  readonly range: string;
  readonly level: string;
  /** The entry, hex. */
  readonly entry: string;
  /** The frame behind the struct page, and what happened to it. */
  readonly pfn: number;
  readonly owner: FrameOwner;
  readonly history: readonly FrameEvent[];
  /** Byte ranges of the leaf that hold PAGE_UNUSED. */
  readonly unused: readonly (readonly [from: number, to: number])[];
}

export interface Whereabouts {
  readonly pfn: number;
  /** Physical byte address, hex. */
  readonly physical: string;
  /** Address of the struct page, hex digits. */
  readonly structPage: string;
  /** Bytes from its start to the address that was asked for. */
  readonly offset: number;
  readonly section: number;
  /** pfn_valid(): there is a memmap for it. */
  readonly valid: boolean;
  /** pfn_to_online_page(): the page allocator has it. */
  readonly online: boolean;
  /** Its memmap was made at boot. */
  readonly early: boolean;
  /** The memory block and its state; undefined where there is none. */
  readonly block: { readonly id: number; readonly state: string } | undefined;
  /** The zone that its struct page names, and the node. */
  readonly zone: { readonly name: string; readonly node: number } | undefined;
  /** The device whose memory it is. */
  readonly device: string | undefined;
  /** Undefined where nothing maps the struct page. */
  readonly leaf: WhereLeaf | undefined;
}

function leafOf(run: Run, leaf: Leaf, address: number, steps: number): WhereLeaf {
  const { kernel, scenario } = run;
  const text = new AddressText(scenario.machine.config.vmemmapBase);
  const pa = leaf.pa + (address - leaf.start);
  const pfn = Math.floor(pa / kernel.pageSize);
  return {
    range: text.range({ start: leaf.start, end: leaf.start + leaf.size }),
    level: kernel.platform.table === undefined ? 'hpte' : LEVELS[leaf.level],
    entry: hex((BigInt(leaf.hi >>> 0) << 32n) | BigInt(leaf.lo >>> 0)),
    pfn,
    owner: frameOwner(kernel, altmapsOf(run), pa),
    history: frameHistories(scenario, [pfn], steps).get(pfn) ?? [],
    unused: unusedBytes(kernel, leaf),
  };
}

/**
 * @param run a run after some steps
 * @param pfn the frame that is asked about
 * @param offset bytes into its struct page
 * @param steps how many steps have run
 */
export function whereabouts(run: Run, pfn: number, offset: number, steps: number): Whereabouts {
  const { kernel, memory, scenario } = run;
  const { sections, pagesPerSection, pagesPerSubsection } = kernel;
  const section = Math.floor(pfn / pagesPerSection);
  const subsection = Math.floor((pfn % pagesPerSection) / pagesPerSubsection);
  const early = sections.isEarly(section);
  const address = pfnToPage(kernel, pfn);
  const leaf = kernel.platform.mmu.walk(address + offset);
  const zone = memory.pageZones.get(pfn);
  const block = memory.blocks.get(blockIdOf(memory, pfn));
  return {
    pfn,
    physical: hex(pfn * kernel.pageSize),
    structPage: new AddressText(scenario.machine.config.vmemmapBase).of(address),
    offset,
    section,
    valid: sections.isValid(section) && (early || sections.isSet(section, subsection)),
    online: isOnlinePage(memory, pfn),
    early,
    block: block && { id: block.id, state: block.state },
    zone: zone && { name: zone.name, node: zone.nid },
    device: memory.devices.mapped().find((device) => pfn >= device.pfn && pfn < device.pfn + device.nrPages)?.id,
    leaf: leaf && leafOf(run, leaf, address + offset, steps),
  };
}
