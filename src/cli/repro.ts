// SPDX-License-Identifier: GPL-2.0-only

import { LEVELS } from '../hardware/page-table.js';
import { BUGS, type Bug } from '../catalogue/bugs/index.js';
import { diffScenario } from '../check/releases/diff.js';
import {
  bugOn,
  bugScenario,
  checkBug,
  ownStructPageSize,
  playBug,
  symptomOf,
  tellingReleases,
  type BugVerdict,
} from '../catalogue/repro.js';
import { RELEASES, type Release } from '../history/releases.js';
import { differenceLines } from '../report/diff.js';
import { paragraph, tableText } from '../report/table.js';
import { stepText } from '../report/text.js';
import { spanText, stableTexts } from '../report/release-text.js';
import type { TestCase } from '../report/test-case.js';
import { InputError } from '../scenario/load.js';
import type { StepReturn } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { writtenScenario } from '../scenario/written.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { findBug } from './named-bug.js';
import { namedKernel } from './named-kernel.js';
import { jsonText, outputText, writeNamed, writeResult } from './output.js';
import { progress } from './progress.js';
import { styled } from './terminal.js';
import { spread } from './threads.js';
import { testReport, type TestFormatOptions } from './test-format.js';

export interface ReproOptions extends TestFormatOptions {
  all?: true;
  json?: true;
  kernel?: string;
  scenario?: string;
  output?: string;
}

const presentText = (bug: Bug): string => [...bug.present.map(spanText), ...stableTexts(bug)].join(', ');

/** What a step breaks, with the name of a level in place of its number. */
const symptomJson = ({ complains, ...symptom }: Bug['symptom']) => {
  if (complains === undefined) return symptom;
  const { level, ...others } = complains;
  return { ...symptom, complains: { ...others, ...(level !== undefined && { level: LEVELS[level] }) } };
};

/** An entry as --json has it. */
const bugJson = (bug: Bug, verdicts: readonly BugVerdict[]) => {
  const { scenario, ...rest } = bug;
  const names = (actual: boolean): string[] => [
    ...new Set(verdicts.filter((verdict) => verdict.actual === actual).map(({ release }) => release)),
  ];
  return {
    ...rest,
    arch: scenario.machine.arch,
    scenario,
    symptom: symptomJson(bug.symptom),
    present: names(true),
    fixed: names(false),
    untestable: [...new Set(verdicts.filter(({ actual }) => actual === null).map(({ release }) => release))],
    failures: verdicts.filter(({ ok }) => !ok),
    ok: verdicts.every(({ ok }) => ok),
  };
};

function list(options: ReproOptions): number {
  if (options.json) {
    const bugs = BUGS.map((bug) => {
      const { id, name, title, scenario, structPageSizes, present, backported, endedIn, fix, confidence } = bug;
      const { arch } = scenario.machine;
      return { id, name, title, arch, structPageSizes, present, backported, endedIn, fix, confidence };
    });
    writeResult(outputText({ schema: 'vmemmap/repro/v1', bugs }), options.output);
    return EXIT_OK;
  }
  const rows = BUGS.map((bug) => [bug.id, bug.name, bug.scenario.machine.arch, presentText(bug), bug.title]);
  writeResult(tableText(['', 'name', 'arch', 'releases', ''], rows).join('\n'), options.output);
  return EXIT_OK;
}

const verdictText = ({ release, structPageSize, expected, actual, text }: BugVerdict): string => {
  const says = expected ? 'should have it' : 'should not have it';
  const shows = actual === null ? 'cannot run it' : actual ? 'has it' : 'has it not';
  return `${release}, struct page ${structPageSize}: ${says} and ${shows}${text === null ? '' : ` (${text})`}`;
};

