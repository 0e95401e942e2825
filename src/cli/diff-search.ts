// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { z } from 'zod';
import { ALTMAP_CHOICES, MEMORY_CHOICES, UNITS } from '../explore/alphabet.js';
import { searchDifferences, type SearchResult } from '../explore/differences.js';
import { searchedText } from '../report/differences.js';
import { InputError } from '../scenario/load.js';
import { findArchitecture } from '../scenario/names.js';
import { size } from '../../arch/machine-fields.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { choices, whole } from './option-values.js';
import { makeFolder, outputText, writeResult } from './output.js';
import { progress } from './progress.js';

/** What the command line says, as text. */
export interface DiffSearchOptions {
  from: string;
  to: string;
  arch?: string;
  pageSize?: string;
  mmu?: string;
  structPage?: string;
  depth: string;
  sections: string;
  unit: string[];
  altmap: string[];
  memory: string[];
  fail?: true;
  json?: true;
  output?: string;
  dir?: string;
}

const OPTIONS = z.object({
  depth: whole('numbers', 16),
  sections: whole('numbers', 8),
  unit: choices(UNITS),
  altmap: choices(ALTMAP_CHOICES),
  memory: choices(MEMORY_CHOICES),
  pageSize: size.optional(),
  structPage: whole('numbers', 4096).optional(),
});

/** `vmemmap diff` without a scenario. Returns the exit code: 1 if the kernels part. */
export function diffSearch(options: DiffSearchOptions): number {
  const result = search(options);
  const names = [options.from, options.to] as const;
  if (options.dir !== undefined) writeScenarios(options.dir, result);
  const { found, machines, leftOut } = result;
  const json = found.map(({ scenario, first, steps, functions: [one, other] }) => ({
    scenario,
    first,
    steps,
    functions: [one ?? null, other ?? null],
  }));
  writeResult(
    options.json
      ? outputText({
          schema: 'vmemmap/diff-search/v1',
          from: names[0],
          to: names[1],
          found: json,
          machines,
          leftOut,
        })
      : searchedText(names, options, result),
    options.output,
  );
  return found.length > 0 ? EXIT_FINDING : EXIT_OK;
}

function search(options: DiffSearchOptions): SearchResult {
  const parsed = OPTIONS.safeParse(options);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const key = String(path[0]) as keyof DiffSearchOptions;
    throw new InputError(
      `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} is ${String(options[key])}; ${message}`,
    );
  }
  const from = namedKernel(options.from, '--from');
  const to = namedKernel(options.to, '--to');
  const { depth, sections, unit, altmap, memory, pageSize, structPage } = parsed.data;
  const result = searchDifferences({
    from,
    to,
    depth,
    sections,
    units: unit,
    altmaps: altmap,
    memory,
    fail: options.fail === true,
    arch: options.arch === undefined ? undefined : findArchitecture(options.arch, '--arch').name,
    pageSize,
    mmu: options.mmu,
    structPageSize: structPage,
    onMachine: (name) => progress(name),
  });
  progress('');
  return result;
}

function writeScenarios(folder: string, { found }: SearchResult): void {
  makeFolder(folder);
  found.forEach(({ scenario }, i) => {
    writeResult(JSON.stringify(scenario, null, 2), join(folder, `difference-${i + 1}.json`));
  });
}
