// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, VmemmapCode } from '../../src/kernel/vmemmap-code.js';
import { alignDown, isAligned } from '../../src/hardware/align.js';
import {
  P4D,
  PGD,
  PMD,
  PTE,
  PUD,
  tableIndex,
  type Level,
  type PageTable,
  type Table,
  type WalkLevel,
  ENTRY_WORDS,
} from '../../src/hardware/page-table.js';
import { ENOMEM } from '../../src/kernel/errno.js';
import { FreedBasePages } from '../../src/kernel/base-pages.js';
import { addressAt, entryByEntry, pteRange, tellRows } from '../../src/kernel/entry-rows.js';
import { freePages, noteFlush, writeEntry, zeroEntry, type Kernel } from '../../src/kernel/kernel.js';
import type { Decision, EntryRow } from '../../src/kernel/observer.js';
import { vmemmapPopulateBasepages, vmemmapPopulateHugepages } from '../../src/mm/sparse-vmemmap.js';
import { UnusedSubPmd } from '../../src/mm/unused-sub-pmd.js';
import { vmemAltmapFree } from '../../src/mm/vmem-altmap.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import {
  entryHi,
  entryLo,
  entryPfn,
  GLOBAL,
  NONE_IGNORES,
  NX,
  PAGE_KERNEL_LARGE_LO,
  PAGE_KERNEL_LO,
  PAGE_KERNEL_RO_LO,
  PAGE_TABLE_LO,
  PRESENT,
  PSE,
  tableAddress,
} from './layout.js';
import { P4D_SIZE, PAGE_SIZE, PMD_ORDER, PMD_SIZE, PUD_SIZE, type X86Platform } from './platform.js';

/** arch/x86/mm/init_64.c: vmemmap_populate() and vmemmap_free(). */

/** Entries of a table, and 32-bit words of it. */
const PTRS_PER_TABLE = 512;
const TABLE_WORDS = PTRS_PER_TABLE * 2;

/** What remove_pte_table() does to a PTE. */
const REMOVED_PAGE: EntryRow = ['freePage', 'readEntry', 'lock', 'clearEntry'];

/** What vmemmap_populate() asks, told to an observer. */
const POPULATE = 'vmemmap_populate';
const LESS_THAN_A_SECTION: Decision = {
  because: 'end - start < PAGES_PER_SECTION * sizeof(struct page)',
  so: 'vmemmap_populate_basepages()',
};
const HAS_PSE: Decision = { because: 'boot_cpu_has(X86_FEATURE_PSE)', so: 'vmemmap_populate_hugepages()' };
const NO_PSE_FOR_ALTMAP: Decision = { because: 'no X86_FEATURE_PSE, and an altmap', so: '-ENOMEM' };
const NO_PSE: Decision = { because: 'no X86_FEATURE_PSE', so: 'vmemmap_populate_basepages()' };

export interface X86Options {
  pagingLevels: 4 | 5;
  /** X86_FEATURE_PSE. */
  pse: boolean;
}

export class X86Vmemmap implements VmemmapCode {
  readonly addPagesWarns = true;
  readonly paging: KernelPaging;
  private readonly mmu: PageTable;
  private readonly p4d: WalkLevel;
  private readonly pud: WalkLevel;
  private readonly pmd: WalkLevel;
  private readonly unusedSubPmd: UnusedSubPmd;
  private readonly ram;
  private readonly counters;
  private readonly freed: FreedBasePages;
  private readonly otherTables: readonly PageTable[];

