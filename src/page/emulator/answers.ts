// SPDX-License-Identifier: GPL-2.0-only

import { BUGS, type Bug } from '../../catalogue/bugs/index.js';
import { bugsHereInTurns, machineOf } from '../../catalogue/here.js';
import { tellingReleases } from '../../catalogue/repro.js';
import { DEFAULT_RELEASE } from '../../history/releases.js';
import { ScenarioError } from '../../kernel/scenario-error.js';
import { checkWith, InputError } from '../../scenario/input.js';
import { findKernelRelease } from '../../scenario/names.js';
import { pathOf } from '../../scenario/positions.js';
import { resolveScenario } from '../../scenario/scenario.js';
import { scenarioSchema, type ScenarioFile } from '../../scenario/schema.js';
import { refuseSlips } from '../../scenario/slips.js';
import { writtenScenario } from '../../scenario/written.js';
import { bugRequests } from '../bug-requests.js';
import { reportInTurns } from '../build.js';
import type { ReportDocument, RunReport } from '../document.js';
import type { RunRequest } from '../run-report.js';
import { explore } from './explore.js';
import { load } from './load.js';
import { offer } from './offer.js';
import { pause } from './pause.js';
import type { Ask, BugHere, Mistake, Op, ReportPart } from './protocol.js';

/** What the emulator answers: by the same functions as the command line, without a file and without a network. */

/** A scenario that is wrong, and where in it. */
export class Mistaken extends Error {
  override readonly name = 'Mistaken';

  constructor({ message, path }: Mistake) {
    super(message);
    this.path = path;
  }

  readonly path: Mistake['path'];
}

/** A step that changes nothing: a machine that nobody has done anything to yet is shown after it. */
const NOTHING = { op: 'use', pfn: 0, nrPages: 1 };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What is wrong with a scenario, as far as its fields tell. */
function mistakesOf(value: unknown): Mistake[] {
  const checked = checkWith(scenarioSchema, value);
  if ('mistakes' in checked) return checked.mistakes.map(({ sentence, path }) => ({ message: sentence, path }));
  try {
    refuseSlips(resolveScenario(checked.data));
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return [error.message, ...error.others].map((message) => ({ message, path: pathOf(message) }));
  }
}

/** @throws Mistaken with the first complaint */
function readFile(value: unknown): ScenarioFile {
  const checked = checkWith(scenarioSchema, value);
  if ('data' in checked) return checked.data;
  const { sentence, path } = checked.mistakes[0]!;
  throw new Mistaken({ message: sentence, path });
}

function requestOf(file: ScenarioFile, kernel: string, expect: readonly string[]): RunRequest {
  const release = findKernelRelease(kernel, 'kernel');
  try {
    const scenario = resolveScenario(file, { release });
    refuseSlips(scenario);
    return { scenario, file, name: file.name, command: `vmemmap run scenario.json --kernel ${kernel}`, expect };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new Mistaken({ message: `${kernel}: ${error.message}`, path: pathOf(error.message) });
  }
}

/** A run without the step that nobody asked for. */
const untouched = (run: RunReport): RunReport => ({
  ...run,
  steps: [],
  findings: [],
  recording: { ...run.recording, steps: [], ends: [] },
});

/** Reports that were asked for: who asks again wants to know no more of the last. */
let reports = 0;
/** Runs that take longer are shown one by one, ms; a picture of one kernel that is soon one of two only flickers. */
const TOGETHER = 30;
/** What costs runs of its own begins when nobody has clicked for so long, ms: a click waits until the run before it is over. */
const REST = 100;

/** Tells the runs as soon as they are made, and returns the whole, as far as nobody has asked for another meanwhile. */
async function report(
  requests: readonly RunRequest[],
  version: string,
  onPart: (part: ReportPart) => void,
): Promise<ReportDocument> {
  const mine = ++reports;
  const began = performance.now();
  const turns = reportInTurns(requests, version);
  let told = 0;
  for (;;) {
    const { done, value } = turns.next();
    if (done === true) return value;
    const awaited = requests.slice(value.runs.length).map(({ scenario }) => scenario.machine.release.name);
    if (value.runs.length > told && (awaited.length === 0 || performance.now() - began > TOGETHER)) {
      told = value.runs.length;
      onPart({ document: value, awaited, refused: [] });
      if (awaited.length === 0) await pause(REST);
    }
    await pause();
    if (mine !== reports) return value;
  }
}

