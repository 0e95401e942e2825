// SPDX-License-Identifier: GPL-2.0-only

import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { beginProgress, endProgress, progress } from '../../src/cli/progress.js';
import { ProgressLine } from '../../src/cli/progress-line.js';
import { file, MAIN } from './cli.js';
import { vmemmapHere } from './here.js';

/** What says on a terminal how far things are, and nothing elsewhere. */

type Threads = typeof import('node:worker_threads');

const started = vi.hoisted(() => vi.fn());
vi.mock('node:worker_threads', async (original) => ({
  ...(await original<Threads>()),
  Worker: class {
    readonly on = (): void => undefined;
    readonly unref = started;
  },
}));

const CLEAR = '\r\x1b[K';

/** A line whose terminal is a file, and what stands in the file. */
function lineIn(name: string): { line: ProgressLine; written: () => string; close: () => void } {
  const path = file(name, '');
  const fd = openSync(path, 'w');
  return {
    line: new ProgressLine(undefined, fd),
    written: () => readFileSync(path, 'utf8'),
    close: () => closeSync(fd),
  };
}

describe('the line', () => {
  test('says what is at work and for how long, and is taken away', () => {
    const { line, written, close } = lineIn('line');
    line.show(5000);
    line.clear();
    line.end();
    expect(written()).toBe('');
    line.say('step 2 of 3', 80);
    line.show(1999);
    line.show(1999);
    expect(written()).toBe(`${CLEAR}step 2 of 3 (1 s)`);
    line.clear();
    line.show(2000);
    line.end();
    line.show(9000);
    expect(written()).toBe(`${CLEAR}step 2 of 3 (1 s)${CLEAR}${CLEAR}step 2 of 3 (2 s)${CLEAR}`);
    close();
  });

  test('is no longer than the terminal is wide, with the time behind it', () => {
    const { line, written, close } = lineIn('narrow');
    line.say('x'.repeat(200), 40);
    line.show(99_000);
    expect(written()).toBe(`${CLEAR}${'x'.repeat(30)} (99 s)`);
    close();
  });

  test('is shown by a thread of its own, while this one has no time for it', async () => {
    const { line, written, close } = lineIn('worker');
    const { shared, fd } = line;
    const { Worker } = await vi.importActual<Threads>('node:worker_threads');
    const worker = new Worker(join(MAIN, '..', 'progress-worker.js'), { workerData: { shared, fd } });
    line.say('one long step', 80);
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (let looks = 0; looks < 100 && written() === ''; looks++) Atomics.wait(never, 0, 0, 100);
    expect(written()).toMatch(/one long step \(\d s\)$/);
    line.end();
    await worker.terminate();
    close();
  });
});

describe('a command', () => {
  const { isTTY } = process.stderr;
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    endProgress();
    started.mockReset();
  });

  test('begins a line on a terminal, whatever it does', async () => {
    process.stderr.isTTY = true;
    await vmemmapHere('arch');
    expect(started).toHaveBeenCalledTimes(1);
  });

  test('has none elsewhere', async () => {
    process.stderr.isTTY = false;
    beginProgress('run');
    progress('far');
    expect((await vmemmapHere('arch')).stderr).toBe('');
    expect(started).not.toHaveBeenCalled();
  });
});