  constructor(
    private readonly kernel: Kernel,
    { table, loadedMmu, otherTables }: X86Platform,
    private readonly options: X86Options,
  ) {
    this.ram = kernel.ram;
    this.counters = kernel.counters;
    this.freed = new FreedBasePages(kernel);
    this.mmu = table;
    this.p4d = table.table(P4D);
    this.pud = table.table(PUD);
    this.pmd = table.table(PMD);
    this.otherTables = otherTables;
    this.unusedSubPmd = new UnusedSubPmd(kernel, loadedMmu, PMD_SIZE, {
      defersTail: kernel.traits.x86DeferredTail,
      paintsCorrectHead: kernel.traits.x86PaintCorrectHead,
    });
    this.paging = {
      table: this.mmu,
      isNone,
      populate: (level, entry, tablePa, address) => {
        writeEntry(this.kernel, level, entry, address, entryLo(tablePa, PAGE_TABLE_LO), entryHi(tablePa, 0));
        if (kernel.traits.x86SyncTopLevelAtOnce && level === this.mmu.levels[0]!.level && otherTables.length > 0) {
          this.syncGlobalPgds(address, address + 1);
        }
      },
      pteWord0: (pfn) => entryLo(pfn * PAGE_SIZE, PAGE_KERNEL_LO),
      pteWord1: (pfn) => entryHi(pfn * PAGE_SIZE, NX),
      hugepages: {
        setPmd: (entry, pa, address, next) => this.vmemmapSetPmd(entry, pa, address, next),
        checkPmd: (entry, address, next) => this.vmemmapCheckPmd(entry, address, next),
      },
      readOnlyPte: {
        word0: (pfn) => entryLo(pfn * PAGE_SIZE, PAGE_KERNEL_RO_LO),
        word1: (pfn) => entryHi(pfn * PAGE_SIZE, NX),
      },
    };
  }

  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    const { kernel } = this;
    const decision = this.decide(end - start, altmap);
    if (kernel.observer !== null) kernel.observer.decide(POPULATE, decision, start, end);
    let err = -ENOMEM;
    if (decision === HAS_PSE) {
      const basePagesAltmap = kernel.traits.x86SplitPmdTakesAltmap ? altmap : null;
      err = vmemmapPopulateHugepages(kernel, start, end, nid, altmap, basePagesAltmap);
    } else if (decision !== NO_PSE_FOR_ALTMAP) {
      err = vmemmapPopulateBasepages(kernel, start, end, nid, null);
    }
    if (err === 0 && this.otherTables.length > 0) this.syncGlobalPgds(start, end);
    return err;
  }

  /** How vmemmap_populate() maps memmap. @param bytes of it */
  private decide(bytes: number, altmap: VmemAltmap | null): Decision {
    const { traits, pagesPerSection, structPageSize } = this.kernel;
    if (traits.x86SubsectionBasePages && bytes < pagesPerSection * structPageSize) return LESS_THAN_A_SECTION;
    if (this.options.pse) return HAS_PSE;
    return altmap === null ? NO_PSE : NO_PSE_FOR_ALTMAP;
  }

  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    this.removePagetable(start, end, altmap);
  }

  /** The tables below the root are never freed: with 4 levels those of the pud, with 5 those of the p4d. */
  keepsEmptyTable({ level }: Table): boolean {
    return level === this.mmu.levels[1]!.level;
  }

  save: NonNullable<VmemmapCode['save']> = (to) => this.unusedSubPmd.save(to);

  restore: NonNullable<VmemmapCode['restore']> = (from) => this.unusedSubPmd.restore(from);

  unusedStart(): number {
    return this.unusedSubPmd.start;
  }

  /** vmemmap_set_pmd(). */
  private vmemmapSetPmd(entry: number, pa: number, address: number, next: number): void {
    writeEntry(this.kernel, PMD, entry, address, entryLo(pa, PAGE_KERNEL_LARGE_LO), entryHi(pa, NX));
    const isPart = !isAligned(address, PMD_SIZE) || !isAligned(next, PMD_SIZE);
    if (isPart && this.kernel.traits.x86TrackUnusedSubPmd) this.unusedSubPmd.useNew(address, next);
  }

  /** vmemmap_check_pmd(): an existing leaf serves; an existing table does not. */
  private vmemmapCheckPmd(entry: number, address: number, next: number): boolean {
    if ((this.mmu.lo(entry) & PSE) === 0) return false;
    if (this.kernel.traits.x86TrackUnusedSubPmd) this.unusedSubPmd.use(address, next);
    return true;
  }

  /** remove_pagetable(). With 4 levels the pgd is folded and always present. */
  private removePagetable(start: number, end: number, altmap: VmemAltmap | null): void {
    if (this.options.pagingLevels === 4) this.removeP4dTable(this.mmu.root, start, end, altmap);
    else this.removeP4dTables(start, end, altmap);
    noteFlush(this.kernel, 'all', start, end);
  }

  /** The loop of remove_pagetable(), with 5 levels. */
  private removeP4dTables(start: number, end: number, altmap: VmemAltmap | null): void {
    const { mmu } = this;
    const pgd = mmu.table(PGD);
    const span = mmu.span[PGD]!;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, span) + span, end);
      const entry = mmu.entry(mmu.root, tableIndex(pgd, address));
      this.kernel.observer?.readEntry(PGD, address);
      const lo = mmu.lo(entry);
      if ((lo & PRESENT) === 0) continue;
      this.removeP4dTable(tableAddress(lo, mmu.hi(entry)), address, next, altmap);
    }
  }

  /** remove_p4d_table(). Tables of the pud level go only where the p4d is not the root. */
  private removeP4dTable(table: number, start: number, end: number, altmap: VmemAltmap | null): void {
    const { mmu, ram, p4d } = this;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, P4D_SIZE) + P4D_SIZE, end);
      const entry = mmu.entry(table, tableIndex(p4d, address));
      this.kernel.observer?.readEntry(P4D, address);
      const lo = ram.words[entry]!;
      if ((lo & PRESENT) === 0) continue;
      const pudTable = tableAddress(lo, ram.words[entry + 1]!);
      this.removePudTable(pudTable, address, next, altmap);
      if (this.options.pagingLevels === 5) this.freeTableIfEmpty(pudTable, P4D, entry, next);
    }
  }

  /** remove_pud_table(). A leaf that is not wholly in the range is taken for a table. */
  private removePudTable(table: number, start: number, end: number, altmap: VmemAltmap | null): void {
    const { mmu, ram, pud } = this;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, PUD_SIZE) + PUD_SIZE, end);
      const entry = mmu.entry(table, tableIndex(pud, address));
      this.kernel.observer?.readEntry(PUD, address);
      const lo = ram.words[entry]!;
      if ((lo & PRESENT) === 0) continue;
      if ((lo & PSE) !== 0 && isAligned(address, PUD_SIZE) && isAligned(next, PUD_SIZE)) {
        this.clearLocked(PUD, entry, address);
        continue;
      }
      const pmdTable = tableAddress(lo, ram.words[entry + 1]!);
      this.removePmdTable(pmdTable, address, next, altmap);
      this.freeTableIfEmpty(pmdTable, PUD, entry, next);
    }
  }

  /** remove_pmd_table(). */
  private removePmdTable(table: number, start: number, end: number, altmap: VmemAltmap | null): void {
    const { mmu, ram } = this;
    const { observer } = this.kernel;
    let entry = mmu.entry(table, tableIndex(this.pmd, start));
    let next: number;
    for (let address = start; address < end; address = next, entry += ENTRY_WORDS) {
      next = Math.min(alignDown(address, PMD_SIZE) + PMD_SIZE, end);
      const lo = ram.words[entry]!;
      if (observer !== null) observer.readEntry(PMD, address);
      // pmd_present(): PSE alone counts, since splitting a huge page clears PRESENT for a moment.
      if ((lo & (PRESENT | GLOBAL | PSE)) === 0) continue;
      if ((lo & PSE) !== 0) {
        const goes = next - address === PMD_SIZE || this.kernel.traits.x86FreesAnyLeaf;
        if (goes || this.unusedSubPmd.unuse(address, next)) this.freeHugepageTable(entry, address, altmap);
        continue;
      }
      this.removePteTable(tableAddress(lo, ram.words[entry + 1]!), entry, address, next);
    }
  }

  /** remove_pte_table() with free_pte_table(). @param pmdEntry points to the table */
  private removePteTable(table: number, pmdEntry: number, start: number, end: number): void {
    const { observer } = this.kernel;
    observer?.enter('remove_pte_table');
    this.removePtes(table, start, end);
    observer?.leave();
    this.freeTableIfEmpty(table, PMD, pmdEntry, end);
  }

  /** remove_pte_table(). It knows no altmap: what the entry maps goes to the page allocator. */
  private removePtes(table: number, start: number, end: number): void {
    const { mmu, kernel, counters, freed } = this;
    const observer = entryByEntry(kernel.observer);
    const range = pteRange(mmu, table, start, end);
    tellRows(kernel, range, (lo) => ((lo & (PRESENT | GLOBAL)) === 0 ? null : REMOVED_PAGE));
    const { words } = this.ram;
    let cleared = 0;
    for (let entry = range.first; entry < range.end; entry += ENTRY_WORDS) {
      const lo = words[entry]!;
      if ((lo & (PRESENT | GLOBAL)) === 0) continue;
      const pfn = entryPfn(lo, words[entry + 1]!);
      words[entry] = 0;
      words[entry + 1] = 0;
      if (observer === null) {
        freed.add(pfn);
      } else {
        freePages(kernel, pfn, 0);
        const address = addressAt(kernel, range, entry);
        observer.readEntry(PTE, address);
        observer.lock();
        observer.clearEntry(PTE, address);
      }
      cleared++;
    }
    freed.give();
    counters.clear[PTE]! += cleared;
    noteFlush(kernel, 'all', start, end);
  }

  /** free_hugepage_table() with pmd_clear(). The caller's altmap decides where the leaf goes, not its frame. */
  private freeHugepageTable(entry: number, address: number, altmap: VmemAltmap | null): void {
    const { words } = this.ram;
    if (altmap !== null) vmemAltmapFree(this.kernel, altmap, 1 << PMD_ORDER);
    else this.freePagetable(entryPfn(words[entry]!, words[entry + 1]!), PMD_ORDER);
    this.clearLocked(PMD, entry, address);
  }

  /** free_pagetable(). Boot memory is given back page by page, so its order is never asked for. */
  private freePagetable(pfn: number, order: number): void {
    const { kernel } = this;
    const forgetsOrder = kernel.traits.x86FreeIgnoresOrder && !kernel.allocator.isReserved(pfn);
    freePages(kernel, pfn, forgetsOrder ? 0 : order);
  }

  /**
   * free_pte_table(), free_pmd_table(), free_pud_table(): a table without entries goes, and the entry to it.
   * @param next where the range ends that was taken out of the table: what lies behind it is likely still in use, so a
   *   look there mostly saves the scan
   */
  private freeTableIfEmpty(tablePa: number, level: Level, entry: number, next: number): void {
    const { ram, mmu } = this;
    const { observer } = this.kernel;
    const first = mmu.entry(tablePa, 0);
    const behind = first + tableIndex(mmu.table((level - 1) as Level), next) * ENTRY_WORDS;
    if (observer === null && !isNone(ram.words[behind]!, ram.words[behind + 1]!)) return;
    const end = first + TABLE_WORDS;
    const used = this.firstUsed(first, end);
    if (observer !== null) observer.scanTable(tablePa, Math.ceil((Math.min(used + 1, end) - first) / ENTRY_WORDS));
    if (used < end) return;
    freePages(this.kernel, tablePa / PAGE_SIZE, 0);
    this.clearLocked(level, entry, next - 1);
  }

  /** Position of the first entry in use of [first, end), or `end`. */
  private firstUsed(first: number, end: number): number {
    const { ram } = this;
    for (let i = ram.firstNonZero(first, end); i < end; i = ram.firstNonZero(i, end)) {
      i -= i % ENTRY_WORDS;
      if (!isNone(ram.words[i]!, ram.words[i + 1]!)) return i;
      i += ENTRY_WORDS;
    }
    return end;
  }

  /** pXd_clear() under init_mm.page_table_lock. */
  private clearLocked(level: Level, entry: number, address: number): void {
    this.kernel.observer?.lock();
    zeroEntry(this.kernel, level, entry, address);
  }

  /** sync_global_pgds(): copies top-level entries that other page tables do not have yet. */
  private syncGlobalPgds(start: number, end: number): void {
    const { mmu } = this;
    const top = mmu.levels[0]!;
    const { span } = top;
    for (let address = alignDown(start, span); address < end; address += span) {
      const index = tableIndex(top, address);
      const entry = mmu.entry(mmu.root, index);
      const lo = mmu.lo(entry);
      const hi = mmu.hi(entry);
      if (isNone(lo, hi)) continue;
      this.kernel.observer?.lock();
      for (const { root } of this.otherTables) {
        const copy = mmu.entry(root, index);
        if (!isNone(mmu.lo(copy), mmu.hi(copy))) continue;
        mmu.write(copy, lo, hi);
        this.counters.syncTopLevel++;
      }
    }
  }
}

/** pXd_none(). */
function isNone(lo: number, hi: number): boolean {
  return ((lo & ~NONE_IGNORES) | hi) === 0;
}
