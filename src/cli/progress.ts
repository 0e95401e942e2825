// SPDX-License-Identifier: GPL-2.0-only

import { Worker } from 'node:worker_threads';
import { ProgressLine } from './progress-line.js';
import { DEFAULT_COLUMNS } from './terminal.js';

/**
 * A line on the terminal that says how far things are, on standard error, where a command takes longer than about a second.
 * A thread of its own shows it, so that no step and no function is too long for it. Elsewhere than on a terminal there is none.
 */

let line: ProgressLine | undefined;
/** What is said where a command has said nothing. */
let command = '';

/** A command begins. */
export function beginProgress(name: string): void {
  if (!process.stderr.isTTY) return;
  command = `vmemmap ${name}`;
  line = new ProgressLine();
  const { shared, fd } = line;
  const worker = new Worker(new URL('./progress-worker.js', import.meta.url), { workerData: { shared, fd } });
  // Sources that are not built have no such file: there is no line, and all else goes on.
  worker.on('error', () => undefined);
  worker.unref();
  process.once('exit', endProgress);
  progress('');
}

/** How far things are; with an empty text, what the command is. */
export function progress(text: string): void {
  const { columns } = process.stderr;
  line?.say(text === '' ? command : text, columns > 0 ? columns : DEFAULT_COLUMNS);
}

/** Takes the line away before something else is written to the terminal. */
export const clearProgress = (): void => line?.clear();

/** The command is at work no more: it prints what it has, or waits. */
export const endProgress = (): void => line?.end();
