// SPDX-License-Identifier: GPL-2.0-only

import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { roomFields } from '../scenario/schema.js';
import { ALTMAP_CHOICES, MEMORY_CHOICES, UNITS } from '../explore/alphabet.js';
import { BETWEEN_WRITES, EXPECTATION_NAMES, type ExpectationName, STALE } from '../check/expectations.js';
import { startCrew } from '../explore/crew.js';
import { MAX_THREADS } from '../explore/expand.js';
import { writeExploration } from '../explore/exploration-file.js';
import { explorationOf, explore, type Exploration, type ExploreOptions } from '../explore/explorer.js';
import { Search, type Limits } from '../explore/search.js';
import type { Violation } from '../explore/violations.js';
import { Walker } from '../explore/walk.js';
import { DEFAULT_RELEASE } from '../history/releases.js';
import type { Effort } from '../report/explore.js';
import { InputError } from '../scenario/load.js';
import { findArchitecture } from '../scenario/names.js';
import { size } from '../../arch/machine-fields.js';
import { readSaved, writeExplorationResult } from './exploration-result.js';
import { namedKernel } from './named-kernel.js';
import { choices, whole } from './option-values.js';
import { clearProgress, progress } from './progress.js';
import type { TestFormatOptions } from './test-format.js';

/** What the command line says, as text. */
export interface ExploreCommand extends TestFormatOptions {
  arch?: string;
  kernel?: string;
  pageSize?: string;
  mmu?: string;
  structPage?: string;
  sections: string;
  depth: string;
  unit: string[];
  altmap: string[];
  memory: string[];
  start?: string;
  sectionSize?: string;
  compound?: string;
  expect?: string[];
  betweenWrites?: true;
  stale?: keyof typeof STALE;
  fail?: true;
  shard?: string;
  workers: string;
  maxStates?: string;
  maxMemory?: string;
  time?: string;
  seed?: string;
  save?: string;
  resume?: string;
  json?: true;
  output?: string;
  dir?: string;
}

/** Explored memory has at most so many sections, and sequences so many steps: nobody would see the end of more. */
const MAX_SECTIONS = 16;
const MAX_DEPTH = 64;
const MAX_SEED = 2 ** 32 - 1;
const MAX_SHARDS = 4096;

const OPTIONS = z.object({
  sections: whole('sections', MAX_SECTIONS),
  depth: whole('steps', MAX_DEPTH),
  unit: choices(UNITS),
  altmap: choices(ALTMAP_CHOICES),
  memory: choices(MEMORY_CHOICES),
  start: size.optional(),
  sectionSize: size.optional(),
  compound: size.optional(),
  expect: choices(EXPECTATION_NAMES).optional(),
  structPage: whole('bytes', 4096).default(64),
  pageSize: z.enum(['4K', '16K', '64K'], { error: 'allowed are 4K, 16K, 64K' }).optional(),
  mmu: roomFields.mmu,
  maxStates: whole('states', Number.MAX_SAFE_INTEGER).optional(),
  maxMemory: size.optional(),
  workers: whole('threads', MAX_THREADS),
  shard: z
    .string()
    .regex(/^\d+\/\d+$/, `allowed is i/n with i from 1 to n, such as 2/8`)
    .transform((text) => text.split('/').map(Number) as [number, number])
    .refine(([index, count]) => index >= 1 && index <= count && count <= MAX_SHARDS, {
      error: `allowed is i/n with i from 1 to n, and n up to ${MAX_SHARDS}`,
    })
    .transform(([index, count]) => ({ index, count }))
    .optional(),
  time: z.coerce.number({ error: 'allowed are seconds' }).positive('allowed are seconds above 0').optional(),
  seed: whole('numbers', MAX_SEED).optional(),
});

/** What is asked besides the invariants; nothing where nobody wants something. */
function expectedOf(
  { betweenWrites, stale }: ExploreCommand,
  expect: readonly ExpectationName[] = [],
): ExpectationName[] {
  return [...expect, ...(betweenWrites === true ? BETWEEN_WRITES : []), ...(stale === undefined ? [] : STALE[stale])];
}

/** How an option is written, by the name that it has here. */
const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Options of one run, which a saved exploration does not have. */
interface RunOptions {
  workers: number;
  seconds: number;
  seed: number | undefined;
}

function parse(command: ExploreCommand): { search: Search; run: RunOptions } {
  const parsed = OPTIONS.safeParse(command);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const [key, index] = issue.path as [keyof ExploreCommand, number?];
    const value = command[key];
    const shown = Array.isArray(value) ? value[index ?? 0] : value;
    throw new InputError(`${optionName(key)} is ${String(shown)}; ${issue.message}`);
  }
  const { sections, depth, unit, altmap, structPage, pageSize, mmu, maxStates, maxMemory, time, seed } = parsed.data;
  if (seed !== undefined && time === undefined) {
    throw new InputError(`--seed is ${seed} and --time is not given; random walks end when the time is over`);
  }
  if (parsed.data.shard !== undefined && command.save === undefined) {
    throw new InputError(
      `--shard is ${command.shard!} and --save is not given; vmemmap merge reads what a shard saves`,
    );
  }
  const limits = { maxStates, maxMemory };
  const run = { workers: parsed.data.workers, seconds: time ?? Infinity, seed };
  if (command.resume !== undefined) return { search: resumed(command.resume, limits), run };
  if (command.arch === undefined) throw new InputError('--arch is not given; an exploration needs one, or --resume');
  const arch = findArchitecture(command.arch, '--arch').name;
  const kernel = command.kernel === undefined ? DEFAULT_RELEASE : namedKernel(command.kernel);
  const options: ExploreOptions = {
    machine: { arch, kernel: kernel.name, pageSize, structPageSize: structPage, mmu },
    sections,
    depth,
    units: unit,
    altmaps: altmap,
    memory: parsed.data.memory,
    start: parsed.data.start,
    sectionBytes: parsed.data.sectionSize,
    compoundSize: parsed.data.compound,
    expect: expectedOf(command, parsed.data.expect),
    fail: command.fail === true,
    shard: parsed.data.shard,
  };
  return { search: new Search(options, limits), run };
}

