// SPDX-License-Identifier: GPL-2.0-only

import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { countersRecord } from '../src/kernel/counters.js';
import type { Bench, Calls } from './paths.js';

/**
 * Plays rounds of a path, or of a case of the suite cycle with the clock off or on, as its input asks: see turns.ts. The code may be
 * another commit's. With a tree it has two sides in one process: the tree's code, and the TypeScript of the release nearest to it.
 *
 * usage: player.js BUILT-FOLDER path NAME | tree NAME each|one PATH | case NAME off|on
 */

const NS_PER_US = 1000;

const [folder = '', kind, name = '', how, tree = ''] = process.argv.slice(2);
const load = async <T>(file: string): Promise<T> => (await import(pathToFileURL(`${folder}/${file}`).href)) as T;

/** What a side plays, by its name; the only one has none. */
async function sides(): Promise<Record<string, () => void>> {
  if (kind === 'case') return { '': await caseRound() };
  const { PATHS, prepare } = await load<typeof import('./paths.js')>('bench/paths.js');
  const path = PATHS.find((each) => each.name === name)!;
  if (kind === 'path') return { '': prepare(path).round };
  const { openTree } = await load<typeof import('../src/tree/open.js')>('src/tree/open.js');
  const release = await openTree(`tree:${tree}`);
  const on = (kernel: string): Bench => prepare({ ...path, machine: { ...path.machine, kernel } }, how as Calls);
  const [typescript, c] = [on(release.tree!.nearest), on(release.name)];
  askSameWork(typescript, c);
  return { typescript: typescript.round, tree: c.round };
}

/** Both sides play a round, and have done the same to page tables, pages and TLBs. */
function askSameWork(...both: readonly [Bench, Bench]): void {
  both.forEach(({ round }) => round());
  const [own, other] = both.map(({ run }) => JSON.stringify(countersRecord(run.kernel.counters)));
  if (own !== other) throw new Error(`${name}: TypeScript counts ${own}, the tree ${other}`);
}

async function caseRound(): Promise<() => void> {
  const { SUITES } = await load<typeof import('../src/bench/cases.js')>('src/bench/cases.js');
  const { clockCase, prepareCase } = await load<typeof import('../src/bench/play.js')>('src/bench/play.js');
  const c = SUITES.find((suite) => suite.name === 'cycle')!.cases.find((each) => each.name === name)!;
  const { add, remove } = how === 'on' ? clockCase(c) : prepareCase(c);
  return () => {
    add();
    remove();
  };
}

const rounds = await sides();
for await (const line of createInterface({ input: process.stdin })) {
  const [count, side = ''] = line.split(' ');
  const round = rounds[side]!;
  const before = process.cpuUsage();
  for (let left = Number(count); left > 0; left--) round();
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${(user + system) * NS_PER_US}\n`);
}