async function runFile(
  version: string,
  { file, kernels, expect }: Ask['run']['request'],
  onPart: (part: ReportPart) => void,
): Promise<ReportDocument> {
  const isEmpty = isObject(file) && Array.isArray(file['steps']) && file['steps'].length === 0;
  const parsed = readFile(isEmpty ? { ...file, steps: [NOTHING] } : file);
  const names = kernels.length === 0 ? [parsed.machine.kernel ?? DEFAULT_RELEASE.name] : [...new Set(kernels)];
  const seen = (document: ReportDocument): ReportDocument =>
    isEmpty ? { ...document, runs: document.runs.map(untouched) } : document;
  const [first, ...others] = names.map((kernel) => () => requestOf(parsed, kernel, expect));
  const requests = [first!()];
  // A kernel beside the first may have nothing of what a step asks for: that is told beside what the first does.
  const refused: string[] = [];
  for (const request of others) {
    try {
      requests.push(request());
    } catch (error) {
      if (!(error instanceof Mistaken)) throw error;
      refused.push(error.message);
    }
  }
  const tell = ({ document, awaited }: ReportPart): void => onPart({ document: seen(document), awaited, refused });
  return seen(await report(requests, version, tell));
}

function bugOf(name: string): Bug {
  const bug = BUGS.find((entry) => entry.name === name || entry.id === name);
  if (bug !== undefined) return bug;
  throw new InputError(`the catalogue has no entry ${name}`);
}

function checkText(text: string): Mistake[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [{ message: `it is not JSON (${error instanceof Error ? error.message : String(error)})`, path: [] }];
  }
  // A scenario with no step yet is what one begins with.
  const isEmpty = isObject(value) && Array.isArray(value['steps']) && value['steps'].length === 0;
  return mistakesOf(isEmpty ? { ...(value as object), steps: [NOTHING] } : value);
}

/** Lists that were asked for: one of a machine that is chosen no more goes no further. */
let lists = 0;

async function bugsOf({ machine, kernel }: Ask['here']['request']): Promise<BugHere[]> {
  const mine = ++lists;
  const turns = bugsHereInTurns(machineOf(machine, findKernelRelease(kernel, 'kernel')));
  for (;;) {
    const { done, value } = turns.next();
    if (done === true) {
      return value.map(({ bug: { id, name, title, structPageSizes }, finding, endedBy }) => ({
        id,
        name,
        title,
        endedBy: endedBy?.name ?? null,
        structPageSizes: finding === undefined ? [...structPageSizes] : [],
      }));
    }
    await pause();
    if (mine !== lists) return [];
  }
}

type Answering = {
  [O in Op]: (
    request: Ask[O]['request'],
    onPart: (part: Ask[O]['part']) => void,
  ) => Ask[O]['answer'] | Promise<Ask[O]['answer']>;
};

/** @param version of this program */
export const answers = (version: string): Answering => ({
  offer: () => offer(version),
  bug: ({ name, kernels }, onPart) => report(bugRequests(bugOf(name), kernels), version, onPart),
  bugFile: ({ name }) => {
    const bug = bugOf(name);
    const { bad, good } = tellingReleases(bug);
    const { file } = bugRequests(bug, [])[0]!;
    const kernels = [bad, ...(good === undefined ? [] : [good])].map(({ name: kernel }) => kernel);
    return { file: writtenScenario(file), kernels, expect: [bug.symptom.breaks] };
  },
  run: (request, onPart) => runFile(version, request, onPart),
  check: ({ text }) => checkText(text),
  load,
  here: bugsOf,
  explore,
});
