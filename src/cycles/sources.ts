// SPDX-License-Identifier: GPL-2.0-only

/** Published texts that figures and measurements come from. */
export const SOURCES = {
  linearMap: 'R. Roberts, "Speed up boot with faster linear map creation", v2 cover letter, April 2024',
  daxCompound: 'J. Martins, device-dax compound devmap series, July 2021',
  hugetlbBatch: 'M. Kravetz, "Batch hugetlb vmemmap modification operations", v8 cover letter, October 2023',
  deferredInit: 'D. Jordan, "mm: parallelize deferred_init_memmap()", May 2020',
  deferredInitOld: 'D. Jordan, ktask version of deferred struct page init, measured on 4.15-rc2',
  parallelInit: 'M. Gorman, "Parallel struct page initialisation" v4, April 2015',
  zeroing: 'P. Tatashin, "parallelized struct page zeroing" v3, May 2017',
  completeInit: 'P. Tatashin, "complete deferred page initialization" v4, August 2017',
  setReserved: 'A. Duyck, "Create non-atomic version of SetPageReserved for init use", September 2018',
  linksReserved: 'A. Duyck, reserved flag in set_page_links, 2018',
  gigantic: 'U. Arif, skip initialisation of gigantic tail pages v4, September 2023',
  hugetlbInit: 'G. Li, "hugetlb: parallelize hugetlb page init on boot", December 2023',
  lmbLookup: 'S. Cheloha, pseries: hot-add skips a redundant LMB lookup, September 2020',
  kexecHpte: 'M. Neuling, Linux commit d504bed676ca (removal of all hashed entries at kexec)',
  clearing: 'A. Arora, multi-page clearing series, 2023 to 2025',
  tlbHelper: 'I. Molnar, reply on the list, 8 June 2015',
  tlbTrace: 'D. Hansen, Linux commit a5102476a24b and Documentation/arch/x86/tlb.rst',
  setPte: 'N. Piggin, Linux commit f6f27951fdf8 and "avoid ptesync after set_pte"',
  kvmPower9: 'N. Piggin, Linux commit b44bb1b7cbba (timings of the KVM exit path on POWER9)',
  allocFast: 'M. Gorman, page allocator fast path series, April 2016 (4.6-rc2)',
  allocBulk: 'M. Gorman, per-cpu and bulk allocation series, January 2017',
  timeBench: 'J. Brouer, prototype-kernel time_bench documentation',
  llvm: 'LLVM scheduling models',
  anandtech: 'AnandTech, "Testing Intel Ice Lake", "AMD Rome", "Assessing IBM’s POWER8"',
  chips: 'Chips and Cheese, articles on Neoverse N1, Neoverse N2, Sapphire Rapids, Telum II',
  wikichip: 'WikiChip, z15',
  zen4Guest:
    'own measurement in user space, guest of Zen 4 (Genoa) at 3.69 GHz, November 2026, p10 of the best of 25 rounds',
  emeraldGuest:
    'own measurement in user space, guest of Emerald Rapids at 2.7 to 3.4 GHz, November 2026, p10 of the best of 6 CPUs',
  linux: 'Linux 6.1 and 6.12 source',
  linux7: 'Linux 7.2 source',
} as const;
