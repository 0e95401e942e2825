// SPDX-License-Identifier: GPL-2.0-only

import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { Tinypool } from 'tinypool';
import { collect, type exploreWorld } from './campaign.js';
import { campaignWorlds } from './worlds.js';

/**
 * The campaign: every world as deep as its states go, the result as JSON. It takes the compiled package's threads, so
 * build first; `npm run campaign` does both.
 */

const SCHEMA = 'vmemmap/campaign/v1';

const program = new Command('campaign')
  .option('--states <n>', 'states of a world at most', '3000')
  .option('--workers <n>', 'threads', '2')
  .option('--only <text>', 'worlds whose name has this in it', '')
  .requiredOption('-o, --output <file>', 'the result')
  .parse();
const options = program.opts<{ states: string; workers: string; only: string; output: string }>();

type Found = ReturnType<typeof exploreWorld>;

const threads = Number(options.workers);
const maxStates = Number(options.states);
const worlds = campaignWorlds().filter(({ name }) => name.includes(options.only));
const pool = new Tinypool({
  runtime: 'worker_threads',
  filename: new URL('./record-worker.js', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
});
let done = 0;
const found = await Promise.all(
  worlds.map(async (world) => {
    const result = (await pool.run({ world, maxStates })) as Found;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${++done} of ${worlds.length} worlds`);
    return result;
  }),
);
await pool.destroy();
const { worlds: results, findings } = collect(found);
writeFileSync(options.output, `${JSON.stringify({ schema: SCHEMA, maxStates, worlds: results, findings }, null, 1)}\n`);
const states = results.reduce((sum, world) => sum + world.states, 0);
const steps = results.reduce((sum, world) => sum + world.steps, 0);
const open = findings.filter(({ like, follows }) => like.length + follows.length === 0);
console.log(
  `${results.length} worlds, ${states} states by ${steps} steps; ${findings.length} kinds of violation, ${open.length} of them like nothing in the catalogue`,
);
