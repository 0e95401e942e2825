// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture, FunctionNames } from '../../arch/architecture.js';
import { placed } from '../kernel/memmap-code.js';
import type { Traits } from '../history/traits/index.js';

/**
 * The call stack in the kernel's names. Functions here bear the kernel's names in camel case, so the stack of this
 * program is the stack of the kernel once helpers that it does not have are left out.
 */

/**
 * Functions of src/mm and of {@link KERNEL_FILES} whose name here is not the kernel's; null where the kernel has none. Those
 * of a room are in its function-names.ts.
 */
const SHARED_NAMES: FunctionNames = {
  addPages: '__add_pages',
  removePages: '__remove_pages',
  initSection: null,
  addWholeSections: null,
  removeWholeSections: null,
  allocPages: 'alloc_pages_node',
  freePages: '__free_pages',
  buildSectionMemmap: '__populate_section_memmap',
  isValidAltmap: null,
  populate: null,
  populateCompoundPages: null,
  walkFromRoot: null,
  vmemmapFreeOf: null,
  vmemmapTablesPopulate: 'vmemmap_populate_address',
  altmapAllocBlockBuf: 'altmap_alloc_block_buf',
  use: 'vmemmap_use_sub_pmd',
  useNew: 'vmemmap_use_new_sub_pmd',
  unuse: 'vmemmap_unuse_sub_pmd',
  flush: 'vmemmap_flush_unused_sub_pmd',
  markUnused: null,
  markUsed: '__vmemmap_use_sub_pmd',
  fill: null,
  set: null,
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
  noteSet: null,
  writeEntry: null,
  zeroEntry: null,
  noteClear: null,
  noteFlush: null,
};

/** Where the kernel's functions live; what lies elsewhere is the emulator's own. */
const KERNEL_FILES = /\/(src\/mm\/|src\/kernel\/kernel)/;
const ROOM_FILES = /\/arch\/[^/]+\//;

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

/** The machine whose kernel a stack is of. */
interface StackMachine {
  readonly release: { readonly name: string };
  readonly traits: Traits;
  readonly architecture: Pick<Architecture, 'name' | 'functionNames' | 'sharedNames'>;
}

/** The table that a file's functions are in; undefined for a file of the emulator's own. */
function namesOf(file: string, { architecture }: StackMachine): FunctionNames | undefined {
  if (ROOM_FILES.test(file)) return architecture.functionNames ?? {};
  return KERNEL_FILES.test(file) ? SHARED_NAMES : undefined;
}

/** @param name as the engine has it: a bundle numbers functions that have a name in common */
function nameIn(machine: StackMachine, name: string, file: string, line: number): string | null {
  if (file.startsWith(TREE_CODE)) return name.startsWith(OWN_IN_TREE) ? null : name.replace(SEAM, '');
  const names = namesOf(sourceOf(file, line).replaceAll('\\', '/'), machine);
  if (names === undefined) return null;
  const own = name.replace(/\$\d+$/, '');
  const known = names[own] === undefined ? snakeCase(own) : names[own];
  const renamed = known === null ? null : machine.architecture.sharedNames?.(machine.traits)[known];
  return renamed === undefined ? known : renamed;
}

function kernelName(machine: StackMachine, site: NodeJS.CallSite): string | null {
  const name = site.getFunctionName()?.replace(/^.*\./, '') ?? site.getMethodName();
  return name === null ? null : nameIn(machine, name, site.getFileName() ?? '', site.getLineNumber() ?? 0);
}

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
/** A stack in which the innermost function says where it stands, on kernels whose own code runs. */
export const withPlace = ({ release, architecture }: StackMachine, stack: readonly string[]): string[] =>
  stack.map((name, i) => (i === stack.length - 1 ? placed(release.name, architecture.name, name) : name));

/** The innermost function of a stack that does more than its caller says; undefined where there is none. */
export const innermost = (stack: readonly string[]): string | undefined => stack.findLast((name) => !HELPERS.has(name));

/**
 * A frame of a stack as engines write it into an error: the function's name, then the file, the line and the column; V8 in
 * words, others with an @.
 */
