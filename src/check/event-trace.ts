// SPDX-License-Identifier: GPL-2.0-only

import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { innermost, kernelStack } from './kernel-stack.js';
import { placed } from '../kernel/memmap-code.js';
import type { MachineOptions } from '../scenario/machine.js';
import { alignDown } from '../hardware/align.js';
import { LEVELS, type Level } from '../hardware/page-table.js';
import { entryText } from '../kernel/log.js';
import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER, type FlushKind, type Observer } from '../kernel/observer.js';
import { captureRun, runStep, startRun, type StepResult } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { AddressText } from '../kernel/vmemmap-view.js';

/** Everything that a kernel does in a scenario, in order, as numbers: words are made of those that somebody asks for. */

const KINDS = [
  'step',
  'return',
  'alloc',
  'free',
  'get',
  'altmap-alloc',
  'altmap-free',
  'set',
  'clear',
  'memset',
  'scan',
  'flush',
  'warn',
] as const;
type Kind = (typeof KINDS)[number];

const FLUSH_KINDS: readonly FlushKind[] = ['all', 'range', 'table'];

/** Numbers of an event: its kind and four more. */
const WIDTH = 5;
/** What "BUG" and nothing are among return values. */
const RETURNED_BUG = 1;
const RETURNED_NOTHING = 2;

/** The events of one run. Addresses are kept as offsets from the struct page of pfn 0, which differs between releases. */
export class EventTrace {
  readonly results: StepResult[] = [];
  private readonly numbers: number[] = [];
  private readonly words: string[] = [];
  private readonly machine: MachineOptions;
  private readonly text: AddressText;
  private readonly base: number;
  /** Bytes that an entry covers, by level; none where there is no page table. */
  private readonly spans: readonly number[];

  /** The innermost kernel function that was running in the event asked for. */
  functionAt: string | undefined;

  /** @param asked event, from 0, of which {@link functionAt} is told */
  constructor(
    scenario: Scenario,
    private readonly asked = -1,
  ) {
    const run = startRun(scenario, asked >= 0);
    this.machine = scenario.machine;
    this.text = new AddressText(scenario.machine.config.vmemmapBase);
    this.base = run.kernel.vmemmap;
    this.spans = run.kernel.platform.table?.span ?? [];
    observe(run.kernel, this.observer());
    for (const [index, step] of scenario.steps.entries()) {
      this.push('step', index);
      const ret = runStep(run, step);
      this.push('return', ret === 'BUG' ? RETURNED_BUG : (ret ?? RETURNED_NOTHING));
      this.results.push(captureRun(run, ret));
      if (ret === 'BUG') break;
    }
  }

  get length(): number {
    return this.numbers.length / WIDTH;
  }

  /** Whether two traces say the same at a place. */
  agrees(at: number, other: EventTrace): boolean {
    for (let i = at * WIDTH; i < (at + 1) * WIDTH; i++) if (this.numbers[i] !== other.numbers[i]) return false;
    return (
      this.kind(at) !== 'warn' ||
      this.words[this.numbers[at * WIDTH + 1]!] === other.words[other.numbers[at * WIDTH + 1]!]
    );
  }

  /** Index of the step that an event belongs to, from 0. */
  stepOf(at: number): number {
    for (let i = Math.min(at, this.length - 1); i >= 0; i--)
      if (this.kind(i) === 'step') return this.numbers[i * WIDTH + 1]!;
    return 0;
  }

