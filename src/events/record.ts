// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../hardware/low-bits.js';
import { keepWholeStacks, kernelStack, kernelStackOf, running, type Running } from '../check/kernel-stack.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { LEVELS, type Leaf, type Level } from '../hardware/page-table.js';
import type { FrameContent } from '../kernel/frame-content.js';
import { observe, type Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { DEAF_OBSERVER, type Observer } from '../kernel/observer.js';
import { InputError } from '../scenario/input.js';
import { altmapsOf, captureRun, runStep, startRun, type Run } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { activeMemmap, vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';
import type { Books, Deed, FrameRun, KernelEvent, LeafRun, Recording, Stretch } from './event.js';
import { Interned } from './interned.js';
import { leafRuns } from './leaf-runs.js';
import type { Geometry } from './words.js';
import { tellLoopsOnce } from './repeats.js';

/** Listens to a run and keeps what the kernel does, event by event, with the functions that were running. */

/** Events of a run that are kept: a reader follows thousands, and each costs a stack. */
const MAX_EVENTS = 400_000;
/** Runs of leaves that a page can show. */
const MAX_LEAF_RUNS = 20_000;
/** Times that active memory changes. Every change is read from all sections, so the cost grows with the square of them. */
const MAX_ACTIVES = 5000;

/** Initialising struct pages may be a step of its own, without a kernel function around it. */
const INITIALISING = ['memmap_init_range'];

const blocks = (pfn: number): FrameRun[] => (pfn === NO_PAGE ? [] : [[pfn, 1, 0]]);

/**
 * Keeps the events of a run. It listens from when it is made; {@link endStep} is told after every step.
 * @throws InputError when a run has more to tell than can be kept
 */
export class Recorder {
  private readonly stacks = new Interned<readonly string[]>();
  /** Their places: a loop has one and the same stack every time. */
  private readonly stackPlaces = new WeakMap<readonly string[], number>();
  private readonly actives = new Interned<Stretch[]>();
  private readonly leaves = new Interned<LeafRun>();
  private readonly steps: KernelEvent[][] = [];
  private readonly ends: Books[] = [];
  /** Kernel functions that were called, by step. */
  readonly called: Set<string>[] = [new Set()];
  private readonly boot: Recording['boot'];
  private events: KernelEvent<LeafRun>[] = [];
  /** Altmaps that the step took pages from: a memory block gets its own only when it is made. */
  private asked: VmemAltmap[] = [];
  /** Functions that are running, of those that tell when they begin and end. */
  private readonly within: (Running | undefined)[] = [];
  private kept = 0;
  /** Where the active memmap stands that was read last, and when that was. */
  private activeAt = { changes: -1, place: 0 };

  constructor(private readonly run: Run) {
    this.boot = { leaves: this.allLeaves(), ...this.books() };
    observe(run.kernel, this.observer());
  }

  /** A step is over. One that stopped the kernel is the last. */
  endStep(): void {
    const { stopped, stoppedBy } = this.run;
    if (stopped !== undefined) {
      const stack = stoppedBy === undefined ? [] : kernelStackOf(this.run.scenario.machine, stoppedBy);
      this.keep({ what: 'stop', text: stopped }, stack.length === 0 ? INITIALISING : stack);
    }
    this.steps.push(tellLoopsOnce(this.events).map((event) => this.told(event)));
    const hasPageTables = this.run.kernel.platform.table !== undefined;
    this.ends.push({ ...this.books(), ...(hasPageTables ? {} : { leaves: this.allLeaves() }) });
    this.events = [];
    this.asked = [];
    this.called.push(new Set());
    this.within.length = 0;
    if (this.leaves.values.length > MAX_LEAF_RUNS) {
      throw new InputError(
        `the run has ${this.leaves.values.length} runs of leaves to show; allowed are ${MAX_LEAF_RUNS}; add less memory`,
      );
    }
  }

  recording(): Recording {
    const { kernel, scenario } = this.run;
    return {
      pageSize: kernel.pageSize,
      recycledPages: scenario.machine.recycledPages,
      stacks: this.stacks.values,
      actives: this.actives.values,
      leaves: this.leaves.values,
      boot: this.boot,
      steps: this.steps,
      ends: this.ends,
    };
  }

  private places(runs: readonly LeafRun[]): number[] {
    return runs.map((run) => this.leaves.place(run));
  }

  private allLeaves(): number[] {
    const { kernel } = this.run;
    return this.places(leafRuns(kernel, walkVmemmap(kernel, vmemmapWindow(kernel)).leaves, altmapsOf(this.run)));
  }

  private told(event: KernelEvent<LeafRun>): KernelEvent {
    return event.what === 'set' || event.what === 'clear' ? { ...event, leaves: this.places(event.leaves) } : event;
  }

  private books(): Books {
    const { pagesOut: ramPages } = this.run.kernel.allocator;
    return { active: this.active(), unusedStart: this.unusedStart(), ramPages };
  }

  private active(): number {
    const { changes } = this.run.kernel.sections;
    if (changes !== this.activeAt.changes) this.activeAt = { changes, place: this.readActive() };
    return this.activeAt.place;
  }

  private readActive(): number {
    const place = this.actives.place(activeMemmap(this.run.kernel).map(({ start, end }): Stretch => [start, end]));
    if (place < MAX_ACTIVES) return place;
    throw new InputError(`the run adds more than ${MAX_ACTIVES} sections one after the other; add less memory`);
  }

  private unusedStart(): number | null {
    const start = this.run.kernel.code.unusedStart();
    return start === 0 ? null : start;
  }

  private stack(): readonly string[] {
    return kernelStack(this.run.scenario.machine, this.within[this.within.length - 1]);
  }

  private keep(deed: Deed<LeafRun>, stack: readonly string[] = this.stack()): void {
    if (++this.kept > MAX_EVENTS) {
      throw new InputError(`the kernel does more than ${MAX_EVENTS} things that would be shown; add less memory`);
    }
    this.events.push({
      ...deed,
      stack: this.stackPlace(stack),
      times: 1,
      active: this.active(),
      unusedStart: this.unusedStart(),
    });
  }

  private stackPlace(stack: readonly string[]): number {
    const known = this.stackPlaces.get(stack);
    if (known !== undefined) return known;
    const place = this.stacks.place(stack);
    this.stackPlaces.set(stack, place);
    return place;
  }

  /** The addresses that an entry of a level covers. */
  private covered(level: Level, address: number): { start: number; end: number } {
    const { platform, pageSize } = this.run.kernel;
    const { table, leafSizes } = platform;
    const span = table?.span[level] ?? leafSizes[leafSizes.length - 1]?.size ?? pageSize;
    const start = Math.floor(address / span) * span;
    return { start, end: start + span };
  }

  /** What a range is mapped with, as a walk of the tables finds it. */
  private mapped(start: number, end: number): LeafRun[] {
    const { kernel } = this.run;
    const found: Leaf[] = [];
    kernel.platform.visit(
      start,
      end,
      (leaf) => found.push(leaf),
      () => undefined,
    );
    return leafRuns(kernel, found, [...this.asked, ...altmapsOf(this.run)]);
  }

  private observer(): Observer {
    const { kernel } = this.run;
    const { allocator } = kernel;
    const content = (): { content?: FrameContent } =>
      kernel.frameContent === null ? {} : { content: kernel.frameContent };
    const keep = (deed: Deed<LeafRun>): void => this.keep(deed);
    const entry = (word: number): string => word.toString(16).padStart(8, '0');
    return {
      ...DEAF_OBSERVER,
      allocPages: (order, _nid, pfn) =>
        keep({ what: 'alloc', pages: 2 ** order, frames: blocks(pfn), out: allocator.pagesOut, ...content() }),
      freePages: (pfn, order) =>
        keep({ what: 'free', pages: 2 ** order, frames: blocks(pfn), out: allocator.pagesOut }),
      getPage: (pfn) => keep({ what: 'get', frames: blocks(pfn) }),
      altmapAlloc: (altmap, pages, pfn) => {
        if (!this.asked.includes(altmap)) this.asked.push(altmap);
        keep({ what: 'altmap-alloc', altmap: altmap.name, pages, frames: blocks(pfn), ...content() });
      },
      altmapFree: ({ name }, pages) => keep({ what: 'altmap-free', altmap: name, pages }),
      setEntry: (level, address, word0, word1) => {
        const { start, end } = this.covered(level, address);
        const leaves = this.mapped(start, end);
        const own = leaves.length === 1 && leaves[0]!.count === 1 ? leaves[0]!.entry : `${entry(word1)}${entry(word0)}`;
        keep({ what: 'set', level: LEVELS[level], start, end, entry: own, leaves });
      },
      clearEntry: (level, address) => {
        const { start, end } = this.covered(level, address);
        keep({ what: 'clear', level: LEVELS[level], start, end, leaves: this.mapped(start, end) });
      },
      memset: (start, byte, bytes) => keep({ what: 'memset', start, end: start + bytes, byte }),
      scan: (start, byte, bytes, filled) => keep({ what: 'scan', start, end: start + bytes, byte, filled }),
      initialise: (start, bytes) => {
        // memremap_pages() asks for the struct pages in front of a device, of which there may be none.
        if (bytes === 0) return;
        const stack = this.stack();
        this.keep({ what: 'initialise', start, end: start + bytes }, stack.length === 0 ? INITIALISING : stack);
      },
      copyPage: (to, from) => keep({ what: 'copy', to, from }),
      flush: (of, start, end) => keep({ what: 'flush', of, start, end }),
      decide: (by, { because, so }, start, end) => {
        // A compound page may have no tails behind those that it keeps.
        if (start < end) keep({ what: 'decide', by, because, so, start, end });
      },
      warn: (mishap) => keep({ what: 'warn', mishap }),
      enter: (name) => {
        this.called[this.steps.length]!.add(name);
        this.within.push(running(this.run.scenario.machine));
      },
      leave: () => void this.within.pop(),
    };
  }
}

/** Runs something that a {@link Recorder} listens to, with stacks as deep as it needs them. */
export const recorded = <T>(run: () => T): T => keepWholeStacks(run);

/** What the vmemmap of a machine looks like, for the words of its events. */
export function geometryOf(kernel: Kernel, { machine: { config } }: Scenario): Geometry {
  return {
    top: (config.vmemmapBase >> 52n).toString(16).padStart(3, '0'),
    vmemmap: low52(config.vmemmapBase),
    structPageSize: config.structPageSize,
    sectionBytes: kernel.pagesPerSection * kernel.structPageSize,
    sectionSize: 2 ** config.sectionSizeBits,
    pageSize: config.pageSize,
  };
}

/** What a kernel does in a scenario, and the vmemmap that it does it to. @throws InputError where it is too much to keep */
export function recordScenario(scenario: Scenario): { recording: Recording; geometry: Geometry } {
  const run = startRun(scenario, true);
  const recorder = new Recorder(run);
  recorded(() => {
    for (const step of scenario.steps) {
      const ret = runStep(run, step);
      captureRun(run, ret);
      recorder.endStep();
      if (ret === 'BUG') break;
    }
  });
  return { recording: recorder.recording(), geometry: geometryOf(run.kernel, scenario) };
}
