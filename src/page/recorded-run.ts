// SPDX-License-Identifier: GPL-2.0-only

import { checkRun, type CheckedRun, type Finding } from '../check/checked-run.js';
import type { Check } from '../check/step-view.js';
import { geometryOf, Recorder, recorded } from '../events/record.js';
import type { Stretch } from '../events/event.js';
import { Timeline } from '../events/replay.js';
import type { Geometry } from '../events/words.js';
import { startRun } from '../scenario/runner.js';
import { type Run } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Told } from './told/evidence.js';
import { tellFinding } from './told/index.js';

/** One run of a scenario: every event is kept, every check is asked, and every finding is told from the events. */

export interface RecordedRun {
  readonly run: Run;
  readonly checked: CheckedRun;
  readonly timeline: Timeline;
  readonly geometry: Geometry;
  /** Memmap that each step was about. */
  readonly given: readonly (Stretch | null)[];
  readonly told: ReadonlyMap<Finding, Told>;
}

/**
 * @param checks what is asked after each step
 * @param onStep told after each step, and once before the first
 * @throws InputError when the run has more to tell than can be kept
 */
export function recordRun(scenario: Scenario, checks: readonly Check[], onStep?: (run: Run) => void): RecordedRun {
  const run = startRun(scenario, true);
  const recorder = new Recorder(run);
  const given: (Stretch | null)[] = [];
  onStep?.(run);
  const checked = recorded(() =>
    checkRun(run, {
      checks,
      onStep: (_run, _step, range) => {
        recorder.endStep();
        given.push(range === undefined ? null : [range.start, range.end]);
        onStep?.(run);
      },
    }),
  );
  const timeline = new Timeline(recorder.recording());
  const geometry = geometryOf(run.kernel, scenario);
  const ops = scenario.steps.map(({ op }) => op);
  const scene = { timeline, geometry, given, ops, called: recorder.called };
  const told = checked.findings.map((finding): [Finding, Told] => {
    const { at } = finding;
    return [finding, tellFinding(scene, finding, at && [at.start, at.end])];
  });
  return { run, checked, timeline, geometry, given, told: new Map(told) };
}
