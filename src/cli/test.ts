// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { z } from 'zod';
import { findRelease, type Release } from '../history/releases.js';
import { ktap } from '../report/ktap.js';
import { hasNews, trialJson, trialKtap, trialText } from '../report/trial.js';
import { InputError } from '../scenario/load.js';
import { findArchitecture } from '../scenario/names.js';
import { size } from '../../arch/machine-fields.js';
import { roomFields } from '../scenario/schema.js';
import { PARTS, type Trial } from '../trial/test-result.js';
import { tryKernel, type PartResults } from '../trial/trial.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { choices, whole } from './option-values.js';
import { jsonText, makeFolder, outputText, writeNamed, writeResult } from './output.js';
import { progress } from './progress.js';

/** What the command line says, as text. */
export interface TestOptions {
  kernel: string;
  against?: string;
  arch?: string;
  pageSize?: string;
  mmu?: string;
  structPage?: string;
  part?: string[];
  depth: string;
  sections: string;
  json?: true;
  ktap?: true;
  dir?: string;
  output?: string;
}

const OPTIONS = z.object({
  depth: whole('numbers', 16),
  sections: whole('numbers', 8),
  part: choices(PARTS).default([...PARTS]),
  pageSize: size.optional(),
  mmu: roomFields.mmu,
  structPage: whole('numbers', 4096).optional(),
});

/** `vmemmap test`. Returns the exit code: 1 if the kernel does what nobody knew of. */
export function test(options: TestOptions): number {
  const trial = trialOf(options);
  const parts = tryKernel(trial);
  progress('');
  if (options.dir !== undefined) writeScenarios(options.dir, parts);
  writeResult(textOf(parts, trial, options), options.output);
  return hasNews(parts) ? EXIT_FINDING : EXIT_OK;
}

function textOf(parts: readonly PartResults[], trial: Trial, options: TestOptions): string {
  if (options.json) return outputText(trialJson(parts, trial));
  return options.ktap ? ktap(trialKtap(parts, trial)) : trialText(parts, trial);
}

/** @throws InputError */
function trialOf(options: TestOptions): Trial {
  const parsed = OPTIONS.safeParse(options);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const key = String(path[0]) as keyof TestOptions;
    const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new InputError(`--${option} is ${String(options[key])}; ${message}`);
  }
  const { depth, sections, part, pageSize, mmu, structPage } = parsed.data;
  const kernel = namedKernel(options.kernel);
  const against = againstOf(options, kernel);
  const arch = options.arch === undefined ? undefined : findArchitecture(options.arch, '--arch').name;
  return {
    kernel,
    against,
    filter: { arch, pageSize, mmu, structPageSize: structPage },
    parts: PARTS.filter((name) => part.includes(name)),
    depth,
    sections,
    onProgress: progress,
  };
}

/** What a kernel is compared with: what the user names, or of a tree the nearest release. */
function againstOf({ against }: TestOptions, kernel: Release): Release | undefined {
  if (against === undefined) return kernel.tree === undefined ? undefined : findRelease(kernel.tree.nearest);
  const other = namedKernel(against, '--against');
  if (other.name === kernel.name) {
    throw new InputError(`--against is ${against}, and so is --kernel; a kernel is compared with another`);
  }
  return other;
}

/** Writes a scenario of each result that is news. */
function writeScenarios(folder: string, parts: readonly PartResults[]): void {
  makeFolder(folder);
  for (const { part, results } of parts) {
    results
      .filter(({ outcome, scenario }) => outcome === 'failed' && scenario !== undefined)
      .forEach(({ scenario }, i) => writeNamed(join(folder, `${part}-${i + 1}.json`), jsonText(scenario)));
  }
}