/** `vmemmap repro --all`: every entry on every release, or on one. */
async function all(options: ReproOptions): Promise<number> {
  const on = options.kernel === undefined ? RELEASES : [namedKernel(options.kernel)];
  const kernels = on.map(({ name }) => name);
  const inputs = BUGS.map(({ structPageSizes, scenario }, bug) => {
    const weight = structPageSizes.length * scenario.steps.length;
    return { bug, kernels, weight };
  });
  const played = await spread('repro', inputs, {
    isLong: on.length > 1,
    weigh: ({ weight }) => weight,
    onDone: (done, { bug }) => progress(`${done}/${BUGS.length} ${BUGS[bug]!.name}`),
  });
  const checked = BUGS.map((bug, i) => ({ bug, verdicts: played[i]! }));
  progress('');
  const failed = checked.filter(({ verdicts }) => verdicts.some(({ ok }) => !ok));
  const report = testReport(options, () => checked.flatMap(({ bug, verdicts }) => verdicts.map((v) => caseOf(bug, v))));
  if (report !== undefined) {
    writeResult(report, options.output);
  } else if (options.json) {
    writeResult(
      outputText({ schema: 'vmemmap/repro/v1', bugs: checked.map(({ bug, verdicts }) => bugJson(bug, verdicts)) }),
      options.output,
    );
  } else {
    const rows = checked.map(({ bug, verdicts }) => {
      const count = (actual: boolean | null): string =>
        String(new Set(verdicts.filter((v) => v.actual === actual).map((v) => v.release)).size);
      const ok = verdicts.every((verdict) => verdict.ok);
      return [ok ? 'ok' : styled('red', 'FAIL'), bug.id, bug.name, count(true), count(false), count(null)];
    });
    const wrong = failed.flatMap(({ bug, verdicts }) =>
      verdicts.filter(({ ok }) => !ok).map((verdict) => `${bug.name} on ${verdictText(verdict)}`),
    );
    const last = `${checked.length - failed.length} of ${checked.length} entries are where the facts say`;
    writeResult(
      [...tableText(['', '', 'name', 'have it', 'have it not', 'cannot run it'], rows), ...wrong, last].join('\n'),
      options.output,
    );
  }
  return failed.length > 0 ? EXIT_FINDING : EXIT_OK;
}

function caseOf({ name: suite }: Bug, verdict: BugVerdict): TestCase {
  const name = `${verdict.release} struct page ${verdict.structPageSize} ${verdict.expected ? 'has it' : 'has it not'}`;
  if (verdict.actual === null && verdict.ok) return { suite, name, skipped: verdict.text ?? 'cannot be run' };
  return { suite, name, ...(!verdict.ok && { failure: verdictText(verdict) }) };
}

function headLines(bug: Bug): string[] {
  return [
    `${styled('bold', `${bug.id} ${bug.name}`)}: ${bug.title}`,
    `  ${bug.scenario.machine.arch}, struct page of ${bug.structPageSizes.join(', ')} bytes; ${presentText(bug)}; ${bug.fix === 'open' ? 'open' : `fixed by ${bug.fix}`}`,
    `  known ${bug.confidence === 'source' ? `from ${bug.source}` : `as ${bug.confidence}: ${bug.source}`}`,
    '',
    ...paragraph(bug.explanation),
    '',
    ...(bug.seen === undefined ? [] : [...paragraph(`Seen: ${bug.seen}.`), '']),
    ...(bug.toConfirm === undefined
      ? []
      : [...paragraph(`Found by exploration, unconfirmed. To confirm: ${bug.toConfirm}`), '']),
  ];
}

const returned = (ret: StepReturn | undefined): string => (ret === undefined ? 'not reached' : `-> ${ret ?? 'void'}`);

