// SPDX-License-Identifier: GPL-2.0-only

/**
 * The call stack in the kernel's names. Functions here bear the kernel's names in camel case, so the stack of this
 * program is the stack of the kernel once helpers that it does not have are left out.
 */

/** Functions whose name here is not the kernel's, by the name they have here; null where the kernel has none. */
const KERNEL_NAMES: Readonly<Record<string, string | null>> = {
  addPages: '__add_pages',
  removePages: '__remove_pages',
  addWholeSections: null,
  removeWholeSections: null,
  allocPages: 'alloc_pages_node',
  freePages: '__free_pages',
  buildSectionMemmap: '__populate_section_memmap',
  vmemmapFreeOf: null,
  vmemmapTablesPopulate: 'vmemmap_populate_address',
  altmapAllocBlockBuf: 'altmap_alloc_block_buf',
  setPmd: 'vmemmap_set_pmd',
  checkPmd: 'vmemmap_check_pmd',
  populate: null,
  use: 'vmemmap_use_sub_pmd',
  useNew: 'vmemmap_use_new_sub_pmd',
  unuse: 'vmemmap_unuse_sub_pmd',
  flush: 'vmemmap_flush_unused_sub_pmd',
  markUnused: null,
  markUsed: '__vmemmap_use_sub_pmd',
  fill: null,
  // Of each level, free_pte_table() to free_p4d_table(): which one is not told by a name here.
  freeTableIfEmpty: null,
  clear: null,
  clearLocked: null,
  set: null,
  setLeaf: null,
  tellSearch: null,
  modifyTable: 'modify_pud_table',
  populateForEver: null,
  segmentTable: null,
  mayFree: null,
  tryFreeCrst: 'try_free_pmd_table',
  tablesAlloc: 'vmemmap_pte_alloc',
  ptePopulate: 'radix__vmemmap_pte_populate',
  populateAddress: 'radix__vmemmap_populate_address',
  compoundTailPage: 'vmemmap_compound_tail_page',
  radixPopulateCompoundPages: 'vmemmap_populate_compound_pages',
  radixVmemmapPopulate: 'radix__vmemmap_populate',
  removeTable: 'remove_pmd_table',
  removeLeaf: null,
  pteOf: null,
  populateBlocks: '__vmemmap_populate',
  freeBlocks: '__vmemmap_free',
  htabBoltMapping: 'htab_bolt_mapping',
  removeBolted: 'hpte_removebolted',
  create: 'vmemmap_create_mapping',
  remove: 'vmemmap_remove_mapping',
  alloc: 'vmemmap_list_alloc',
  isBlockRange: 'check_hotplug_memory_range',
  supportsMemmapOnMemory: 'mhp_supports_memmap_on_memory',
  shrinkSpansOfRemoved: '__remove_zone',
  warnIfAltmapInUse: null,
  addBlock: null,
  addWholeRange: null,
  addOneRange: null,
  addMemmapAndBlocks: null,
  removeOfWholeRange: null,
  removeSelfHostedBlock: null,
  removeMemory: 'try_remove_memory',
  failed: null,
  eachBlock: null,
  onlineBlock: 'memory_block_online',
  offlineBlock: 'memory_block_offline',
  initStructPages: 'memmap_init_range',
  initMemmapOnMemory: 'mhp_init_memmap_on_memory',
  deinitMemmapOnMemory: 'mhp_deinit_memmap_on_memory',
  setFilledSectionsOnline: null,
  setSectionsOnline: null,
  initDevicePages: 'memmap_init_zone_device',
  claimPrivateRange: 'request_free_mem_region',
  warnIfReserved: null,
};

/** Where the kernel's functions live; what lies elsewhere is the emulator's own. */
const KERNEL_FILES = /\/(arch\/[^/]+\/|src\/mm\/|src\/kernel\/kernel)/;

/** Frames of this program's stack that are looked at. */
const STACK_DEPTH = 64;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function kernelName(site: NodeJS.CallSite): string | null {
  const name = site.getFunctionName()?.replace(/^.*\./, '') ?? site.getMethodName();
  if (name === null || !KERNEL_FILES.test((site.getFileName() ?? '').replaceAll('\\', '/'))) return null;
  const known = KERNEL_NAMES[name];
  return known === undefined ? snakeCase(name) : known;
}

/** Names of the kernel functions that are running, outermost first. */
export function kernelStack(): string[] {
  const { stackTraceLimit } = Error;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Error.stackTraceLimit = STACK_DEPTH;
  Error.prepareStackTrace = (_error, sites) => sites;
  const { stack } = new Error() as unknown as { stack: NodeJS.CallSite[] };
  if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Object.defineProperty(Error, 'prepareStackTrace', prepare);
  Error.stackTraceLimit = stackTraceLimit;
  const names: string[] = [];
  for (const site of stack) {
    const name = kernelName(site);
    if (name !== null && name !== names[names.length - 1]) names.push(name);
  }
  return names.reverse();
}
