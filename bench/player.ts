// SPDX-License-Identifier: GPL-2.0-only

import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/**
 * Plays rounds of a path, or of a case of the suite cycle with the clock off or on, as its input asks: see turns.ts. The code may be
 * another commit's.
 *
 * usage: player.js BUILT-FOLDER path NAME | case NAME off|on
 */

const NS_PER_US = 1000;

const [folder = '', kind, name = '', clock] = process.argv.slice(2);
const load = async <T>(file: string): Promise<T> => (await import(pathToFileURL(`${folder}/${file}`).href)) as T;

async function roundOf(): Promise<() => void> {
  if (kind === 'path') {
    const { PATHS, prepare } = await load<typeof import('./paths.js')>('bench/paths.js');
    return prepare(PATHS.find((path) => path.name === name)!).round;
  }
  const { SUITES } = await load<typeof import('../src/bench/cases.js')>('src/bench/cases.js');
  const { clockCase, prepareCase } = await load<typeof import('../src/bench/play.js')>('src/bench/play.js');
  const c = SUITES.find((suite) => suite.name === 'cycle')!.cases.find((each) => each.name === name)!;
  const { add, remove } = clock === 'on' ? clockCase(c) : prepareCase(c);
  return () => {
    add();
    remove();
  };
}

const round = await roundOf();
for await (const line of createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  for (let rounds = Number(line); rounds > 0; rounds--) round();
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${(user + system) * NS_PER_US}\n`);
}
