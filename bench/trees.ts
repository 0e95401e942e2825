// SPDX-License-Identifier: GPL-2.0-only

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exploreAll } from '../src/explore/explorer.js';
import { findRelease, type Release } from '../src/history/releases.js';
import { resolveScenario } from '../src/scenario/scenario.js';
import { scenarioSchema } from '../src/scenario/schema.js';
import { startRun } from '../src/scenario/runner.js';
import { openTree } from '../src/tree/open.js';

/**
 * `npm run bench:tree -- PATH [COMPILER]`: how soon a Linux tree is there, and how fast it is explored beside the TypeScript of the
 * release that is nearest to it. Paths are played by `npm run bench`.
 */

const MS_PER_SECOND = 1000;

const [path, compiler] = process.argv.slice(2);
if (path === undefined) throw new Error('say the path of a Linux tree: npm run bench:tree -- PATH [COMPILER]');

const say = (name: string, text: string): void => void process.stdout.write(`${name.padEnd(58)} ${text}\n`);

function bootOn(release: Release): void {
  const machine = { arch: 'x86_64', structPageSize: 64 };
  const file = scenarioSchema.parse({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] });
  startRun(resolveScenario(file, { release }));
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
    bootOn(release);
    return release;
  };
  await seconds('extraction, compile and boot', boot);
  await seconds('open and boot, from the cache', boot);
  const tree = await boot();
  const release = findRelease(tree.tree!.nearest)!;
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