/** A saved exploration, to go on with. */
function resumed(path: string, limits: Limits): Search {
  const { options, state } = readSaved(path);
  return new Search(options, limits, state);
}

const MS_PER_SECOND = 1000;
const US_PER_SECOND = 1_000_000;
/** Milliseconds between two lines of progress. */
const PROGRESS_INTERVAL = 500;

/** Signals that end an exploration, and what a shell expects of a program that one of them ended. */
const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;
type EndingSignal = keyof typeof EXIT_OF_SIGNAL;
const ENDING_SIGNALS = Object.keys(EXIT_OF_SIGNAL) as EndingSignal[];

/** Seconds between two saves while it runs. */
const SAVE_INTERVAL = 30;
/** Of the time at most one part in so many goes into saving. */
const SAVE_SHARE = 20;

/** Writes a search down now and then, so that little is lost whatever ends the program. */
class Saver {
  private nextSave = SAVE_INTERVAL;
  private failed = false;

  /** @param seconds since the start */
  constructor(
    private readonly path: string,
    private readonly search: Search,
    private readonly seconds: () => number,
  ) {}

  get isDue(): boolean {
    return !this.failed && this.seconds() >= this.nextSave;
  }

  /** Saves if it is time to. A save that fails is told once; the search goes on. */
  saveIfDue(): void {
    if (!this.isDue) return;
    const before = this.seconds();
    try {
      save(this.path, this.search);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.failed = true;
      clearProgress();
      process.stderr.write(`vmemmap: ${error.message}; the exploration goes on\n`);
    }
    const after = this.seconds();
    this.nextSave = after + Math.max(SAVE_INTERVAL, (after - before) * SAVE_SHARE);
  }
}

/** `vmemmap explore`. Returns the exit code: 1 if something was found, 128 and a signal's number if one ended it. */
export async function exploreCommand(command: ExploreCommand): Promise<number> {
  const { search, run } = parse(command);
  const start = performance.now();
  const startCpu = process.cpuUsage();
  const stepsBefore = search.steps;
  const seconds = (): number => (performance.now() - start) / MS_PER_SECOND;
  const crew = run.workers > 1 ? startCrew(run.workers) : undefined;
  const saver = command.save === undefined ? undefined : new Saver(command.save, search, seconds);
  let interrupted: EndingSignal | undefined;
  const interrupt = (signal: EndingSignal): void => {
    interrupted ??= signal;
    search.stop();
  };
  for (const signal of ENDING_SIGNALS) process.once(signal, interrupt);
  const timer = setInterval(() => {
    if (seconds() > run.seconds) search.stop();
    if (saver?.isDue) search.pause();
    progress(progressText(search, seconds(), run.seconds));
  }, PROGRESS_INTERVAL);
  let walker: Walker | undefined;
  let exploration: Exploration;
  try {
    await explore(search, crew, () => saver?.saveIfDue());
    exploration = explorationOf(search);
    if (run.seed !== undefined && search.ended === undefined) {
      walker = await walkOn(search, run.seed, exploration.violations, () => seconds() > run.seconds);
    }
  } finally {
    clearInterval(timer);
    for (const signal of ENDING_SIGNALS) process.off(signal, interrupt);
    await crew?.close();
    progress('');
  }
  const { user, system } = process.cpuUsage(startCpu);
  const effort: Effort = {
    seconds: seconds(),
    cpuSeconds: (user + system) / US_PER_SECOND,
    interrupted,
    walks: walker?.walks ?? 0,
    walked: walker?.violations ?? [],
  };
  const ran = { ...exploration, steps: exploration.steps - stepsBefore };
  const code = writeExplorationResult(ran, search.options, command, effort);
  if (command.save !== undefined) save(command.save, search);
  return interrupted === undefined ? code : EXIT_OF_SIGNAL[interrupted];
}

/** Random walks until the time is over, or somebody interrupts. */
async function walkOn(
  search: Search,
  seed: number,
  known: readonly Violation[],
  isOver: () => boolean,
): Promise<Walker> {
  const walker = new Walker(search.alphabet, search.options, known, seed);
  while (!isOver() && !search.isAsked) {
    walker.walk();
    await setImmediate();
  }
  return walker;
}

function save(path: string, search: Search): void {
  try {
    writeExploration(path, search);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new InputError(`${path}: it cannot be written (${code})`);
  }
}

function progressText(search: Search, seconds: number, limit: number): string {
  const { state, steps } = search;
  const left = limit === Infinity ? '' : `, ${Math.max(0, Math.round(limit - seconds))} s left`;
  const where = `depth ${state.depth} of ${search.options.depth}, ${search.waiting} in the frontier`;
  return `${state.visited.size} states, ${Math.round(steps / seconds)} steps/s, ${where}${left}`;
}
