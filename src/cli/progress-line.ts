// SPDX-License-Identifier: GPL-2.0-only

import { writeSync } from 'node:fs';

/** The line that says how far things are, in memory that the thread at work and the one that shows it both see. */

/** Cells before the text: who writes now, bytes of the text (0 where nothing is at work), and whether the line is there. */
const LOCK = 0;
const LENGTH = 1;
const SHOWN = 2;
const CELLS = 3;
const TEXT_AT = CELLS * Int32Array.BYTES_PER_ELEMENT;
const MAX_BYTES = 1024;

const CLEAR_LINE = '\r\x1b[K';
/** What follows the text: "(3 s)", to an hour and more. */
const SECONDS_WIDTH = 10;
const MS_PER_SECOND = 1000;

export class ProgressLine {
  private readonly cells: Int32Array;
  private readonly text: Uint8Array;
  /** What was shown last. */
  private last = '';

  /**
   * @param shared what both threads have of it
   * @param fd where the line is written: a terminal
   */
  constructor(
    readonly shared = new SharedArrayBuffer(TEXT_AT + MAX_BYTES),
    readonly fd: number = process.stderr.fd,
  ) {
    this.cells = new Int32Array(shared, 0, CELLS);
    this.text = new Uint8Array(shared, TEXT_AT);
  }

  /** Whether something is at work. */
  get isAtWork(): boolean {
    return Atomics.load(this.cells, LENGTH) > 0;
  }

  /** Something is at work. @param columns of the terminal; a line that wraps could not be taken back */
  say(text: string, columns: number): void {
    this.alone(() => {
      const { written } = new TextEncoder().encodeInto(text.slice(0, columns - SECONDS_WIDTH), this.text);
      this.cells[LENGTH] = written;
    });
  }

  /** Shows what is at work, and for how long it has been. */
  show(milliseconds: number): void {
    this.alone(() => {
      const length = this.cells[LENGTH]!;
      if (length === 0) return;
      // What decodes text takes no shared memory.
      const text = new TextDecoder().decode(this.text.slice(0, length));
      const line = `${text} (${Math.floor(milliseconds / MS_PER_SECOND)} s)`;
      if (this.cells[SHOWN] === 1 && line === this.last) return;
      this.last = line;
      writeSync(this.fd, CLEAR_LINE + line);
      this.cells[SHOWN] = 1;
    });
  }

  /** Takes the line away, for other text. */
  clear(): void {
    this.alone(() => this.takeAway());
  }

  /** Nothing is at work any more. */
  end(): void {
    this.alone(() => {
      this.takeAway();
      this.cells[LENGTH] = 0;
    });
  }

  private takeAway(): void {
    if (this.cells[SHOWN] === 1) writeSync(this.fd, CLEAR_LINE);
    this.cells[SHOWN] = 0;
  }

  /** Does something while the other thread does not write. */
  private alone(act: () => void): void {
    while (Atomics.compareExchange(this.cells, LOCK, 0, 1) === 1) Atomics.wait(this.cells, LOCK, 1);
    try {
      act();
    } finally {
      Atomics.store(this.cells, LOCK, 0);
      Atomics.notify(this.cells, LOCK);
    }
  }
}
