// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../kernel/log.js';
import { alignDown } from '../hardware/align.js';
import type { Level } from '../hardware/page-table.js';
import { StateReader, StateWriter, type SavedState } from '../hardware/saved-state.js';
import { KernelImage } from '../kernel/kernel-image.js';
import { observe } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { DEAF_OBSERVER, type Observer } from '../kernel/observer.js';
import type { SavedKernel } from '../kernel/saved-kernel.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { captureMemory } from '../scenario/hotplug-state.js';
import { stateDifference, type FieldDifference } from '../check/releases/diff.js';
import { captureRun, runStep, startRun, type Run, type StepReturn } from '../scenario/runner.js';
import { restoreAboveSections, restoreRun, saveAboveSections, saveRun } from '../scenario/saved-run.js';
import { firstPlaces, isPossible, type Alphabet, type Places } from './alphabet.js';
import { cellsOf } from './cells.js';
import { FailingCalls } from './failing-calls.js';
import { MoveNumbers, type Move } from './moves.js';
import { Scan, Scanner } from './scan.js';
import { placesBehind } from './stepper.js';

/** Two kernels run every sequence of steps up to a depth in lockstep: the shortest in which they part, by kind. */

/** A sequence in which two kernels part in the last step. */
export interface Difference {
  /** Fields of the state that differ after it. */
  readonly fields: readonly FieldDifference[];
  readonly moves: readonly Move[];
}

export interface LockstepResult {
  /** Of each kind the shortest, in the order in which they were found. */
  readonly differences: readonly Difference[];
  /** Steps that each of the kernels ran. */
  readonly steps: number;
  /** Pairs of states that were reached. */
  readonly states: number;
  /** Steps that took another way to the same state. */
  readonly otherWays: number;
}

const FNV_PRIME = 0x0100_0193;
const FNV_START = 0x811c_9dc5;

/** The events of one step as a number: two kernels that do the same have the same. */
class EventHash {
  value = FNV_START;
  readonly observer: Observer;

  constructor(run: Run) {
    const { vmemmap, platform } = run.kernel;
    const spans = platform.table?.span ?? [];
    const address = (of: number): number => of - vmemmap;
    const entry = (level: Level, of: number): number => Math.max(vmemmap, alignDown(of, spans[level] || 1)) - vmemmap;
    const add = (...numbers: number[]): void => {
      for (const number of numbers) {
        this.value = Math.imul(this.value ^ (number | 0), FNV_PRIME);
        this.value = Math.imul(this.value ^ Math.floor(number / 2 ** 32), FNV_PRIME);
      }
    };
    const text = (said: string): void => {
      for (let i = 0; i < said.length; i++) add(said.charCodeAt(i));
    };
    this.observer = {
      ...DEAF_OBSERVER,
      allocPages: (order, _nid, pfn) => add(1, order, pfn),
      freePages: (pfn, order) => add(2, pfn, order),
      getPage: (pfn) => add(3, pfn),
      altmapAlloc: ({ basePfn }, nrPages, pfn) => add(4, basePfn, nrPages, pfn),
      altmapFree: ({ basePfn }, nrPages) => add(5, basePfn, nrPages),
      setEntry: (level, of, word0, word1) => add(6, level, entry(level, of), word0, word1),
      clearEntry: (level, of) => add(7, level, entry(level, of)),
      memset: (of, byte, bytes) => add(8, address(of), byte, bytes),
      scan: (of, byte, bytes, filled) => add(9, address(of), byte, bytes, filled ? 1 : 0),
      flush: (kind, start, end) =>
        kind === 'all' ? add(10) : add(11, kind === 'range' ? 0 : 1, address(start), address(end)),
      warn: (mishap) => text(entryText(mishap)),
    };
    observe(run.kernel, this.observer);
  }
}

/** What came of a step on one of the kernels. */
interface Played {
  readonly ret: StepReturn;
  /** See {@link EventHash}. */
  readonly events: number;
  /** Calls of the page allocator that it made. */
  readonly allocations: number;
}

/** One of the two kernels. */
class Side {
  readonly run: Run;
  readonly scan: Scan;
  private readonly altmaps: readonly VmemAltmap[];
  private readonly failing = new FailingCalls();
  private readonly events: EventHash;
  private readonly scanner: Scanner;
  private readonly image = new KernelImage();
  private readonly writer = new StateWriter();
  private above: SavedState = new Int32Array(0);

  constructor(readonly alphabet: Alphabet) {
    const { scenario, ranges, blocks } = alphabet;
    this.run = startRun({ ...scenario, machine: { ...scenario.machine, failAllocations: this.failing } });
    this.altmaps = [...this.run.altmaps.values()];
    this.events = new EventHash(this.run);
    const cells = cellsOf(this.run.kernel, ranges);
    this.scanner = new Scanner(this.run, cells, ranges.slice(0, blocks));
    this.scan = new Scan(cells);
  }

  enter(saved: SavedKernel | undefined): void {
    if (saved !== undefined) restoreRun(this.run, saved);
    this.image.capture(this.run.kernel, this.altmaps);
    saveAboveSections(this.writer, this.run);
    this.above = this.writer.take();
  }

  save(): SavedKernel {
    return saveRun(this.run);
  }

  /** Nothing where a driver is asked for a device that is not there: no kernel is asked then. */
  tryPlay(move: Move, index: number): Played | undefined {
    try {
      return this.play(move, index);
    } catch (error) {
      if (error instanceof ScenarioError) return undefined;
      throw error;
    }
  }

