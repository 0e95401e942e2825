// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../hardware/hex.js';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Found } from './campaign.js';

/**
 * How far a campaign is: a file with a line for each world that is done, written when it is, so that whatever ends the
 * program takes no more than the worlds at work with it. The first line says what is explored.
 */

const SCHEMA = 'vmemmap/campaign-progress/v1';

/** A file that tells of another campaign. */
export class OtherCampaignError extends Error {
  override readonly name = 'OtherCampaignError';
}

/** Addresses beyond what a number holds. */
const withBigints = (_field: string, value: unknown): unknown => (typeof value === 'bigint' ? hex(value) : value);

const found = (line: string): Found =>
  JSON.parse(line, (field, value: unknown) =>
    field === 'vmemmapBase' && typeof value === 'string' ? BigInt(value) : value,
  ) as Found;

export class Progress {
  /** Worlds that are done, by name. */
  readonly done = new Map<string, Found>();

  /**
   * Begins a file, or goes on with the one that is there; a line that was not written to its end is left out.
   * @param maxStates states of a world at most
   * @throws OtherCampaignError where the file is of a campaign with other limits
   */
  constructor(
    private readonly path: string,
    maxStates: number,
  ) {
    const head = JSON.stringify({ schema: SCHEMA, maxStates });
    if (!existsSync(path)) {
      writeFileSync(path, `${head}\n`);
      return;
    }
    const lines = readFileSync(path, 'utf8').split('\n');
    // Behind the last line end is what a run that was killed had begun to write.
    const rest = lines.pop()!;
    if (lines[0] !== head) {
      throw new OtherCampaignError(`${path} begins with ${lines[0] ?? rest}; allowed is ${head}, or no such file`);
    }
    for (const line of lines.slice(1)) this.note(found(line));
    if (rest !== '') writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  }

  /** Keeps what was found in a world. */
  add(world: Found): void {
    appendFileSync(this.path, `${JSON.stringify(world, withBigints)}\n`);
    this.note(world);
  }

  /** The campaign is over, and its result is written. */
  remove(): void {
    rmSync(this.path);
  }

  private note(world: Found): void {
    this.done.set(world.result.name, world);
  }
}
