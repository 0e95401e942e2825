// SPDX-License-Identifier: GPL-2.0-only

import { ENTRY_BYTES } from '../hardware/page-table.js';
import { Charges } from './charges.js';
import type { Processor } from './processor.js';

/** Bytes within which all entries lie in one page of the linear map, whatever leaves it has. */
const SMALLEST_PAGE = 4096;

/**
 * A loop over neighbouring entries of a table, each turn of which does the same, and reads or writes its entry. Few turns are
 * played: what the others cost is known from them.
 *
 * True LRU keeps what was accessed in front of the rest, by the last access. So once two turns have made the same accesses, a
 * third leaves sets as they are and costs the same. In the next line of the table, the entries above are still in L1, and only
 * the line itself may come from elsewhere: its first turn costs what the first turn of another line did that came from there.
 */
export class EntryLoop {
  /** Bytes of a line, and entries. */
  private readonly lineSize: number;
  private readonly perLine: number;
  /** A turn that finds all in L1 and in the first level of the TLB, once there was one that did. */
  private settled: Charges | null = null;
  /** Turns that find all there but the line of their entry, and turns of whole lines; by the level that has the line. */
  private readonly firstTurns: (Charges | undefined)[] = [];
  private readonly wholeLines: (Charges | undefined)[] = [];
  private pa = 0;
  private left = 0;

  /** @param turn what it does to an entry, by its physical byte address */
  constructor(
    private readonly processor: Processor,
    private readonly turn: (pa: number) => void,
  ) {
    this.lineSize = processor.profile.lineSize;
    this.perLine = this.lineSize / ENTRY_BYTES;
  }

  /**
   * Charges the processor, as turn by turn.
   * @param first physical byte address of the first entry
   * @param count of entries
   * @param above physical byte addresses of entries above
   * @param depth how many of them each turn reads, in their order, before its own
   */
  play(first: number, count: number, above: ArrayLike<number>, depth: number): void {
    for (let pa = first, left = count; left > 0;) {
      const inPage = Math.min(left, (SMALLEST_PAGE - (pa & (SMALLEST_PAGE - 1))) / ENTRY_BYTES);
      this.pa = pa;
      this.left = inPage;
      this.playInPage(above, depth);
      pa += inPage * ENTRY_BYTES;
      left -= inPage;
    }
  }

  private playInPage(above: ArrayLike<number>, depth: number): void {
    const { processor } = this;
    const stays = processor.keepsFirst(depth + 1);
    let isSettled = false;
    while (this.left > 0) {
      if (isSettled && stays && this.settled !== null) {
        this.playLines(this.settled, above, depth);
        return;
      }
      isSettled = this.playLine(stays);
      this.goOn();
    }
  }

  /** Plays the turns of a line. @returns whether the last found all in L1 */
  private playLine(stays: boolean): boolean {
    const { processor } = this;
    const entries = this.inLine();
    if (this.settled === null || !stays) {
      const settled = processor.again(entries, this.playTurn);
      this.settled ??= settled;
      return settled !== null;
    }
    // The first turn brings everything there, if it brings no lines of tables besides.
    for (let left = entries - 1; left >= 0; left--) {
      if (processor.readsTables(this.playTurn)) continue;
      processor.repeat(this.settled, left);
      return true;
    }
    return false;
  }

  /** Plays lines behind one that was played, all of whose accesses are still in L1. */
  private playLines(settled: Charges, above: ArrayLike<number>, depth: number): void {
    const { processor, perLine } = this;
    let lines = 0;
    let from = 0;
    while (this.left > 0) {
      const entries = this.inLine();
      const level = processor.serverOf(this.pa);
      if (level !== from) {
        this.chargeLines(settled, from, lines);
        lines = 0;
        from = level;
      }
      const first = level === 0 ? settled : this.firstTurns[level];
      if (first === undefined) {
        this.seeTurnBefore(above, depth);
        this.firstTurns[level] = processor.record(this.playTurn);
        processor.repeat(settled, entries - 1);
      } else if (entries === perLine) {
        processor.see(this.pa);
        lines++;
      } else {
        processor.see(this.pa);
        this.chargeLines(settled, from, lines);
        lines = 0;
        processor.repeat(first, 1);
        processor.repeat(settled, entries - 1);
      }
      this.goOn();
    }
    this.chargeLines(settled, from, lines);
    this.seeTurnBefore(above, depth);
  }

  /** Leaves the sets as the turn does that was the last: lines were looked up, and the entries above were not. */
  private seeTurnBefore(above: ArrayLike<number>, depth: number): void {
    for (let i = 0; i < depth; i++) this.processor.see(above[i]!);
    this.processor.see(this.pa - ENTRY_BYTES);
  }

  /** Charges whole lines that come from a level. */
  private chargeLines(settled: Charges, level: number, lines: number): void {
    const { processor, perLine, firstTurns, wholeLines } = this;
    if (lines === 0) return;
    if (level === 0) processor.repeat(settled, lines * perLine);
    else processor.repeat((wholeLines[level] ??= Charges.of([firstTurns[level]!, 1], [settled, perLine - 1])), lines);
  }

  private inLine(): number {
    const { lineSize } = this;
    return Math.min(this.left, (lineSize - (this.pa & (lineSize - 1))) / ENTRY_BYTES);
  }

  private goOn(): void {
    const entries = this.inLine();
    this.pa += entries * ENTRY_BYTES;
    this.left -= entries;
  }

  private readonly playTurn = (): void => this.turn(this.pa);
}
