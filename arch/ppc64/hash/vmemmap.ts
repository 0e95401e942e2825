// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, VmemmapCode } from '../../../src/kernel/vmemmap-code.js';
import type { Kernel } from '../../../src/kernel/kernel.js';
import type { VmemAltmap } from '../../../src/kernel/memremap.js';
import { freeBlocks, populateBlocks, type BlockMapping } from '../block-vmemmap.js';
import { backings, VmemmapList } from '../vmemmap-list.js';
import { HPTES_PER_GROUP, NO_SLOT, type HashPageTable } from './hash-page-table.js';
import { HPTE_R } from './hpte-bits.js';
import { linuxPaging } from './linux-page-table.js';
import type { HashPlatform } from './platform.js';
import { vpnText } from './vsid.js';

/**
 * The vmemmap under the hash MMU: bolted entries in the hashed page table (arch/powerpc/mm/book3s64/hash_pgtable.c,
 * hash_utils.c), and vmemmap_list to know them by.
 */

/** htab_convert_pte_flags() of PAGE_KERNEL: 0x194. */
const KERNEL_FLAGS = HPTE_R.N.lo | HPTE_R.M.lo | HPTE_R.C.lo | HPTE_R.R.lo;
/** HASH_DEFAULT_KERNEL_KEY, storage key 3, on CPUs and configurations with KUAP or KUEP. */
const KERNEL_KEY = 0x600;

export class HashVmemmap implements VmemmapCode {
  private readonly list: VmemmapList;
  private readonly table: HashPageTable;
  private readonly blockSize: number;
  private readonly flags: number;
  /** Linux's own page table, where a helper that knows no hashed one writes to it. */
  readonly paging?: KernelPaging;

  /**
   * @param vmemmapHi bits 32-63 of the address of the struct page of pfn 0
   * @param vmemmapEnd H_VMEMMAP_END, low 52 bits; undefined in releases that do not ask for it
   */
  constructor(
    private readonly kernel: Kernel,
    private readonly platform: HashPlatform,
    vmemmapHi: number,
    private readonly vmemmapEnd: number | undefined,
  ) {
    const { traits } = kernel;
    this.list = new VmemmapList(kernel, platform.list, vmemmapHi);
    this.table = platform.htab;
    this.blockSize = platform.options.vmemmapPageSize;
    this.flags = KERNEL_FLAGS | (traits.ppc64HashKernelKey ? KERNEL_KEY : 0);
    if (traits.daxTailReuse && !traits.daxArchOptIn) {
      this.paging = linuxPaging(kernel, kernel.allocator.reserve() * kernel.pageSize);
    }
  }

  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    return populateBlocks(this.kernel, this.list, this.mapping, this.blockSize, start, end, nid, altmap);
  }

  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    freeBlocks(this.kernel, this.list, this.mapping, this.blockSize, start, end, altmap);
  }

  keepsEmptyTable(): boolean {
    return false;
  }

  bookPages = (): number => this.list.pages;

  save: NonNullable<VmemmapCode['save']> = (to) => this.list.save(to);

  restore: NonNullable<VmemmapCode['restore']> = (from) => this.list.restore(from);

  unusedStart(): number {
    return 0;
  }

  describe: NonNullable<VmemmapCode['describe']> = (text) => {
    const blocks = [...backings(this.kernel.ram, this.platform.list)].sort((a, b) => a.virt - b.virt);
    const hptes = blocks.flatMap(({ virt }) => {
      const page = this.platform.pageOf(virt);
      const slot = this.table.find(page);
      if (slot === NO_SLOT) return [];
      const group = Math.floor(slot / HPTES_PER_GROUP).toString(16);
      return [`${text(virt)} group=${group} vpn=${vpnText(page, this.platform.options.segmentShift)}`];
    });
    return { hptes };
  };

  private readonly mapping: BlockMapping = {
    create: (address, phys) => this.createMapping(address, phys),
    remove: (address) => {
      if (!this.platform.hashed.removeBolted(address, this.kernel.observer))
        this.kernel.log.warn('hash__vmemmap_remove_mapping');
    },
  };

  /**
   * hash__vmemmap_create_mapping(): a block that ends where the region of the vmemmap ends is refused too.
   * @returns 0 or -1
   */
  private createMapping(address: number, phys: number): number {
    const { vmemmapEnd, blockSize } = this;
    if (vmemmapEnd === undefined || address + blockSize < vmemmapEnd) return this.htabBoltMapping(address, phys);
    this.kernel.log.print('Outside the supported range');
    return -1;
  }

  /**
   * htab_bolt_mapping(): into the primary group, if need be in place of an entry that is not bolted; then likewise into
   * the secondary group. The entry does not say which of them it is in.
   * @returns 0, or -1 when both groups are full of bolted entries
   */
  private htabBoltMapping(address: number, phys: number): number {
    const { table, flags, platform } = this;
    const { observer } = this.kernel;
    const page = platform.pageOf(address);
    const { vsid, offset } = page;
    for (const group of [table.primaryGroup(page), table.secondaryGroup(page)]) {
      const insert = (): number => platform.hashed.insert(group, vsid, offset, phys, flags, address, observer);
      if (insert() !== NO_SLOT || (table.evict(group) && insert() !== NO_SLOT)) return 0;
      observer?.probeGroup(table.groupAddress(group), HPTES_PER_GROUP);
    }
    return -1;
  }
}