const STACK_LINE =
  /^(?:\s*at (?:new |async )?(?:[^ (]*\.)?([^ .(]+)(?: \[as [^\]]+\])? \((.*?)(?::(\d+):\d+)?\)|(?:[^@]*[./])?([^@/.<]+)[/<]*@(.*?):(\d+):\d+)$/;

function* namesIn(machine: StackMachine, stack: string): Generator<string> {
  for (const line of stack.split('\n')) {
    const match = STACK_LINE.exec(line);
    if (match === null) continue;
    const [, v8Name, v8File, v8Line, otherName, otherFile, otherLine] = match;
    const name = nameIn(machine, v8Name ?? otherName!, v8File ?? otherFile!, Number(v8Line ?? otherLine ?? 0));
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
export const kernelStackOf = (machine: StackMachine, { stack = '' }: Error): string[] =>
  turned(namesIn(machine, stack));

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

/** A stack from its innermost frame out to some other. */
interface Part {
  /** Outermost first. */
  readonly names: readonly string[];
  /** Nothing of the kernel lies further out. */
  readonly isWhole: boolean;
  /** The function that its outermost frame is of, and the file of that. */
  readonly frame: string;
  /** The part with one frame more, by the place of that frame in the code. */
  readonly further: Map<number, Part>;
}

/** Who takes a step to the kernel; a bundle numbers functions that have a name in common. */
const TAKES_STEP = /^runStep(\$\d+)?$/;

/** Stacks of a machine, as far as they were seen: every event has one, and a loop has the same one every time. */
const seen = new WeakMap<StackMachine, Part>();
const files = new Map<string, number>();
/** Places that a file has at most. */
const FILE_PLACES = 2 ** 26;

function placeOf(site: NodeJS.CallSite): number {
  const name = site.getFileName() ?? '';
  let file = files.get(name);
  if (file === undefined) files.set(name, (file = files.size));
  return file * FILE_PLACES + site.getPosition();
}

/** The function of a frame, by its name and its source file: a bundle has many of one name. */
const frameOf = (site: NodeJS.CallSite): string =>
  `${site.getFunctionName() ?? ''} ${sourceOf(site.getFileName() ?? '', site.getLineNumber() ?? 0)}`;

function longer(machine: StackMachine, { names }: Part, site: NodeJS.CallSite): Part {
  const name = kernelName(machine, site);
  return {
    names: name === null || name === names[0] ? names : [name, ...names],
    isWhole: TAKES_STEP.test(site.getFunctionName() ?? ''),
    frame: frameOf(site),
    further: new Map(),
  };
}

/** @param last frame that is looked at; all up to the step where none is said */
function partOf(machine: StackMachine, sites: readonly NodeJS.CallSite[], last?: string): Part {
  let part: Part = seen.get(machine) ?? { names: [], isWhole: false, frame: '', further: new Map() };
  seen.set(machine, part);
  for (const site of sites) {
    const place = placeOf(site);
    const next: Part = part.further.get(place) ?? longer(machine, part, site);
    part.further.set(place, next);
    part = next;
    if (part.isWhole || part.frame === last) break;
  }
  return part;
}

const asSites = (_error: unknown, sites: NodeJS.CallSite[]): NodeJS.CallSite[] => sites;

/**
 * The innermost frames of the running stack; as text where the engine has no call sites. Every event asks for them: Error keeps
 * its shape, since engines forget what they know of one that loses a property.
 */
function innermostFrames(count: number): string | NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const before: unknown = Reflect.get(Error, 'prepareStackTrace');
  Error.stackTraceLimit = count;
  Error.prepareStackTrace = asSites;
  const { stack } = new Error() as unknown as { stack: string | NodeJS.CallSite[] };
  Reflect.set(Error, 'prepareStackTrace', before);
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

/** Frames that were enough so far: each costs, and half of them lie outside of the kernel. */
let enough = 16;
/** Those that were enough up to a function within which others run. */
let enoughWithin = 8;

/** A function that is running: what lies further out stays as it is until it returns. */
export interface Running {
  readonly frame: string;
  /** Names from the step to it. */
  readonly names: readonly string[];
  /** From the step to what it calls, as far as somebody asked. */
  readonly stacks: Map<Part, readonly string[]>;
}

/** Frames that stand in front of a function that tells a listener of itself: two of this module, and the listener's. */
const TELLING = 3;

/** The function that told the listener which asks; undefined where the engine has no call sites. */
export function running(machine: StackMachine): Running | undefined {
  const frames = innermostFrames(TELLING + 1);
  const site = typeof frames === 'string' ? undefined : frames[TELLING];
  return site && { frame: frameOf(site), names: kernelStack(machine), stacks: new Map() };
}

function stackWithin({ names, stacks }: Running, part: Part): readonly string[] {
  const known = stacks.get(part);
  if (known !== undefined) return known;
  const inner = part.names[0] === names[names.length - 1] ? part.names.slice(1) : part.names;
  const whole = [...names, ...inner];
  stacks.set(part, whole);
  return whole;
}

/**
 * Names of the kernel functions that are running, outermost first, as the architecture and the release have them.
 * @param within one of them, where it is known: what it runs in is not looked at again
 */
export function kernelStack(machine: StackMachine, within?: Running): readonly string[] {
  if (within !== undefined) {
    const inner = innermostFrames(enoughWithin);
    if (typeof inner !== 'string') {
      const part = partOf(machine, inner, within.frame);
      if (part.frame === within.frame) return stackWithin(within, part);
      enoughWithin = Math.min(STACK_DEPTH, enoughWithin + 1);
    }
  }
  let frames = innermostFrames(enough);
  if (typeof frames !== 'string') {
    const part = partOf(machine, frames);
    if (part.isWhole) return part.names;
  }
  frames = innermostFrames(STACK_DEPTH);
  // Only V8 has call sites.
  if (typeof frames === 'string') return turned(namesIn(machine, frames));
  const { names, isWhole } = partOf(machine, frames);
  if (isWhole) enough = Math.min(STACK_DEPTH, enough + 1);
  return names;
}
