// SPDX-License-Identifier: GPL-2.0-only

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Players that play the same thing in turns. A process reads how many rounds to play, and which of its sides plays where it has
 * several, and prints the nanoseconds of processor time that they took. A busy machine is as busy for one as for the other, so ratios
 * of turns side by side say something where times do not.
 */

/** Processor time of one turn, ns, and how many turns there are. */
const TURN_NS = 1e7;
const TURNS = 50;
/** Processor time before anything counts, ns: code is compiled for good by then. */
const WARM_UP_NS = 6e8;
/** Half the width of a 95 % interval of a median, in ranks: this many times the root of the number of turns. */
const INTERVAL = 0.98;

/** A program that plays rounds, or one side of it. */
export class Player {
  private rounds = 1;

  private constructor(
    private readonly process: ChildProcess,
    private readonly answers: AsyncIterator<string, undefined>,
    private readonly side: string | undefined,
  ) {}

  static start(command: string, args: readonly string[]): Player {
    const [player] = Player.startSides(command, args, [undefined]);
    return player!;
  }

  /** One process that plays each side when it is asked to. */
  static startSides(command: string, args: readonly string[], sides: readonly (string | undefined)[]): Player[] {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
    return sides.map((side) => new Player(child, lines, side));
  }

  /** Plays until the code is warm, and finds out how many rounds a turn has. */
  async warmUp(): Promise<void> {
    for (let spent = 0; spent < WARM_UP_NS;) {
      const ns = await this.play(this.rounds);
      spent += ns;
      if (ns < TURN_NS) this.rounds *= 2;
      else this.rounds = Math.max(1, Math.round((this.rounds * TURN_NS) / ns));
    }
  }

  /** One turn. Returns ns a round. */
  async turn(): Promise<number> {
    return (await this.play(this.rounds)) / this.rounds;
  }

  stop(): void {
    this.process.stdin?.end();
  }

  private async play(rounds: number): Promise<number> {
    this.process.stdin?.write(`${[rounds, ...(this.side === undefined ? [] : [this.side])].join(' ')}\n`);
    const { value, done } = await this.answers.next();
    if (done === true) throw new Error(`${this.process.spawnargs.join(' ')} ended with ${this.process.exitCode}`);
    return Number(value);
  }
}

/** A median with its 95 % interval. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const half = INTERVAL * Math.sqrt(sorted.length);
  const at = (rank: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))]!;
  return { median: at(middle), low: at(middle - half), high: at(middle + half) };
}

/** Lets players play in turns. @returns ns a round of each turn, by player */
export async function playInTurns(players: readonly Player[]): Promise<number[][]> {
  for (const player of players) await player.warmUp();
  const times = players.map((): number[] => []);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [p, player] of players.entries()) times[p]!.push(await player.turn());
  }
  players.forEach((player) => player.stop());
  return times;
}

/** Ratios of turns that were played one after the other. */
export const ratios = (of: readonly number[], to: readonly number[]): Spread =>
  spreadOf(of.map((ns, i) => ns / to[i]!));
