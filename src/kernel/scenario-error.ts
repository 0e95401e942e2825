// SPDX-License-Identifier: GPL-2.0-only

/** The input contradicts itself or the machine, or asks for more than can be modelled. The message is one sentence. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';

  /** @param others what else is wrong with the input, a sentence each */
  constructor(
    message: string,
    readonly others: readonly string[] = [],
  ) {
    super(message);
  }
}

/** Collects complaints, so that all are told at once. */
export class Complaints {
  private readonly told: string[] = [];

  /** What a function returns; undefined where it complains. */
  collect<T>(ask: () => T): T | undefined {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      this.told.push(error.message, ...error.others);
      return undefined;
    }
  }

  /** @throws ScenarioError with all that was complained of */
  refuse(): void {
    const [first, ...others] = this.told;
    if (first !== undefined) throw new ScenarioError(first, others);
  }
}

/**
 * What a function makes of each of a list.
 * @throws ScenarioError with the complaints of all
 */
export function eachOf<T, R>(items: readonly T[], make: (item: T, index: number) => R): R[] {
  const complaints = new Complaints();
  const made = items.map((item, i) => complaints.collect(() => make(item, i)));
  complaints.refuse();
  return made as R[];
}
