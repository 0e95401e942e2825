// SPDX-License-Identifier: GPL-2.0-only

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SUITES } from '../src/bench/cases.js';
import { LARGE_GIB } from './large.js';
import { PATHS } from './paths.js';
import type { Measured } from './worker.js';

/**
 * Wall time of the populate and free paths, with error bars, and memory a GiB. `npm run bench -- TEXT` measures the paths
 * whose name contains TEXT. Each runs in a process of its own, so that none is slowed by code compiled for another.
 * Machines differ and are noisy: compare ratios of one run.
 */

const NAME_WIDTH = 62;
/** The suite whose cases are measured with the clock off and on. */
const CYCLE = SUITES.find(({ name }) => name === 'cycle')?.cases ?? [];
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

const [filter = ''] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function inWorker(job: string): Promise<Measured> {
  const worker = fork(WORKER, [job], { execArgv: [...process.execArgv, '--expose-gc'] });
  const [measured] = (await once(worker, 'message')) as [Measured];
  return measured;
}

say(`${'path'.padEnd(NAME_WIDTH)} ns a section    error   of the kernel's C`);
for (const [i, path] of PATHS.entries()) {
  if (!path.name.includes(filter)) continue;
  const { ns, errorPercent } = await inWorker(`path:${i}`);
  const ratio = path.nativeNs === undefined ? '' : `${(ns / path.nativeNs).toFixed(2)}x`;
  const error = `±${errorPercent.toFixed(1)} %`;
  say(`${path.name.padEnd(NAME_WIDTH)} ${ns.toFixed(0).padStart(12)} ${error.padStart(8)} ${ratio.padStart(12)}`);
}
say(`\n${'suite cycle'.padEnd(NAME_WIDTH)} ns a section    error     clock on    error`);
for (const [i, { name }] of CYCLE.entries()) {
  if (!name.includes(filter)) continue;
  const cells = [await inWorker(`case:cycle:${i}:off`), await inWorker(`case:cycle:${i}:on`)].map(
    ({ ns, errorPercent }) => `${ns.toFixed(0).padStart(12)} ${`±${errorPercent.toFixed(1)} %`.padStart(8)}`,
  );
  say(`${name.padEnd(NAME_WIDTH)} ${cells.join(' ')}`);
}
if (filter === '') {
  for (const gib of LARGE_GIB) {
    const { ns, bytes } = await inWorker(`large:${gib}`);
    say(
      `x86_64 64 B, add ${gib} GiB: ${(ns / 1e6).toFixed(1)} ms, ${(bytes / gib).toFixed(0)} heap bytes a GiB, ${bytes} in all`,
    );
  }
}