/** What each release makes of an entry, side by side. */
function sideBySide(bug: Bug, scenarios: readonly Scenario[]): string[] {
  const runs = scenarios.map((scenario) => playBug(bug, scenario));
  const { steps, machine } = scenarios[0]!;
  const rows = steps.map((step, i) => [
    `${i + 1}  ${stepText(step, machine.config.pageSize)}`,
    ...runs.map(({ results }) => returned(results[i]?.ret)),
  ]);
  const verdicts = runs.map((run, i) => {
    const symptom = symptomOf(bug, run);
    const { name } = scenarios[i]!.machine.release;
    return symptom === undefined
      ? `${name}: ${styled('green', 'not there')}, ${bug.symptom.breaks} holds in step ${bug.symptom.step + 1}`
      : `${name}: ${styled('red', 'there')}, step ${symptom.step + 1} breaks ${symptom.invariant}: ${symptom.text}`;
  });
  const names = scenarios.map((scenario) => styled('bold', scenario.machine.release.name));
  return [...tableText(['', ...names], rows), '', ...verdicts, ''];
}

/** An entry on a release as a scenario file. */
function fileOf(bug: Bug, release: Release): unknown {
  const file = bugScenario(bug, ownStructPageSize(bug));
  return writtenScenario({ ...file, title: bug.title, machine: { ...file.machine, kernel: release.name } });
}

/** `vmemmap repro NAME`: one entry on a release that has it and on one that has not. */
function one(name: string, options: ReproOptions): number {
  const bug = findBug(name);
  const verdicts = checkBug(bug);
  const ok = verdicts.every((verdict) => verdict.ok);
  const telling = tellingReleases(bug);
  const bad = options.kernel === undefined ? telling.bad : namedKernel(options.kernel);
  const badScenario = bugOn(bug, bad);
  if (typeof badScenario === 'string') throw new InputError(`${bug.name} cannot run on ${bad.name}: ${badScenario}`);
  if (options.scenario !== undefined) writeNamed(options.scenario, jsonText(fileOf(bug, bad)));
  const { good } = telling;
  const goodScenario = good === undefined ? undefined : bugOn(bug, good);
  const pair =
    good === undefined || goodScenario === undefined || typeof goodScenario === 'string'
      ? undefined
      : { good, goodScenario };
  const difference = pair === undefined ? undefined : diffScenario(badScenario, pair.goodScenario);
  if (options.json) {
    const played = { bad: bad.name, good: good?.name ?? null, difference };
    writeResult(outputText({ schema: 'vmemmap/repro/v1', bugs: [bugJson(bug, verdicts)], ...played }), options.output);
    return ok ? EXIT_OK : EXIT_FINDING;
  }
  const report = testReport(options, () => verdicts.map((verdict) => caseOf(bug, verdict)));
  if (report !== undefined) {
    writeResult(report, options.output);
    return ok ? EXIT_OK : EXIT_FINDING;
  }
  const parting =
    pair === undefined || difference === undefined
      ? ['no release that can run it is without it']
      : differenceLines(badScenario, [bad.name, pair.good.name], difference);
  const scenarios = pair === undefined ? [badScenario] : [badScenario, pair.goodScenario];
  writeResult([...headLines(bug), ...sideBySide(bug, scenarios), ...parting].join('\n'), options.output);
  return ok ? EXIT_OK : EXIT_FINDING;
}

/** `vmemmap repro`. Returns the exit code. */
export async function repro(name: string | undefined, options: ReproOptions): Promise<number> {
  if (options.all && name !== undefined) throw new InputError('repro takes a name or --all, not both');
  if (options.kernel !== undefined && name === undefined && !options.all) {
    throw new InputError(
      `--kernel is "${options.kernel}" without a name and without --all; it says where entries are played`,
    );
  }
  if (options.scenario !== undefined && name === undefined) {
    throw new InputError('--scenario is given without a name; it writes the scenario of one entry');
  }
  const format = (['ktap', 'junit', 'github'] as const).find((each) => options[each]);
  if (format !== undefined && name === undefined && !options.all) {
    throw new InputError(`--${format} is given without a name and without --all; it prints what was played`);
  }
  if (options.all) return all(options);
  return name === undefined ? list(options) : one(name, options);
}
