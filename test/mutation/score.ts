// SPDX-License-Identifier: GPL-2.0-only

/** What score.json says: which mutants of which file died. */

/** Mutants by what became of them. */
export interface Counts {
  /** A test failed. */
  readonly killed: number;
  /** The tests did not come to an end. */
  readonly timeout: number;
  /** Every test passed. */
  readonly survived: number;
  /** No test comes by. */
  readonly noCoverage: number;
}

export interface FileScore extends Counts {
  readonly mutants: number;
  /** Percent of the mutants that died: killed or timed out. */
  readonly score: number;
}

export interface Score {
  readonly tool: string;
  /** What repeats it. */
  readonly command: string;
  readonly total: FileScore;
  readonly files: Readonly<Record<string, FileScore>>;
}

/** Adds the number of mutants and the score, to one decimal. */
export function scored({ killed, timeout, survived, noCoverage }: Counts): FileScore {
  const mutants = killed + timeout + survived + noCoverage;
  const score = Math.round((1000 * (killed + timeout)) / mutants) / 10;
  return { mutants, killed, timeout, survived, noCoverage, score };
}

/** The counts of several files. */
export function totalOf(files: readonly Counts[]): FileScore {
  const sum = (name: keyof Counts): number => files.reduce((total, file) => total + file[name], 0);
  return scored({
    killed: sum('killed'),
    timeout: sum('timeout'),
    survived: sum('survived'),
    noCoverage: sum('noCoverage'),
  });
}
