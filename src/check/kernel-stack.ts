// SPDX-License-Identifier: GPL-2.0-only

import { placed } from '../kernel/memmap-code.js';
import type { Traits } from '../history/traits/index.js';

/**
 * The call stack in the kernel's names. Functions here bear the kernel's names in camel case, so the stack of this
 * program is the stack of the kernel once helpers that it does not have are left out.
 */

/** Functions whose name here is not the kernel's, by the name they have here; null where the kernel has none. */
const KERNEL_NAMES: Readonly<Record<string, string | null>> = {
  addPages: '__add_pages',
  removePages: '__remove_pages',
  initSection: null,
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
  // Of each level of riscv64, remove_p4d_mapping() down to remove_pmd_mapping(), which alone finds leaves.
  removeMapping: 'remove_pmd_mapping',
  freeTable: null,
  initTable: null,
  fillTable: null,
  isInside: null,
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

/** Where functions of a tree run, which bear the kernel's names. What is ours among them begins with `emu_`. */
const TREE_CODE = 'wasm://';
const OWN_IN_TREE = 'emu_';
/** Behind the name of a function that something of ours stands in front of. */
const SEAM = /__tree$/;

/** Frames of this program's stack that are looked at. */
const STACK_DEPTH = 64;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The source file of a line of a file that runs: the file itself, but where several were made into one. */
let sourceOf: (file: string, line: number) => string = (file) => file;

/** Tells where the functions of a bundle come from, which has many files in one and no source map at hand. */
export function bundledFrom(source: (file: string, line: number) => string): void {
  sourceOf = source;
}

/** @param name as the engine has it: a bundle numbers functions that have a name in common */
function nameIn(name: string, file: string, line: number): string | null {
  if (file.startsWith(TREE_CODE)) return name.startsWith(OWN_IN_TREE) ? null : name.replace(SEAM, '');
  if (!KERNEL_FILES.test(sourceOf(file, line).replaceAll('\\', '/'))) return null;
  const own = name.replace(/\$\d+$/, '');
  const known = KERNEL_NAMES[own];
  return known === undefined ? snakeCase(own) : known;
}

function kernelName(site: NodeJS.CallSite): string | null {
  const name = site.getFunctionName()?.replace(/^.*\./, '') ?? site.getMethodName();
  return name === null ? null : nameIn(name, site.getFileName() ?? '', site.getLineNumber() ?? 0);
}

/** Functions that x86_64 and s390 have under names of their own, by the name that they have in a stack here. */
const OTHER_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x86_64: {
    vmemmap_unuse_sub_pmd: 'vmemmap_pmd_is_unused',
    vmemmap_flush_unused_sub_pmd: 'vmemmap_flush_unused_pmd',
  },
  s390: { __vmemmap_use_sub_pmd: 'vmemmap_mark_sub_pmd_used' },
};
/** Before x86_64 tracked the parts of a leaf, remove_pmd_table() did this itself. */
const ONCE_INLINE: ReadonlySet<string> = new Set(['vmemmap_unuse_sub_pmd', 'vmemmap_flush_unused_sub_pmd']);
/** Functions that take, give back or write what their caller says. */
const HELPERS: ReadonlySet<string> = new Set([
  'alloc_pages_node',
  'vmemmap_alloc_block',
  'vmemmap_alloc_block_buf',
  'vmemmap_alloc_block_zero',
  'altmap_alloc_block_buf',
  'vmem_altmap_free',
  '__free_pages',
  'free_pagetable',
  'free_hugepage_table',
  'free_vmemmap_pages',
  'free_hotplug_page_range',
  'free_vmemmap_storage',
  'vmem_free_pages',
  'vmemmap_set_pmd',
]);
/** Functions here that count, and that the kernel does not have. */
const COUNTING: ReadonlySet<string> = new Set(['note_set', 'note_clear', 'note_flush']);

/**
 * A stack in the names that an architecture and release have for its functions.
 * @param names of {@link kernelStack}
 */
export const stackOn = (arch: string, traits: Traits, names: readonly string[]): string[] =>
  names
    .filter(
      (name) => !COUNTING.has(name) && !(arch === 'x86_64' && !traits.x86TrackUnusedSubPmd && ONCE_INLINE.has(name)),
    )
    .map((name) => OTHER_NAMES[arch]?.[name] ?? name);

/** A stack in which the innermost function says where it stands, on kernels whose own code runs. */
export const withPlace = ({ release, architecture }: StackMachine, stack: readonly string[]): string[] =>
  stack.map((name, i) => (i === stack.length - 1 ? placed(release.name, architecture.name, name) : name));

interface StackMachine {
  readonly release: { readonly name: string };
  readonly architecture: { readonly name: string };
}

/** The innermost function of a stack that does more than its caller says; undefined where there is none. */
export const innermost = (stack: readonly string[]): string | undefined => stack.findLast((name) => !HELPERS.has(name));

/**
 * A frame of a stack as engines write it into an error: the function's name, then the file, the line and the column; V8 in
 * words, others with an @.
 */
const STACK_LINE =
  /^(?:\s*at (?:new |async )?(?:[^ (]*\.)?([^ .(]+)(?: \[as [^\]]+\])? \((.*?)(?::(\d+):\d+)?\)|(?:[^@]*[./])?([^@/.<]+)[/<]*@(.*?):(\d+):\d+)$/;

function* namesIn(stack: string): Generator<string> {
  for (const line of stack.split('\n')) {
    const match = STACK_LINE.exec(line);
    if (match === null) continue;
    const [, v8Name, v8File, v8Line, otherName, otherFile, otherLine] = match;
    const name = nameIn(v8Name ?? otherName!, v8File ?? otherFile!, Number(v8Line ?? otherLine ?? 0));
    if (name !== null) yield name;
  }
}

/** Names of a stack from the innermost out, outermost first and each once where it stands several times in a row. */
function turned(names: Iterable<string>): string[] {
  const outermostFirst: string[] = [];
  for (const name of names) if (name !== outermostFirst[outermostFirst.length - 1]) outermostFirst.push(name);
  return outermostFirst.reverse();
}

/**
 * Names of the kernel functions that an error was thrown through, outermost first; those that V8 kept of them.
 * @see keepWholeStacks
 */
export const kernelStackOf = ({ stack = '' }: Error): string[] => turned(namesIn(stack));

/** Runs something with errors that keep all of the stack that {@link kernelStackOf} reads. */
export function keepWholeStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = STACK_DEPTH;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function* namesAt(sites: readonly NodeJS.CallSite[]): Generator<string> {
  for (const site of sites) {
    const name = kernelName(site);
    if (name !== null) yield name;
  }
}

/** Names of the kernel functions that are running, outermost first. */
export function kernelStack(): string[] {
  const { stackTraceLimit } = Error;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Error.stackTraceLimit = STACK_DEPTH;
  Error.prepareStackTrace = (_error, sites) => sites;
  const { stack } = new Error() as unknown as { stack: string | NodeJS.CallSite[] };
  if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Object.defineProperty(Error, 'prepareStackTrace', prepare);
  Error.stackTraceLimit = stackTraceLimit;
  // Only V8 has call sites.
  return turned(typeof stack === 'string' ? namesIn(stack) : namesAt(stack));
}
