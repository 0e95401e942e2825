// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../bench/cases.js';
import { costByBlockSize, costByStructPage, overheadByMemory, type Curve } from '../bench/curves.js';
import type { Scenario } from '../scenario/scenario.js';
import { blockSizePlot, overheadPlot, structPagePlot, type DrawnPlot } from '../report/plots/plots.js';

/** What the memmap of the machines in a report costs by size. */

/** A scenario's machine, as a case of a suite names it. */
function machineOf({ machine: { config, release } }: Scenario): Machine {
  const { arch, pageSize, structPageSize, pagingLevels, vaBits, mmu, hugeVmemmap } = config;
  return { arch, kernel: release.name, pageSize, structPageSize, pagingLevels, vaBits, mmu, hugeVmemmap };
}

/** What a machine is called: what a reader knows it by, and what else the machines of a report differ in. */
function machinesOf(scenarios: readonly Scenario[]): Map<string, Scenario> {
  const partsOf = (scenario: Scenario): (string | undefined)[] => {
    const { arch, kernel, pageSize, mmu, structPageSize, hugeVmemmap } = machineOf(scenario);
    const leaves = hugeVmemmap === false ? 'base pages only' : undefined;
    return [arch, kernel, mmu, `${Number(pageSize) / KIB}K pages`, leaves, `struct page ${structPageSize ?? 0} B`];
  };
  const all = scenarios.map(partsOf);
  const differs = all[0]?.map((part, i) => i < ALWAYS_NAMED || all.some((parts) => parts[i] !== part)) ?? [];
  return new Map(
    scenarios.map((scenario, at) => [
      all[at]!.filter((part, i) => part !== undefined && differs[i]).join(', '),
      scenario,
    ]),
  );
}

const KIB = 2 ** 10;
/** Architecture and kernel. */
const ALWAYS_NAMED = 2;

/** Draws a plot of the curves that have a line at all. */
function drawn(draw: (curves: readonly Curve[]) => DrawnPlot, curves: readonly Curve[]): DrawnPlot[] {
  const lines = curves.filter(({ points }) => points.length > 1);
  return lines.length === 0 ? [] : [draw(lines)];
}

/** The plots for the machines of some scenarios; where a machine refuses what a plot asks, its line is missing. */
export function machinePlots(scenarios: readonly Scenario[]): DrawnPlot[] {
  const machines = [...machinesOf(scenarios)];
  const curves = (curve: (name: string, machine: Machine, scenario: Scenario) => Curve): Curve[] =>
    machines.map(([name, scenario]) => curve(name, machineOf(scenario), scenario));
  const sizes = ({ machine }: Scenario): readonly number[] => machine.architecture.structPageSizes;
  return [
    ...drawn(
      structPagePlot,
      curves((name, machine, scenario) => costByStructPage(name, machine, sizes(scenario))),
    ),
    ...drawn(
      blockSizePlot,
      curves((name, machine) => costByBlockSize(name, machine)),
    ),
    ...drawn(
      overheadPlot,
      curves((name, machine) => overheadByMemory(name, machine)),
    ),
  ];
}
