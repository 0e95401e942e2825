// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { WordStore } from '../../src/hardware/ram.js';
import { runScenario, type StepResult } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioFile } from '../../src/scenario/schema.js';

/** What stands in words that lie elsewhere by now: an entry, a count or a struct page of it is told apart from a real one. */
const GONE = 0x5a5a_5a5b;

/** Words that lie elsewhere each time a frame more owns bytes. The array of before holds nonsense, and nobody writes to it. */
class MovingWords implements WordStore {
  words: Uint32Array<ArrayBuffer>;
  readonly left: Uint32Array<ArrayBuffer>[] = [];

  /** @param wordsPerFrame words of a frame */
  constructor(private readonly wordsPerFrame: number) {
    this.words = new Uint32Array(wordsPerFrame);
  }

  grow(): void {
    const wider = new Uint32Array(this.words.length + this.wordsPerFrame);
    wider.set(this.words);
    this.left.push(this.words.fill(GONE));
    this.words = wider;
  }
}

/** Scenarios of a file of recordings, in equal distances. */
const SCENARIOS_A_FILE = 40;
/** Steps of a scenario: each frame that is written copies all that were. */
const MOST_STEPS = 12;

function scenariosOf(file: string): ScenarioFile[] {
  const path = join(import.meta.dirname, '..', 'vectors', file);
  const all = (JSON.parse(gunzipSync(readFileSync(path)).toString()) as { steps: unknown[] }[]).filter(
    ({ steps }) => steps.length <= MOST_STEPS,
  );
  const every = Math.max(1, Math.floor(all.length / SCENARIOS_A_FILE));
  return all.filter((_scenario, i) => i % every === 0).map((scenario) => scenarioSchema.parse(scenario));
}

/** Plays a scenario on memory whose words move, and says what it did and which words it had left. */
function playMoving(file: ScenarioFile): { results: StepResult[]; store: MovingWords } {
  const scenario = resolveScenario(file);
  const store = new MovingWords(scenario.machine.config.pageSize / Uint32Array.BYTES_PER_ELEMENT);
  return { results: runScenario({ ...scenario, machine: { ...scenario.machine, frames: store } }), store };
}

describe('no walk keeps words of memory across a write that may move them', () => {
  test.each([
    'x86_64.json.gz',
    'arm64.json.gz',
    's390.json.gz',
    'ppc64-radix.json.gz',
    'ppc64-hash.json.gz',
    'riscv64-7.3.4.json.gz',
    'loongarch64-7.3.4.json.gz',
  ])('%s', (file) => {
    let moves = 0;
    for (const scenario of scenariosOf(file)) {
      const { results, store } = playMoving(scenario);
      expect(results, scenario.name).toEqual(runScenario(resolveScenario(scenario)));
      for (const words of store.left) expect(words.every((word) => word === GONE)).toBe(true);
      moves += store.left.length;
    }
    expect(moves).toBeGreaterThan(SCENARIOS_A_FILE);
  });
});
