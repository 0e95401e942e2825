// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { ScenarioError } from '../../src/kernel/scenario-error.js';
import { InputError } from '../../src/scenario/load.js';
import { KINDS, type Kind } from './cases.js';
import { bytesChanged, Chance, valuesChanged } from './mutate.js';

/** Runs cases one after the other and tells of each before it begins, so that whoever waits knows which one hangs. */

/** What {@link parentPort} is told. */
export type Message =
  | { readonly begins: number; readonly kind: string; readonly command: string; readonly content: string }
  | { readonly ends: number; readonly wrong?: string; readonly refused: boolean }
  | { readonly done: true };

export interface WorkerData {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** Seeds of neighbouring cases are far apart. */
const SPREAD = 0x9e3779b1;
/** Bytes outside the heap of JavaScript that a case may leave behind. */
const MAX_BYTES = 1.5 * 2 ** 30;

/** Output is counted and thrown away. */
function silence(): void {
  for (const stream of [process.stdout, process.stderr]) stream.write = () => true;
}

function contentOf(kind: Kind, chance: Chance): string {
  const seed = chance.of(kind.seeds);
  return kind.isJson && chance.below(3) > 0
    ? valuesChanged(seed, chance.of(kind.seeds), chance)
    : bytesChanged(seed, chance);
}

/** A sentence for a person: one line, that names something, and no words of the schema checker or of JavaScript. */
const FOREIGN =
  /ZodError|TypeError|RangeError|SyntaxError|undefined|\[object |Cannot read|is not a function|Invalid input/;

/** What is wrong with the outcome of a case; undefined if nothing is. */
function wrongOf(outcome: { code: number } | { error: unknown }): string | undefined {
  if ('code' in outcome) return outcome.code === 0 || outcome.code === 1 ? undefined : `it ended with ${outcome.code}`;
  const { error } = outcome;
  if (!(error instanceof InputError || error instanceof ScenarioError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const message = error.message.replaceAll(/"[^"]*"/g, '""');
  if (/[\r\n]/.test(message)) return `its sentence has several lines: ${error.message}`;
  return FOREIGN.test(message) ? `its sentence is none: ${error.message}` : undefined;
}

async function runCase(folder: string, seed: number, index: number): Promise<void> {
  const chance = new Chance(Math.imul(seed, SPREAD) ^ Math.imul(index + 1, SPREAD));
  const kind = chance.of(KINDS);
  const [command, run] = chance.of(kind.commands);
  const content = contentOf(kind, chance);
  const file = join(folder, 'input.json');
  writeFileSync(file, kind.pack?.(content) ?? content);
  parentPort!.postMessage({ begins: index, kind: kind.name, command, content } satisfies Message);
  let outcome: { code: number } | { error: unknown };
  try {
    outcome = { code: await run(file) };
  } catch (error) {
    outcome = { error };
  }
  const { external, arrayBuffers } = process.memoryUsage();
  const wrong =
    external + arrayBuffers > MAX_BYTES ? `it left ${external + arrayBuffers} bytes behind` : wrongOf(outcome);
  const refused = 'error' in outcome;
  parentPort!.postMessage({ ends: index, refused, ...(wrong !== undefined && { wrong }) } satisfies Message);
}

silence();
const { seed, from, to } = workerData as WorkerData;
const folder = mkdtempSync(join(tmpdir(), 'vmemmap-fuzz-'));
try {
  for (let index = from; index < to; index++) await runCase(folder, seed, index);
} finally {
  rmSync(folder, { recursive: true });
}
parentPort!.postMessage({ done: true } satisfies Message);
