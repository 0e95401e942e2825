// SPDX-License-Identifier: GPL-2.0-only

import { scenarioOfCommandLine } from '../guest/from-command-line.js';
import { fileTitle, parseWith, readText } from '../scenario/load.js';
import { EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { writeResult } from './output.js';
import { clearProgress } from './progress.js';
import { runnable } from './scenario-file.js';
import { scenarioSchema } from '../scenario/schema.js';

export interface ScenarioOptions {
  qemu: string;
  kernel?: string;
  output?: string;
}

/** `vmemmap scenario`: other descriptions of a machine as a scenario. Returns the exit code. */
export function scenario({ qemu, kernel, output }: ScenarioOptions): number {
  const release = kernel === undefined ? undefined : namedKernel(kernel).name;
  const file = fileTitle(qemu);
  const made = scenarioOfCommandLine(readText(qemu), file, release);
  // What comes out can be run.
  runnable(parseWith(scenarioSchema, made.scenario, file), file);
  clearProgress();
  for (const remark of made.remarks) process.stderr.write(`vmemmap: ${file}: ${remark}\n`);
  writeResult(JSON.stringify(made.scenario, null, 2), output);
  return EXIT_OK;
}
