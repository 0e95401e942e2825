// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { bugRequests } from '../../src/page/bug-requests.js';
import { leafRuns } from '../../src/events/leaf-runs.js';
import { Recorder, recorded } from '../../src/events/record.js';
import { endOf, Timeline, type MachineState } from '../../src/events/replay.js';
import type { LeafRun } from '../../src/events/event.js';
import { altmapsOf, runStep, startRun } from '../../src/scenario/runner.js';
import { activeMemmap, vmemmapWindow, walkVmemmap } from '../../src/kernel/vmemmap-view.js';
import { recordRun } from '../../src/page/recorded-run.js';
import { resolveScenario, type Scenario } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';
import { usedRuns } from '../../src/scenario/state.js';

/** A recording, replayed, is the machine that was recorded: its leaves, its bytes, its books, after every step. */

/** Leaves that runs stand for. */
const expanded = (runs: readonly LeafRun[]) =>
  runs.flatMap(({ start, size, count, level, frame, frameStep, entry, entryStep }) =>
    Array.from({ length: count }, (_, i) => ({
      start: start + i * size,
      level,
      frame: frame + i * frameStep,
      entry: BigInt.asUintN(64, BigInt(`0x${entry}`) + BigInt(i) * BigInt(`0x${entryStep}`)),
    })),
  );

interface Seen {
  leaves: ReturnType<typeof expanded>;
  unused: [number, number][];
  active: [number, number][];
  ramPages: number;
  unusedStart: number | null;
}

function recordWhole(scenario: Scenario): { timeline: Timeline; seen: Seen[] } {
  const run = startRun(scenario);
  const { kernel } = run;
  const recorder = new Recorder(run);
  const seen: Seen[] = [];
  recorded(() => {
    for (const step of scenario.steps) {
      const ret = runStep(run, step);
      recorder.endStep();
      const { leaves } = walkVmemmap(kernel, vmemmapWindow(kernel));
      const unused = leaves.flatMap((leaf) =>
        (usedRuns(kernel, leaf) ?? []).flatMap(({ used, from, to }): [number, number][] =>
          used ? [] : [[leaf.start + from, leaf.start + to]],
        ),
      );
      seen.push({
        leaves: expanded(leafRuns(kernel, leaves, altmapsOf(run))),
        unused,
        active: activeMemmap(kernel).map(({ start, end }) => [start, end]),
        ramPages: kernel.allocator.pagesOut,
        unusedStart: kernel.code.unusedStart() || null,
      });
      if (ret === 'BUG') break;
    }
  });
  return { timeline: new Timeline(recorder.recording()), seen };
}

/** Neighbours as one. */
function joined(ranges: [number, number][]): [number, number][] {
  const all: [number, number][] = [];
  for (const [start, end] of ranges) {
    const last = all[all.length - 1];
    if (last?.[1] === start) last[1] = end;
    else all.push([start, end]);
  }
  return all;
}

const unusedOf = (timeline: Timeline, state: MachineState): [number, number][] =>
  joined(
    state.mapped.flatMap(({ run }) =>
      timeline
        .pieces(state, run.start, endOf(run))
        .flatMap(({ start, end, holds }): [number, number][] => (holds === 'unused' ? [[start, end]] : [])),
    ),
  );

const requests = BUGS.flatMap((bug) =>
  bugRequests(bug, []).map(({ scenario }) => [`${bug.id} ${scenario.machine.release.name}`, scenario] as const),
);

describe.each(requests)('%s', (_name, scenario) => {
  const { timeline, seen } = recordWhole(scenario);

  test('after every step the replay has the leaves of the page table, and the bytes of memory', () => {
    expect(seen.length).toBeGreaterThan(0);
    for (const [step, { leaves, unused, active, ramPages, unusedStart }] of seen.entries()) {
      const state = timeline.at([step, Infinity]);
      expect(expanded(state.mapped.map(({ run }) => run)), `leaves of step ${step + 1}`).toEqual(leaves);
      expect(unusedOf(timeline, state), `PAGE_UNUSED of step ${step + 1}`).toEqual(joined(unused));
      expect(state.active).toEqual(active);
      expect(state.unusedStart).toBe(unusedStart);
      expect(state.ramPages, `pages out of step ${step + 1}`).toBe(ramPages);
    }
  });
});

test('a run that adds more sections than a page can show is refused, soon', () => {
  const input: ScenarioInput = {
    machine: { arch: 'x86_64' },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '2T' }],
  };
  const scenario = resolveScenario(scenarioSchema.parse(input));
  expect(() => recordRun(scenario, [])).toThrow('the run adds more than 5000 sections one after the other');
});
