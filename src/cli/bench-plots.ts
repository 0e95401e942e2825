// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import type { Machine } from '../bench/cases.js';
import { costByBlockSize, costByStructPage, overheadByMemory, suiteMachines, type Curve } from '../bench/curves.js';
import type { Selection } from '../bench/select.js';
import { blockSizePlot, overheadPlot, structPagePlot, type DrawnPlot } from '../report/plots/plots.js';
import { InputError } from '../scenario/load.js';
import { EXIT_OK } from './exit-codes.js';
import { makeFolder, writeNamed, writeResult } from './output.js';
import { progress } from './progress.js';
import { findArchitecture } from '../scenario/names.js';

/** `vmemmap bench --svg`: the suites as plots, a file each. */

type DrawCurves = (curves: readonly Curve[]) => DrawnPlot;

/** A case's name without what is on the axis. */
const withoutSize = (name: string): string => name.replace(/, [^,]*$/, '');
const whole = (name: string): string => name;

/** Each plot: the suite whose machines it shows, the curve of a machine, and how they are drawn. */
const PLOTS: readonly {
  suite: string;
  machineName: (name: string) => string;
  curve: (name: string, machine: Machine, chosen: Selection) => Curve;
  draw: DrawCurves;
}[] = [
  { suite: 'block-size', machineName: withoutSize, curve: costByBlockSize, draw: blockSizePlot },
  {
    suite: 'struct-page',
    machineName: withoutSize,
    curve: (name, machine, chosen) =>
      costByStructPage(name, machine, findArchitecture(machine.arch).structPageSizes, chosen),
    draw: structPagePlot,
  },
  { suite: 'cycle', machineName: whole, curve: overheadByMemory, draw: overheadPlot },
];

/** Machines that are wanted. */
const wanted = (machines: ReadonlyMap<string, Machine>, { arch, filter }: Selection): [string, Machine][] =>
  [...machines].filter(
    ([name, machine]) =>
      (arch === undefined || machine.arch === arch) && (filter === undefined || name.includes(filter)),
  );

/** Writes the plots into a folder. Returns the exit code. @throws InputError */
export function benchPlots(folder: string, chosen: Selection): number {
  makeFolder(folder);
  const written = PLOTS.flatMap(({ suite, machineName, curve, draw }) => {
    const curves = wanted(suiteMachines(suite, machineName), chosen).map(([name, machine]) => {
      progress(`${suite}: ${name}`);
      return curve(name, machine, chosen);
    });
    const lines = curves.filter(({ points }) => points.length > 1);
    if (lines.length === 0) return [];
    const { name, svg } = draw(lines);
    const file = join(folder, `${name}.svg`);
    writeNamed(file, svg.endsWith('\n') ? svg : `${svg}\n`);
    return [file];
  });
  progress('');
  if (written.length === 0) throw new InputError('no machine is left by --arch and --filter together');
  writeResult(written.join('\n'), undefined);
  return EXIT_OK;
}
