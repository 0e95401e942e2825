// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Command } from 'commander';
import type { Message, WorkerData } from './worker.js';

/**
 * Feeds changed inputs of every kind to the functions that the commands call, with limits on time and memory: none may end
 * in anything but a result, a finding or a sentence. What goes wrong is printed, and written down with its input.
 */

/** Seconds that a case may take: the largest states that are allowed take some twenty on a slow machine. */
const MAX_SECONDS = 120;
/** MiB of heap that a case may take. */
const MAX_HEAP_MIB = 2048;
const MS_PER_SECOND = 1000;
/** Cases between two lines of progress. */
const PROGRESS = 1000;

const options = new Command('fuzz')
  .option('--runs <n>', 'cases', '500')
  .option('--seed <n>', 'what decides them all', '1')
  .option('--from <n>', 'the first case', '0')
  .option('-o, --output <folder>', 'where inputs go that end wrong', 'fuzz-found')
  .parse()
  .opts<{ runs: string; seed: string; from: string; output: string }>();

interface Tally {
  cases: number;
  refused: number;
  crashes: number;
  hangs: number;
}

const tally: Tally = { cases: 0, refused: 0, crashes: 0, hangs: 0 };
let current: Extract<Message, { begins: number }> | undefined;

function tell(what: string): void {
  const { begins, kind, command, content } = current!;
  process.stdout.write(`case ${begins}: ${kind}: ${command}: ${what}\n`);
  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, `${begins}-${command.replaceAll(/\W+/g, '-')}`), content);
}

/** A thread has no loader for TypeScript of its own. */
const START = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)})))`;

/** Runs cases until one has to be stopped. @returns the first case that was not run */
function runSome(from: number, to: number): Promise<number> {
  return new Promise((resolve) => {
    const workerData: WorkerData = { seed: Number(options.seed), from, to };
    const worker = new Worker(START, {
      eval: true,
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    });
    let timer: NodeJS.Timeout | undefined;
    const goOn = (): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(current === undefined ? to : current.begins + 1);
    };
    worker.on('message', (message: Message) => {
      clearTimeout(timer);
      if ('begins' in message) {
        current = message;
        timer = setTimeout(() => {
          tally.hangs++;
          tell(`it took more than ${MAX_SECONDS} s`);
          goOn();
        }, MAX_SECONDS * MS_PER_SECOND);
        return;
      }
      if ('done' in message) {
        current = undefined;
        goOn();
        return;
      }
      tally.cases++;
      if (message.refused) tally.refused++;
      if (message.wrong !== undefined) {
        tally.crashes++;
        tell(message.wrong);
      }
      if (tally.cases % PROGRESS === 0 && process.stderr.isTTY) process.stderr.write(`\r\x1b[K${tally.cases} cases`);
    });
    worker.on('error', (error) => {
      tally.crashes++;
      if (current === undefined) throw error;
      tell(error.message);
      goOn();
    });
  });
}

const first = Number(options.from);
const end = first + Number(options.runs);
for (let from = first; from < end;) from = await runSome(from, end);
process.stdout.write(
  `${tally.cases} cases, ${tally.refused} refused with a sentence, ${tally.crashes} crashes or wrong answers, ${tally.hangs} hangs\n`,
);
process.exitCode = tally.crashes + tally.hangs > 0 ? 1 : 0;
