// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import {
  auditedMachines,
  machineTitle,
  shapeScenario,
  smallestScenario,
  type AuditedMachine,
  type Cell,
} from '../audit/audit.js';
import { SHAPES, type Shape } from '../audit/shapes.js';
import { RELEASES, resolveTraits, type Release } from '../history/releases.js';
import { auditCases, auditText } from '../report/audit.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/load.js';
import { findArchitecture, findKernelRelease } from '../scenario/names.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { jsonText, makeFolder, outputText, writeNamed, writeResult } from './output.js';
import { progress } from './progress.js';
import { spread } from './threads.js';
import { testReport, type TestFormatOptions } from './test-format.js';

export interface ValidateOptions extends TestFormatOptions {
  arch?: string;
  pageSize?: string;
  mmu?: string;
  structPage?: string;
  shape?: string;
  kernel?: string[];
  json?: true;
  output?: string;
  dir?: string;
}

/** The machines that the filters leave, with what is allowed in every complaint. */
function machinesOf(options: ValidateOptions): AuditedMachine[] {
  if (options.arch !== undefined) findArchitecture(options.arch, '--arch');
  const filters: [option: string, value: string | undefined, of: (machine: AuditedMachine) => string][] = [
    ['--arch', options.arch, ({ architecture }) => architecture.name],
    ['--page-size', options.pageSize, ({ configuration }) => `${configuration.pageSize / 1024}K`],
    ['--mmu', options.mmu, ({ configuration }) => configuration.mmu ?? 'none'],
    ['--struct-page', options.structPage, ({ structPageSize }) => String(structPageSize)],
  ];
  let machines = auditedMachines();
  for (const [option, value, of] of filters) {
    if (value === undefined) continue;
    const left = machines.filter((machine) => of(machine).toLowerCase() === value.toLowerCase());
    if (left.length === 0)
      throw new InputError(`${option} is ${value}; ${allowedAre(value, [...new Set(machines.map(of))])}`);
    machines = left;
  }
  return machines;
}

function shapesOf(name: string | undefined): readonly Shape[] {
  if (name === undefined) return SHAPES;
  const shape = SHAPES.find((each) => each.name === name);
  if (shape) return [shape];
  throw new InputError(
    `--shape is ${name}; ${allowedAre(
      name,
      SHAPES.map((each) => each.name),
    )}`,
  );
}

/** Writes the smallest scenario of every kind of broken cell into a folder. */
function writeScenarios(
  folder: string,
  broken: readonly { cell: Cell; machine: AuditedMachine; shape: Shape }[],
): void {
  for (const { cell, machine, shape } of broken) {
    const release = findKernelRelease(cell.release);
    const scenario = smallestScenario(shapeScenario(machine, shape, resolveTraits(release)), release, cell.breaks![0]!);
    const parts = [
      cell.arch,
      `${cell.pageSize / 1024}k`,
      cell.mmu,
      `sp${cell.structPageSize}`,
      cell.shape,
      cell.release,
    ];
    writeNamed(join(folder, `${parts.filter(Boolean).join('-')}.json`), jsonText(scenario));
  }
}

/** Cells that one thread has as soon as several. */
const FEW_CELLS = 500;

/** `vmemmap validate`. Returns the exit code: 1 if a cell is broken. */
export async function validate(options: ValidateOptions): Promise<number> {
  const machines = machinesOf(options);
  const shapes = shapesOf(options.shape);
  const releases: readonly Release[] = options.kernel?.map((name) => namedKernel(name)) ?? RELEASES;
  if (options.dir !== undefined) makeFolder(options.dir);
  const all = auditedMachines();
  const inputs = machines.map((machine) => ({
    machine: all.findIndex((each) => machineTitle(each) === machineTitle(machine)),
    shapes: shapes.map(({ name }) => name),
    kernels: releases.map(({ name }) => name),
  }));
  const columns = await spread('validate', inputs, {
    isLong: machines.length * shapes.length * releases.length > FEW_CELLS,
    weigh: ({ machine }) => all[machine]!.configuration.pageSize,
    onDone: (done, { machine }) => progress(`${done}/${machines.length} ${machineTitle(all[machine]!)}`),
  });
  const cells: Cell[] = [];
  const broken: { cell: Cell; machine: AuditedMachine; shape: Shape }[] = [];
  for (const [m, machine] of machines.entries()) {
    for (const [s, shape] of shapes.entries()) {
      const column = columns[m]![s]!;
      cells.push(...column);
      // Of several releases that break the same way, the newest is shown.
      const ways = new Map(
        column.filter(({ verdict }) => verdict === 'broken').map((cell) => [cell.breaks!.join(), cell]),
      );
      for (const cell of ways.values()) broken.push({ cell, machine, shape });
    }
  }
  progress('');
  const text = options.json ? outputText({ schema: 'vmemmap/validate/v1', cells }) : auditText(cells);
  writeResult(testReport(options, () => auditCases(cells)) ?? text, options.output);
  if (options.dir !== undefined) writeScenarios(options.dir, broken);
  return broken.length > 0 ? EXIT_FINDING : EXIT_OK;
}
