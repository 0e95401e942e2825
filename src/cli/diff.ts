// SPDX-License-Identifier: GPL-2.0-only

import { diffScenario, isAlike } from '../check/releases/diff.js';
import { differenceLines } from '../report/diff.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { progress } from './progress.js';
import { loadScenario } from './scenario-file.js';

export interface DiffOptions {
  from: string;
  to: string;
  json?: true;
  output?: string;
}

/** `vmemmap diff`. Returns the exit code: 1 if the releases part. */
export function diff(file: string, options: DiffOptions): number {
  const from = loadScenario(file, options.from, '--from');
  const to = loadScenario(file, options.to, '--to');
  progress(`${file} on ${from.machine.release.name} and ${to.machine.release.name}`);
  const difference = diffScenario(from, to);
  const names = [from.machine.release.name, to.machine.release.name] as const;
  writeResult(
    options.json
      ? outputText({ schema: 'vmemmap/diff/v1', from: names[0], to: names[1], ...difference })
      : differenceLines(from, names, difference).join('\n'),
    options.output,
  );
  return isAlike(difference) ? EXIT_OK : EXIT_FINDING;
}
