// SPDX-License-Identifier: GPL-2.0-only

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SUITES } from '../src/bench/cases.js';
import { compile } from '../src/measure/run.js';
import { InputError } from '../src/scenario/input.js';
import { knownTree } from '../src/tree/known-trees.js';
import { LARGE_GIB } from './large.js';
import { fitsOneCall, PATHS, type Calls, type Path } from './paths.js';
import { playInTurns, Player, ratios, spreadOf, type Spread } from './turns.js';
import type { Measured } from './worker.js';

/**
 * How fast the emulator is: each populate and free path in turns with the C of a kernel's tree in the same process, and with C that
 * makes the same loads and stores natively (yardstick.c); each case of the suite cycle with the clock off and on, and memory a GiB.
 *
 * usage: npm run bench -- [TEXT] [--tree PATH] [--against FOLDER]
 * TEXT: paths and cases whose name contains it. PATH: a Linux tree; else 6.12.117 of the trees that tests take, if it is there.
 * FOLDER: another commit, compiled there (`npx tsc -p .`), plays in turns, too.
 */

const NAME_WIDTH = 58;
const RATIO_WIDTH = 22;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BUILT = here('..');
const YARDSTICK = here('../../bench/yardstick.c');

const { positionals, values } = parseArgs({
  options: { against: { type: 'string' }, tree: { type: 'string' } },
  allowPositionals: true,
});
const [filter = ''] = positionals;
const tree = values.tree ?? knownTree('6.12.117');
const other = values.against === undefined ? undefined : join(resolve(values.against), 'dist');
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const play = (folder: string, ...job: string[]): Player =>
  Player.start(process.execPath, [here('./player.js'), folder, ...job]);
const ratioText = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)}x (${low.toFixed(2)}-${high.toFixed(2)})`.padStart(RATIO_WIDTH);
const NO_RATIO = ''.padStart(RATIO_WIDTH);
const nsText = (times: readonly number[], sections: number): string =>
  (spreadOf(times).median / sections).toFixed(0).padStart(9);

/** The compiled yardstick, or a sentence on why there is none. */
function yardstick(folder: string): { program: string } | { missing: string } {
  const program = join(folder, 'yardstick');
  try {
    compile(YARDSTICK, program);
    return { program };
  } catch (error) {
    if (error instanceof InputError) return { missing: error.message };
    throw error;
  }
}

/** How often TypeScript takes the time of the tree's C, both in one process. */
async function ofTree(path: Path, calls: Calls): Promise<string> {
  if (tree === undefined || (calls === 'one' && !fitsOneCall(path))) return NO_RATIO;
  const args = [here('./player.js'), BUILT, 'tree', path.name, calls, tree];
  const [typescript, c] = await playInTurns(Player.startSides(process.execPath, args, ['typescript', 'tree']));
  return ratioText(ratios(typescript!, c!));
}

async function measurePath(path: Path, program: string | undefined): Promise<void> {
  const c = program === undefined || path.yardstick === undefined ? undefined : [program, ...path.yardstick];
  const players = [
    play(BUILT, 'path', path.name),
    ...(c === undefined ? [] : [Player.start(c[0]!, [...c.slice(1), `sections=${path.sections}`])]),
    ...(other === undefined ? [] : [play(other, 'path', path.name)]),
  ];
  const [own, ...rest] = (await playInTurns(players)) as [number[], ...number[][]];
  const cells = [
    nsText(own, path.sections),
    await ofTree(path, 'each'),
    await ofTree(path, 'one'),
    c === undefined ? NO_RATIO : ratioText(ratios(own, rest[0]!)),
    ...(other === undefined ? [] : [ratioText(ratios(own, rest[rest.length - 1]!))]),
  ];
  say(`${path.name.padEnd(NAME_WIDTH)} ${cells.join(' ')}`.trimEnd());
}

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-bench-'));
try {
  const c = yardstick(folder);
  if ('missing' in c) say(c.missing);
  if (tree === undefined) say('no Linux tree: --tree PATH names one, whose C is compiled and plays in turns');
  const titles = [
    'of the tree’s C, 95 %',
    '… in one call',
    'of native C',
    ...(other === undefined ? [] : ['of the other commit']),
  ];
  say(
    `${'path'.padEnd(NAME_WIDTH)} ${'ns a sect.'.padStart(9)} ${titles.map((title) => title.padStart(RATIO_WIDTH)).join(' ')}`,
  );
  for (const path of PATHS) {
    if (path.name.includes(filter)) await measurePath(path, 'program' in c ? c.program : undefined);
  }
} finally {
  rmSync(folder, { recursive: true });
}

say(`\n${'suite cycle'.padEnd(NAME_WIDTH)} ${'ns off'.padStart(9)} ${'clock on of off, 95 %'.padStart(22)}`);
for (const { name } of SUITES.find((suite) => suite.name === 'cycle')?.cases ?? []) {
  if (!name.includes(filter)) continue;
  const [off, on] = await playInTurns([play(BUILT, 'case', name, 'off'), play(BUILT, 'case', name, 'on')]);
  say(`${name.padEnd(NAME_WIDTH)} ${nsText(off!, 1)} ${ratioText(ratios(on!, off!))}`);
}

if (filter === '') {
  for (const gib of LARGE_GIB) {
    const worker = fork(here('./worker.js'), [String(gib)], { execArgv: [...process.execArgv, '--expose-gc'] });
    const [{ ns, bytes }] = (await once(worker, 'message')) as [Measured];
    say(
      `x86_64 64 B, add ${gib} GiB: ${(ns / 1e6).toFixed(1)} ms, ${(bytes / gib).toFixed(0)} heap bytes a GiB, ${bytes} in all`,
    );
  }
}