  /** An event in words; undefined behind the last. */
  describe(at: number): string | undefined {
    if (at >= this.length) return undefined;
    const [a, b, c, d] = this.numbers.slice(at * WIDTH + 1, (at + 1) * WIDTH) as [number, number, number, number];
    const address = (offset: number): string => this.text.of(this.base + offset);
    const pages = (count: number): string => `${count} ${count === 1 ? 'page' : 'pages'}`;
    const hex = (value: number): string => value.toString(16);
    switch (this.kind(at)) {
      case 'step':
        return `step ${a + 1} begins`;
      case 'return':
        if (a === RETURNED_BUG) return 'the kernel stops';
        return a === RETURNED_NOTHING ? 'return' : `return ${a}`;
      case 'alloc':
        return b === NO_PAGE ? `alloc ${pages(2 ** a)} fails` : `alloc ${pages(2 ** a)} at frame ${hex(b)}`;
      case 'free':
        return `free ${pages(2 ** b)} at frame ${hex(a)}`;
      case 'get':
        return `get a reference to frame ${hex(a)}`;
      case 'altmap-alloc':
        return c === NO_PAGE
          ? `altmap ${this.words[a]!} has no room for ${pages(b)}`
          : `altmap ${this.words[a]!} gives ${pages(b)} at frame ${hex(c)}`;
      case 'altmap-free':
        return `altmap ${this.words[a]!} gets ${pages(b)} back`;
      case 'set':
        return `set ${LEVELS[a]!} entry for ${address(b)} to ${hex(c).padStart(8, '0')} ${hex(d).padStart(8, '0')}`;
      case 'clear':
        return `clear ${LEVELS[a]!} entry for ${address(b)}`;
      case 'memset':
        return `memset ${address(a)}, 0x${hex(b)}, ${c} bytes`;
      case 'scan':
        return `scan ${address(a)} for anything but 0x${hex(b)}, ${c} bytes: ${d === 1 ? 'none' : 'there is'}`;
      case 'flush':
        return FLUSH_KINDS[a] === 'all'
          ? 'flush TLB (all)'
          : `flush TLB (${FLUSH_KINDS[a]!}) ${address(b)}-${address(c)}`;
      case 'warn':
        return this.words[a]!;
    }
  }

  private kind(at: number): Kind {
    return KINDS[this.numbers[at * WIDTH]!]!;
  }

  private push(kind: Kind, a = 0, b = 0, c = 0, d = 0): void {
    if (this.length === this.asked) {
      const { architecture, release } = this.machine;
      const name = innermost(kernelStack(this.machine));
      this.functionAt = name && placed(release.name, architecture.name, name);
    }
    this.numbers.push(KINDS.indexOf(kind), a, b, c, d);
  }

  private word(text: string): number {
    const known = this.words.indexOf(text);
    return known >= 0 ? known : this.words.push(text) - 1;
  }

  private observer(): Observer {
    const offset = (address: number): number => address - this.base;
    // Any address that an entry covers tells it: the first one of the vmemmap stands for all.
    const entry = (level: Level, address: number): number =>
      Math.max(this.base, alignDown(address, this.spans[level] || 1));
    return {
      ...DEAF_OBSERVER,
      allocPages: (order, _nid, pfn) => this.push('alloc', order, pfn),
      freePages: (pfn, order) => this.push('free', pfn, order),
      getPage: (pfn) => this.push('get', pfn),
      altmapAlloc: (altmap, nrPages, pfn) => this.push('altmap-alloc', this.word(altmap.name), nrPages, pfn),
      altmapFree: (altmap, nrPages) => this.push('altmap-free', this.word(altmap.name), nrPages),
      setEntry: (level, address, word0, word1) => this.push('set', level, offset(entry(level, address)), word0, word1),
      clearEntry: (level, address) => this.push('clear', level, offset(entry(level, address))),
      memset: (address, byte, bytes) => this.push('memset', offset(address), byte, bytes),
      scan: (address, byte, bytes, filled) => this.push('scan', offset(address), byte, bytes, filled ? 1 : 0),
      flush: (kind, start, end) => {
        if (kind === 'all') this.push('flush', FLUSH_KINDS.indexOf(kind));
        else this.push('flush', FLUSH_KINDS.indexOf(kind), offset(start), offset(end));
      },
      warn: (mishap) => this.push('warn', this.word(entryText(mishap))),
    };
  }
}
