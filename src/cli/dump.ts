// SPDX-License-Identifier: GPL-2.0-only

import { LEVELS, type Leaf, type Table } from '../hardware/page-table.js';
import { backingComments, leafJson, tableJson } from '../ptdump/backing.js';
import { compareDumps, leavesOutHoles, type DumpDifference } from '../ptdump/compare.js';
import { ptdumpOf } from '../ptdump/form.js';
import { DumpSyntaxError, parsePtdump, vmemmapRanges, type DumpedRange } from '../ptdump/parse.js';
import { addressDigits, ptdumpLines } from '../ptdump/text.js';
import { machineJson } from '../report/machine.js';
import type { OutputOf } from '../report/output-schemas/index.js';
import { sizeText } from '../report/text.js';
import { InputError, readText } from '../scenario/load.js';
import { altmapsOf, type Run } from '../scenario/runner.js';
import { runUpTo } from './run-up-to.js';
import { vmemmapWindow } from '../kernel/vmemmap-view.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { loadScenario } from './scenario-file.js';
import { stepIndex } from './step-option.js';

export interface DumpOptions {
  /** The only one there is. */
  format: 'ptdump';
  step?: string;
  kernel?: string;
  backing?: true;
  compare?: string;
  json?: true;
  output?: string;
}

const modelLines = (run: Run, backing: boolean): string[] =>
  ptdumpLines(
    run.kernel,
    ptdumpOf(run.scenario),
    run.scenario.machine.config.vmemmapBase,
    backing ? backingComments(run.kernel, altmapsOf(run)) : undefined,
  );

function dumpJson(run: Run): OutputOf<'dump'> {
  const { kernel, scenario } = run;
  const { config } = scenario.machine;
  const digits = addressDigits(config.vmemmapBase);
  const address = (low: number): string => `0x${digits(low)}`;
  const altmaps = altmapsOf(run);
  const leaves: Leaf[] = [];
  const tables: Table[] = [];
  const { start, end } = vmemmapWindow(kernel);
  kernel.platform.visit(
    start,
    end,
    (leaf) => leaves.push(leaf),
    (table) => tables.push(table),
  );
  return {
    schema: 'vmemmap/dump/v1',
    name: scenario.name,
    machine: machineJson(scenario),
    leaves: leaves.map((leaf) => leafJson(kernel, altmaps, leaf, LEVELS[leaf.level], address)),
    tables: tables.map((table) => tableJson(kernel, altmaps, table, LEVELS[table.level], address)),
  };
}

/** The vmemmap's part of a file, and whether a marker says where it begins. @throws InputError */
function readDump(file: string): { ranges: readonly DumpedRange[]; hasMarker: boolean } {
  try {
    const parsed = parsePtdump(readText(file));
    return { ranges: vmemmapRanges(parsed), hasMarker: parsed.markers.length > 0 };
  } catch (error) {
    if (error instanceof DumpSyntaxError) throw new InputError(`${file}: ${error.message}`);
    throw error;
  }
}

const hex = (address: bigint): string => `0x${address.toString(16).padStart(16, '0')}`;

const differenceLines = ({ start, end, real, model }: DumpDifference): string[] => [
  `${hex(start)}-${hex(end)} (${sizeText(Number(end - start))})`,
  `  file   ${real}`,
  `  model  ${model}`,
];

/** What page-table isolation changes in every entry is no difference of the memmap. */
const isolationRemark = (word: string, real: readonly DumpedRange[]): string =>
  `${word} is in the entries of ${real.some(({ words }) => words.includes(word)) ? 'the file' : 'the model'} alone, which page-table isolation decides; it is not compared`;

/** `vmemmap dump --compare`. */
function compare(run: Run, file: string, options: DumpOptions): number {
  const { ranges: real, hasMarker } = readDump(file);
  const model = vmemmapRanges(parsePtdump(modelLines(run, false).join('\n')));
  const form = ptdumpOf(run.scenario);
  const base = BigInt(`0x${addressDigits(run.scenario.machine.config.vmemmapBase)(form.start)}`);
  const [first] = real;
  // A dump that shows what is not mapped begins where the vmemmap does.
  const startsElsewhere = hasMarker && !leavesOutHoles(real) && first?.start !== base;
  if (first !== undefined && (startsElsewhere || !overlaps(real, model))) {
    throw new InputError(
      `${file}: its vmemmap starts at ${hex(first.start)}, that of the scenario at ${hex(base)}; set machine.arch and machine.vmemmapBase to those of the file`,
    );
  }
  const { differences, isolationDiffers } = compareDumps(real, model, form.isolationWord);
  const remarks = isolationDiffers ? [isolationRemark(form.isolationWord!, real)] : [];
  if (options.json) {
    const result: OutputOf<'dump-compare'> = {
      schema: 'vmemmap/dump-compare/v1',
      file,
      differences: differences.map(({ start, end, ...both }) => ({ start: hex(start), end: hex(end), ...both })),
      remarks,
    };
    writeResult(outputText(result), options.output);
  } else {
    const verdict =
      differences.length === 0
        ? 'the file and the model agree'
        : `${differences.length} ${differences.length === 1 ? 'stretch differs' : 'stretches differ'}`;
    writeResult([...differences.flatMap(differenceLines), verdict, ...remarks].join('\n'), options.output);
  }
  return differences.length > 0 ? EXIT_FINDING : EXIT_OK;
}

function overlaps(a: readonly DumpedRange[], b: readonly DumpedRange[]): boolean {
  const ascending = [...b].sort((one, other) => (one.start < other.start ? -1 : 1));
  let at = 0;
  for (const { start, end } of [...a].sort((one, other) => (one.start < other.start ? -1 : 1))) {
    while (at < ascending.length && ascending[at]!.end <= start) at++;
    if (at < ascending.length && ascending[at]!.start < end) return true;
  }
  return false;
}

/** `vmemmap dump`. Returns the exit code. */
export function dump(file: string, options: DumpOptions): number {
  const scenario = loadScenario(file, options.kernel);
  const run = runUpTo(scenario, stepIndex(options.step, scenario.steps.length));
  if (options.compare !== undefined) return compare(run, options.compare, options);
  const text = options.json ? outputText(dumpJson(run)) : modelLines(run, options.backing === true).join('\n');
  writeResult(text, options.output);
  return EXIT_OK;
}