  private play(move: Move, index: number): Played {
    const { run, events } = this;
    this.image.load(run.kernel, this.altmaps);
    restoreAboveSections(new StateReader(this.above), run);
    run.stopped = undefined;
    events.value = FNV_START;
    const { allocator } = run.kernel;
    const { calls } = allocator;
    run.kernel.counters.reset();
    this.failing.begin(move, calls);
    const ret = runStep(run, this.alphabet.actions[index]!.step);
    this.failing.end(allocator.calls);
    return { ret: move.action.op === 'use' ? null : ret, events: events.value, allocations: allocator.calls - calls };
  }

  /** What the events of a step do not say of the state behind it. */
  books(): string {
    const { kernel } = this.run;
    const { allocator, sections, code, vmemmap, vmstat, counters } = kernel;
    const unused = code.unusedStart();
    const altmaps = this.altmaps.map(({ alloc, align }) => `${alloc} ${align}`);
    const above = this.run.hasTouchedMemory ? JSON.stringify(captureMemory(this.run.memory)) : '';
    return `${above} ${allocator.pagesOut} ${sections.present} ${unused && unused - vmemmap} ${vmstat.nrMemmapPages} ${counters.unusedBytes} ${counters.strayTableDtor} ${altmaps.join()}`;
  }

  fingerprint(places: Places): string {
    this.scanner.scan(places, this.scan);
    return `${this.scan.hi},${this.scan.lo}`;
  }

  /** What tables and the frames behind leaves hold, as a checksum. @param places what the caller keeps of the state */
  bytes(places: Places): string {
    this.scanner.scan(places, this.scan);
    return `checksum ${this.scan.mapHi} ${this.scan.mapLo}`;
  }
}

/** What memory holds is not asked where all of it is zero: nothing that a kernel forgets to write shows then. */
const NO_BYTES: readonly string[] = [];

interface PairNode {
  readonly saved: readonly [SavedKernel, SavedKernel] | undefined;
  readonly places: Places;
  readonly moves: readonly number[];
}

/** How far a search goes. */
export interface LockstepLimits {
  /** Steps of the longest sequence. */
  readonly depth: number;
  /** One allocation of an add fails, in turn. */
  readonly fail: boolean;
  /** Steps that either kernel runs. */
  readonly steps?: number;
  /** Differences after which it ends. */
  readonly differences?: number;
}

/**
 * Searches for sequences in which two kernels part. They go on from there unless a step failed on one of them alone.
 * @param from the alphabet on one kernel
 * @param to the same on the other
 */
export function lockstep(from: Alphabet, to: Alphabet, limits: LockstepLimits): LockstepResult {
  const { depth, fail, steps: maxSteps = Infinity, differences: enough = Infinity } = limits;
  const sides = [new Side(from), new Side(to)] as const;
  const moves = new MoveNumbers(from, fail);
  const bases: [bigint, bigint] = [from.scenario.machine.config.vmemmapBase, to.scenario.machine.config.vmemmapBase];
  // Tables of kernels whose vmemmap lies elsewhere have the same entries in other places.
  const asksBytes = from.hasDirtyMemory && bases[0] === bases[1];
  const differences: Difference[] = [];
  const kinds = new Set<string>();
  const visited = new Set<string>();
  let steps = 0;
  let otherWays = 0;
  let level: PairNode[] = [{ saved: undefined, places: firstPlaces(from, sides[0].run.kernel), moves: [] }];
  for (let at = 1; at <= depth && level.length > 0; at++) {
    const next: PairNode[] = [];
    for (const node of level) {
      if (steps >= maxSteps || differences.length >= enough) break;
      sides.forEach((side, i) => side.enter(node.saved?.[i]));
      const play = (index: number, number: number): number => {
        const move = moves.toMove(number);
        steps++;
        const [a, b] = sides.map((side) => side.tryPlay(move, index));
        if (a === undefined || b === undefined) return 0;
        const bytes = asksBytes ? sides.map((side) => side.bytes(node.places)) : NO_BYTES;
        const isSame =
          a.events === b.events && a.ret === b.ret && sides[0].books() === sides[1].books() && bytes[0] === bytes[1];
        if (!isSame) {
          const [left, right] = [captureRun(sides[0].run, a.ret), captureRun(sides[1].run, b.ret)];
          const fields = stateDifference(left, right, bases);
          if (fields.length === 0 && bytes[0] !== bytes[1]) {
            fields.push({ field: 'bytes', from: bytes[0], to: bytes[1] });
          }
          if (fields.length > 0) {
            // A kind is a field that did not differ yet after such a step.
            const fresh = fields.map(({ field }) => `${move.action.op} ${field}`).filter((kind) => !kinds.has(kind));
            if (fresh.length > 0) {
              fresh.forEach((kind) => kinds.add(kind));
              differences.push({ fields, moves: [...node.moves, number].map((m) => moves.toMove(m)) });
            }
          }
          if (fields.length === 0) otherWays++;
        } else sides.forEach(({ run }) => run.kernel.log.take());
        if (a.ret !== b.ret || a.ret === 'BUG' || at === depth) return a.allocations;
        const places = placesBehind(from, sides[0].run, move.action, node.places);
        const key = sides.map((side) => side.fingerprint(places)).join(' ');
        if (!visited.has(key)) {
          visited.add(key);
          next.push({ saved: [sides[0].save(), sides[1].save()], places, moves: [...node.moves, number] });
        }
        return a.allocations;
      };
      for (const [index, action] of from.actions.entries()) {
        if (!isPossible(from, node.places, action)) continue;
        moves.forEach(index, (number) => play(index, number));
      }
    }
    level = next;
  }
  return { differences, steps, states: visited.size + 1, otherWays };
}
