// SPDX-License-Identifier: GPL-2.0-only

import { useEffect, useState } from 'preact/hooks';
import type { FindingReport, ReportDocument, RunReport } from '../document.js';
import { Column, RunHead } from './column.js';
import { Legend } from './legend.js';
import { Parting } from './parting.js';
import { Plots } from './plots.js';
import { Scrubber, Steps } from './timeline.js';

/** Runs that stand side by side. */
const COLUMNS = 2;

/** The first step with a finding, or the last step: where a reader wants to begin. */
function firstPosition(runs: readonly RunReport[]): number {
  const steps = runs.flatMap(({ findings }) => findings.map(({ step }) => step + 1));
  return steps.length > 0 ? Math.min(...steps) : Math.max(0, ...runs.map((run) => run.steps.length));
}

/** The finding that the address of the page names. */
const anchored = (runs: readonly RunReport[]): FindingReport | undefined =>
  runs.flatMap(({ findings }) => findings).find(({ id }) => id === location.hash.slice(1));

/** Keys move the scrubber wherever no element has a use for them. */
const isFree = (target: EventTarget | null): boolean => target === document.body || target === document.documentElement;

export function App({ report }: { report: ReportDocument }) {
  const { runs } = report;
  const steps = Math.max(0, ...runs.map((run) => run.steps.length));
  const [position, setPosition] = useState(() => {
    const finding = anchored(runs);
    return finding === undefined ? firstPosition(runs) : finding.step + 1;
  });
  const [shown, setShown] = useState(() => runs.slice(0, COLUMNS).map((_, at) => at));

  useEffect(() => {
    const follow = (): void => {
      const finding = anchored(runs);
      if (finding !== undefined) setPosition(finding.step + 1);
    };
    const press = ({ key, target }: KeyboardEvent): void => {
      if (!isFree(target)) return;
      if (key === 'ArrowLeft') setPosition((at) => Math.max(0, at - 1));
      if (key === 'ArrowRight') setPosition((at) => Math.min(steps, at + 1));
    };
    addEventListener('hashchange', follow);
    addEventListener('keydown', press);
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
    return () => {
      removeEventListener('hashchange', follow);
      removeEventListener('keydown', press);
    };
  }, [runs, steps]);

  const columns = shown.map((at) => runs[at]!);
  const comparison = report.comparisons.find(({ runs: [from, to] }) => shown[0] === from && shown[1] === to);
  const titles = [...new Set(runs.map(({ title }) => title))];
  document.title = `${titles.join(' · ')} – vmemmap report`;
  return (
    <>
      <header class="page-head">
        <p class="brand">vmemmap report</p>
        <h1>{titles.join(' · ')}</h1>
        <p class="muted">
          Steps of memory hot-plug, run on a model of the kernel: sections of memory, and below them the page-table
          leaves that map their struct pages. Frames of the page allocator lie behind the memory that comes and goes;
          their own struct pages are not modelled.
        </p>
      </header>
      <main>
        <div class={`columns columns-${columns.length}`}>
          {columns.map((run, column) => (
            <RunHead
              key={column}
              run={run}
              position={position}
              onMove={setPosition}
              choice={
                runs.length > COLUMNS
                  ? { runs, at: shown[column]!, onChoose: (at) => setShown(shown.with(column, at)) }
                  : undefined
              }
            />
          ))}
        </div>
        {comparison !== undefined && (
          <Parting comparison={comparison} from={columns[0]!} to={columns[1]!} onMove={setPosition} />
        )}
        <Scrubber position={position} steps={steps} onMove={setPosition} />
        <Steps runs={columns} position={position} steps={steps} onMove={setPosition} />
        <Legend />
        <div class={`columns columns-${columns.length}`}>
          {columns.map((run, column) => (
            <Column key={`${column} ${shown[column] ?? 0}`} run={run} position={position} onMove={setPosition} />
          ))}
        </div>
        <Plots plots={report.plots} />
      </main>
      <footer class="page-foot">
        vmemmap-emulator {report.version}. What is shown was computed when this page was made; it loads nothing.
      </footer>
    </>
  );
}
