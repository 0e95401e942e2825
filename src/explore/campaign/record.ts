// SPDX-License-Identifier: GPL-2.0-only

import { Command } from 'commander';
import { Tinypool } from 'tinypool';
import { writeWhole } from '../../scenario/whole-file.js';
import { collect, type Found } from './campaign.js';
import { OtherCampaignError, Progress } from './progress.js';
import { campaignWorlds } from './worlds.js';

/**
 * The campaign: every world as deep as its states go, the result as JSON. What is done is kept beside the result as it
 * comes, and a campaign that ended early, by its budget or otherwise, goes on from there when it is started again. It
 * takes the compiled package's threads, so build first; `npm run campaign` does both.
 */

const SCHEMA = 'vmemmap/campaign/v2';
const MS_PER_MINUTE = 60_000;

const program = new Command('campaign')
  .option('--states <n>', 'states of a world at most', '60000')
  .option('--minutes <n>', 'begin no world after so many minutes')
  .option('--workers <n>', 'threads', '2')
  .option('--only <text>', 'worlds whose name has this in it', '')
  .requiredOption('-o, --output <file>', 'the result; what is done so far is beside it, in FILE.progress')
  .parse();
const options = program.opts<{ states: string; minutes?: string; workers: string; only: string; output: string }>();

const threads = Number(options.workers);
const maxStates = Number(options.states);
const end = performance.now() + Number(options.minutes ?? Infinity) * MS_PER_MINUTE;
const worlds = campaignWorlds().filter(({ name }) => name.includes(options.only));
const progress = openProgress();
const left = worlds.filter(({ name }) => !progress.done.has(name));
const pool = new Tinypool({
  runtime: 'worker_threads',
  filename: new URL('./record-worker.js', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
});

/** Takes one world after the other until there are none, or the time is over. */
async function work(): Promise<void> {
  for (let world = left.shift(); world !== undefined && performance.now() < end; world = left.shift()) {
    progress.add((await pool.run({ world, maxStates })) as Found);
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progress.done.size} of ${worlds.length} worlds`);
  }
}
await Promise.all(Array.from({ length: threads }, work));
await pool.destroy();

const found = worlds.flatMap(({ name }) => progress.done.get(name) ?? []);
const { worlds: results, findings } = collect(found);
const isComplete = results.length === worlds.length;
const campaign = { schema: SCHEMA, maxStates, isComplete, worlds: results, findings };
writeWhole(options.output, `${JSON.stringify(campaign, null, 1)}\n`);
if (isComplete) progress.remove();
const states = results.reduce((sum, world) => sum + world.states, 0);
const steps = results.reduce((sum, world) => sum + world.steps, 0);
const open = findings.filter(({ like, follows }) => like.length + follows.length === 0);
console.log(
  `${results.length} of ${worlds.length} worlds, ${states} states by ${steps} steps; ${findings.length} kinds of violation, ${open.length} of them like nothing in the catalogue`,
);

function openProgress(): Progress {
  try {
    return new Progress(`${options.output}.progress`, maxStates);
  } catch (error) {
    if (!(error instanceof OtherCampaignError)) throw error;
    console.error(`campaign: ${error.message}`);
    return process.exit(2);
  }
}
