// SPDX-License-Identifier: GPL-2.0-only

import Benchmark from 'benchmark';
import { addPages } from '../src/mm/memory-hotplug.js';
import { idleMachine, PATHS, prepare } from './paths.js';

/**
 * Wall time of the populate and free paths, with error bars, and memory a GiB. Run one path with `npm run bench -- TEXT`.
 * Machines differ and are noisy: compare ratios of one run.
 */

const NAME_WIDTH = 62;
const PAGES_PER_GIB = 2 ** 18;
/** Memory that a large machine adds: 1 GiB and 64 TiB. */
const LARGE_GIB = [1, 2 ** 16];

const [filter = ''] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Memory is what is left when garbage is gone; `npm run bench` gives the collector a handle. */
function collect(): void {
  if (globalThis.gc === undefined) throw new Error('start with `npm run bench`, or node --expose-gc');
  globalThis.gc();
}

function measurePaths(): void {
  say(`${'path'.padEnd(NAME_WIDTH)} ns a section   error   of the kernel's C`);
  for (const path of PATHS.filter((p) => p.name.includes(filter))) {
    const { round } = prepare(path);
    const bench = new Benchmark(path.name, round, { maxTime: 2 });
    bench.on('error', () => {
      throw bench.error;
    });
    bench.run();
    const ns = (bench.stats.mean * 1e9) / path.sections;
    const ratio = path.nativeNs === undefined ? '' : `${(ns / path.nativeNs).toFixed(2)}x`;
    say(
      `${path.name.padEnd(NAME_WIDTH)} ${ns.toFixed(0).padStart(12)} ${`±${bench.stats.rme.toFixed(1)} %`.padStart(8)} ${ratio.padStart(12)}`,
    );
  }
}

/** One add of so much memory, timed once: a round of minutes says no more than one of a second. */
function measureLarge(): void {
  for (const gib of LARGE_GIB) {
    const { kernel } = idleMachine({ arch: 'x86_64', structPageSize: 64, ramBasePfn: 2 ** 35 });
    collect();
    const before = process.memoryUsage();
    const start = process.hrtime.bigint();
    const err = addPages(kernel, 0, 2 ** 20, gib * PAGES_PER_GIB, null);
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    if (err !== 0) throw new Error(`adding ${gib} GiB returned ${err}`);
    collect();
    const after = process.memoryUsage();
    const bytes = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    say(`x86_64 64 B, add ${gib} GiB: ${ms.toFixed(1)} ms, ${(bytes / gib).toFixed(0)} heap bytes a GiB`);
  }
}

measurePaths();
if (filter === '') measureLarge();
