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
import { bugsHereInTurns, machineOf, type BuggyMachine } from '../catalogue/here.js';
import { DEFAULT_RELEASE, RELEASES, type Release } from '../history/releases.js';
import { differenceLines } from '../report/diff.js';
import { paragraph, tableText } from '../report/table.js';
import { spanText, stableTexts } from '../report/release-text.js';
import type { TestCase } from '../report/test-case.js';
import { sizeText, stepText } from '../report/text.js';
import { DEFAULT_ARCHITECTURE, findArchitecture } from '../scenario/names.js';
import { toTheEnd } from '../scenario/turns.js';
import { ScenarioError } from '../kernel/scenario-error.js';
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
  arch?: string;
  pageSize?: string;
  mmu?: string;
  structPage?: string;
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

/** An entry as a list has it. */
const listedJson = (bug: Bug) => {
  const { id, name, title, scenario, structPageSizes, present, backported, endedIn, fix, confidence } = bug;
  const { arch } = scenario.machine;
  return { id, name, title, arch, structPageSizes, present, backported, endedIn, fix, confidence };
};

function list(options: ReproOptions): number {
  if (options.json) {
    writeResult(outputText({ schema: 'vmemmap/repro/v1', bugs: BUGS.map(listedJson) }), options.output);
    return EXIT_OK;
  }
  const rows = BUGS.map((bug) => [bug.id, bug.name, bug.scenario.machine.arch, presentText(bug), bug.title]);
  writeResult(tableText(['', 'name', 'arch', 'releases', ''], rows).join('\n'), options.output);
  return EXIT_OK;
}

/** Options that name a machine, by the fields of a scenario's that they stand for. */
const MACHINE_OPTIONS = {
  kernel: '--kernel',
  arch: '--arch',
  pageSize: '--page-size',
  mmu: '--mmu',
  structPage: '--struct-page',
} as const;
const FIELDS: Readonly<Record<string, string>> = {
  'machine.pageSize': '--page-size',
  'machine.mmu': '--mmu',
  'machine.structPageSize': '--struct-page',
};

/** The machine that the options name; complaints name the options, too. */
function askedMachine({ kernel, arch, pageSize, mmu, structPage }: ReproOptions): BuggyMachine {
  const release = kernel === undefined ? DEFAULT_RELEASE : namedKernel(kernel);
  const architecture = arch === undefined ? DEFAULT_ARCHITECTURE : findArchitecture(arch, '--arch');
  const structPageSize = /^\d+$/.test(structPage ?? '') ? Number(structPage) : structPage;
  const machine = { arch: architecture.name, pageSize, mmu, structPageSize };
  try {
    return machineOf(machine, release);
  } catch (error) {
    if (!(error instanceof ScenarioError || error instanceof InputError)) throw error;
    throw new InputError(error.message.replace(/^machine\.\w+/, (field) => FIELDS[field] ?? field));
  }
}

/** `vmemmap repro` with a machine: the entries that it has. */
function here(options: ReproOptions): number {
  const machine = askedMachine(options);
  const { config, release } = machine;
  const bugs = toTheEnd(bugsHereInTurns(machine));
  if (options.json) {
    const told = bugs.map(({ bug, finding, endedBy }) => {
      return { ...listedJson(bug), finding: finding?.text ?? null, endedBy: endedBy?.name ?? null };
    });
    writeResult(outputText({ schema: 'vmemmap/repro/v1', kernel: release.name, bugs: told }), options.output);
    return EXIT_OK;
  }
  const rows = bugs.map(({ bug, finding, endedBy }) => [
    bug.id,
    bug.name,
    endedBy === undefined ? 'open' : `ends in ${endedBy.name}`,
    finding === undefined ? `with struct page ${bug.structPageSizes.join(', ')}` : 'shows',
    bug.title,
  ]);
  const mmu = config.mmu === undefined ? '' : `, ${config.mmu}`;
  const what = `${config.arch} ${release.name}, ${sizeText(config.pageSize)} pages${mmu}, struct page ${config.structPageSize} bytes`;
  const shown = bugs.filter(({ finding }) => finding !== undefined).length;
  const others = bugs.length - shown;
  writeResult(
    [
      `${what}: ${shown} of ${BUGS.length} entries show${others === 0 ? '' : `, ${others} more do with another struct page`}`,
      ...(rows.length === 0 ? [] : tableText(['', 'name', '', 'here', ''], rows)),
    ].join('\n'),
    options.output,
  );
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
  const ofMachine = (Object.keys(MACHINE_OPTIONS) as (keyof typeof MACHINE_OPTIONS)[]).filter(
    (option) => options[option] !== undefined,
  );
  const lists = name === undefined && !options.all;
  const foreign = ofMachine.find((option) => option !== 'kernel');
  if (foreign !== undefined && !lists) {
    throw new InputError(
      `${MACHINE_OPTIONS[foreign]} is given beside a name or --all; it says of which machine the entries are listed`,
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
  if (lists && ofMachine.length > 0) return here(options);
  return name === undefined ? list(options) : one(name, options);
}
