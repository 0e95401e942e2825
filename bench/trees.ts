// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exploreAll } from '../src/explore/explorer.js';
import { findRelease, type Release } from '../src/history/releases.js';
import { resolveScenario } from '../src/scenario/scenario.js';
import { scenarioSchema } from '../src/scenario/schema.js';
import { startRun, type Run } from '../src/scenario/runner.js';
import { openTree } from '../src/tree/open.js';

/**
 * `npm run bench:tree -- PATH [COMPILER]`: a Linux tree beside the TypeScript of the release that is nearest to it, in turns of one
 * process, so that a busy machine is as busy for both. Ratios say something; times are this machine's.
 */

const SECTIONS = 64;
const ROUNDS = 200;
/** Rounds before code is compiled for good: they do not count. */
const WARM = 50;
/** First frame of what is added, and of system memory, above it. */
const FIRST_PFN = 2 ** 20;
const RAM_PFN = 2 ** 29;
const MS_PER_SECOND = 1000;

const [path, compiler] = process.argv.slice(2);
if (path === undefined) throw new Error('say the path of a Linux tree: npm run bench:tree -- PATH [COMPILER]');

const say = (name: string, text: string): void => void process.stdout.write(`${name.padEnd(58)} ${text}\n`);

const machineOn = (release: Release, structPageSize: number): Run => {
  const machine = { arch: 'x86_64', structPageSize, ramBasePfn: RAM_PFN };
  const file = scenarioSchema.parse({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] });
  return startRun(resolveScenario(file, { release }));
};

/** Adds sections and removes them again, by one call or by one for each. */
function round({ kernel }: Run, isOneCall: boolean): () => void {
  const pages = kernel.pagesPerSection * (isOneCall ? SECTIONS : 1);
  const calls = isOneCall ? 1 : SECTIONS;
  return () => {
    for (let i = 0; i < calls; i++) {
      if (kernel.memoryHotplug.addPages(0, FIRST_PFN + i * pages, pages, null) !== 0)
        throw new Error('it cannot be added');
    }
    for (let i = 0; i < calls; i++) kernel.memoryHotplug.removePages(FIRST_PFN + i * pages, pages, null);
  };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Medians of functions that run in turns, ns. */
function inTurns(...run: (() => void)[]): number[] {
  const times = run.map((): number[] => []);
  for (let i = 0; i < WARM + ROUNDS; i++) {
    run.forEach((each, r) => {
      const start = process.hrtime.bigint();
      each();
      if (i >= WARM) times[r]!.push(Number(process.hrtime.bigint() - start));
    });
  }
  return times.map(median);
}

/** A cache of its own: what is measured first is a first start. */
const cache = mkdtempSync(join(tmpdir(), 'vmemmap-bench-'));
process.env['XDG_CACHE_HOME'] = cache;
try {
  const name = `tree:${path}`;
  const seconds = async (what: string, ready: () => Promise<unknown>): Promise<void> => {
    const start = performance.now();
    await ready();
    say(what, `${((performance.now() - start) / MS_PER_SECOND).toFixed(2)} s`);
  };
  const boot = async (): Promise<Release> => {
    const release = await openTree(name, { compiler });
    machineOn(release, 64);
    return release;
  };
  await seconds('extraction, compile and boot', boot);
  await seconds('open and boot, from the cache', boot);
  const tree = await boot();
  const release = findRelease(tree.tree!.nearest)!;
  for (const structPageSize of [64, 56]) {
    for (const isOneCall of [true, false]) {
      const [c, typescript] = inTurns(
        round(machineOn(tree, structPageSize), isOneCall),
        round(machineOn(release, structPageSize), isOneCall),
      ) as [number, number];
      const calls = isOneCall ? 'one call' : `${SECTIONS} calls`;
      say(
        `${SECTIONS} sections added and removed, struct page ${structPageSize}, ${calls}`,
        `tree ${(c / SECTIONS).toFixed(0)} ns a section, TypeScript ${(typescript / SECTIONS).toFixed(0)}, ${(c / typescript).toFixed(2)}x`,
      );
    }
  }
  const explored = [tree, release].map(({ name: kernel }) => {
    const start = process.cpuUsage().user;
    const { steps } = exploreAll({
      machine: { arch: 'x86_64', kernel, structPageSize: 64 },
      sections: 4,
      units: ['section'],
      altmaps: ['none', 'own'],
      depth: 7,
      fail: false,
    });
    return { steps, seconds: (process.cpuUsage().user - start) / 1e6 };
  }) as [{ steps: number; seconds: number }, { steps: number; seconds: number }];
  const speed = explored.map(({ steps, seconds: s }) => `${Math.round(steps / s).toLocaleString('en')} steps a second`);
  say('explored: x86_64, 4 sections, altmaps none and own, depth 7', `tree ${speed[0]!}, TypeScript ${speed[1]!}`);
} finally {
  rmSync(cache, { recursive: true, force: true });
}
