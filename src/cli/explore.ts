// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { ALTMAP_CHOICES, UNITS } from '../check/explore/alphabet.js';
import { explore, type Exploration, type ExploreOptions } from '../check/explore/explorer.js';
import { exploreJson, exploreText } from '../report/explore.js';
import { DEFAULT_RELEASE } from '../kernel/releases.js';
import { InputError } from '../scenario/load.js';
import { findArchitecture, findKernelRelease } from '../scenario/scenario.js';
import { EXIT_FINDING, EXIT_OK, progress, writeResult } from './output.js';

/** What the command line says, as text. */
export interface ExploreCommand {
  arch: string;
  kernel?: string;
  pageSize?: string;
  mmu?: string;
  structPage?: string;
  sections: string;
  depth: string;
  unit: string[];
  altmap: string[];
  fail?: true;
  maxStates?: string;
  time?: string;
  seed?: string;
  json?: true;
  output?: string;
}

/** Explored memory has at most so many sections, and sequences so many steps: nobody would see the end of more. */
const MAX_SECTIONS = 16;
const MAX_DEPTH = 64;
const MAX_SEED = 2 ** 32 - 1;

const whole = (what: string, max: number) =>
  z.coerce
    .number({ error: `allowed are whole ${what} from 1 to ${max}` })
    .int(`allowed are whole ${what} from 1 to ${max}`)
    .min(1, `allowed are whole ${what} from 1 to ${max}`)
    .max(max, `allowed are whole ${what} from 1 to ${max}`);

const choices = <T extends string>(names: readonly [T, ...T[]]) =>
  z.array(z.enum(names, { error: `allowed are ${names.join(', ')}` }));

const OPTIONS = z.object({
  sections: whole('sections', MAX_SECTIONS),
  depth: whole('steps', MAX_DEPTH),
  unit: choices(UNITS),
  altmap: choices(ALTMAP_CHOICES),
  structPage: whole('bytes', 4096).default(64),
  pageSize: z.enum(['4K', '16K', '64K'], { error: 'allowed are 4K, 16K, 64K' }).optional(),
  mmu: z.enum(['radix', 'hash'], { error: 'allowed are radix, hash' }).optional(),
  maxStates: whole('states', Number.MAX_SAFE_INTEGER).optional(),
  time: z.coerce.number({ error: 'allowed are seconds' }).positive('allowed are seconds above 0').optional(),
  seed: whole('numbers', MAX_SEED).optional(),
});

/** How an option is written, by the name that it has here. */
const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function parse(command: ExploreCommand): ExploreOptions & { seconds: number } {
  const parsed = OPTIONS.safeParse(command);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const [key, index] = issue.path as [keyof ExploreCommand, number?];
    const value = command[key];
    const shown = Array.isArray(value) ? value[index ?? 0] : value;
    throw new InputError(`${optionName(key)} is ${String(shown)}; ${issue.message}`);
  }
  const { sections, depth, unit, altmap, structPage, pageSize, mmu, maxStates, time, seed } = parsed.data;
  const arch = findArchitecture(command.arch, '--arch').name;
  const kernel = command.kernel === undefined ? DEFAULT_RELEASE : findKernelRelease(command.kernel, '--kernel');
  if (seed !== undefined && time === undefined) {
    throw new InputError(`--seed is ${seed} and --time is not given; random walks end when the time is over`);
  }
  return {
    machine: { arch, kernel: kernel.name, pageSize, structPageSize: structPage, mmu },
    sections,
    depth,
    units: unit,
    altmaps: altmap,
    fail: command.fail === true,
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(seed === undefined ? {} : { seed }),
    seconds: time ?? Infinity,
  };
}

const MS_PER_SECOND = 1000;
/** Milliseconds between two lines of progress. */
const PROGRESS_INTERVAL = 200;

/** `vmemmap explore`. Returns the exit code: 1 if something was found. */
export async function exploreCommand(command: ExploreCommand): Promise<number> {
  const options = parse(command);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / MS_PER_SECOND;
  const exploration = explore(options);
  let result: Exploration;
  let told = -PROGRESS_INTERVAL;
  try {
    for (;;) {
      const { done, value } = exploration.next();
      result = value;
      if (done === true || interrupted.signal.aborted || seconds() > options.seconds) break;
      if (performance.now() - told > PROGRESS_INTERVAL) {
        told = performance.now();
        progress(progressText(value, seconds()));
        await setImmediate();
      }
    }
  } finally {
    process.off('SIGINT', interrupt);
    progress('');
  }
  const took = seconds();
  if (command.output !== undefined) writeScenarios(command.output, result);
  const text = command.json ? JSON.stringify(exploreJson(result, options, took), null, 2) : exploreText(result, took);
  writeResult(text, undefined);
  return result.violations.length > 0 ? EXIT_FINDING : EXIT_OK;
}

function progressText({ states, frontier, depth, walks, violations }: Exploration, seconds: number): string {
  const where = walks > 0 ? `${walks} random walks` : `depth ${depth}, ${frontier} in the frontier`;
  return `${states} states, ${Math.round(states / seconds)}/s, ${where}, ${violations.length} kinds of violation`;
}

function writeScenarios(folder: string, { violations }: Exploration): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`${folder}: it is no folder (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  for (const { scenario } of violations) {
    writeResult(JSON.stringify(scenario, null, 2), join(folder, `${scenario.name ?? 'explored'}.json`));
  }
}
