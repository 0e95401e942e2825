// SPDX-License-Identifier: GPL-2.0-only

import { bisect, type Outcome, releasesOnTheWay, type Turn } from '../check/releases/bisect.js';
import { CHECKS } from '../check/expectations.js';
import { BOUNDARY_RELEASES, olderFirst, type Release } from '../history/releases.js';
import { findingJson } from '../report/finding.js';
import type { OutputOf } from '../report/output-schemas/index.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { AddressText } from '../kernel/vmemmap-view.js';
import { InputError } from '../scenario/load.js';
import type { ScenarioFile } from '../scenario/schema.js';
import { resolveScenario } from '../scenario/scenario.js';
import { refuseSlips } from '../scenario/slips.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { outputText, writeResult } from './output.js';
import { progress } from './progress.js';
import { readScenario } from './scenario-file.js';
import { styled } from './terminal.js';

export interface BisectOptions {
  expect: string;
  from?: string;
  to?: string;
  json?: true;
  output?: string;
}

/** One end of what is searched. @throws InputError */
function endOf(name: string | undefined, option: string, otherwise: Release): Release {
  if (name === undefined) return otherwise;
  const release = namedKernel(name, option);
  if (release.proposal !== undefined) {
    throw new InputError(`${option} is "${name}"; allowed are releases, since a proposal has no place among them`);
  }
  return release;
}

/** Releases of a range at which behaviour changes. @throws InputError */
function releasesBetween(options: BisectOptions): Release[] {
  const from = endOf(options.from, '--from', BOUNDARY_RELEASES[0]!);
  const to = endOf(options.to, '--to', BOUNDARY_RELEASES[BOUNDARY_RELEASES.length - 1]!);
  if (olderFirst(from, to) > 0) {
    throw new InputError(`--from is "${from.name}" and --to is "${to.name}"; --from must not be the newer one`);
  }
  return releasesOnTheWay(from, to);
}

const outcomeText = (outcome: Outcome): string =>
  'untestable' in outcome ? 'untestable' : outcome.broken.length > 0 ? 'broken' : 'holds';

/** How addresses are written on a release: where its vmemmap lies is the release's. */
const addressesOn = (scenario: ScenarioFile, release: Release): AddressText =>
  new AddressText(resolveScenario(scenario, { release }).machine.config.vmemmapBase);

function turnLines({ from, to, breaks, culprits, finding }: Turn, expect: string): string[] {
  const verdict = breaks ? styled('red', `${expect} breaks`) : styled('green', `${expect} holds again`);
  return [
    `${from.name} -> ${to.name}: ${verdict}`,
    `  step ${finding.step + 1}: ${finding.text}${breaks ? '' : ', until then'}`,
    ...culprits.flatMap(({ name, change, effect }) => [`  ${name}`, `    ${change}`, `    ${effect}`]),
  ];
}

/** `vmemmap bisect`. Returns the exit code: 1 if some release breaks the expectation. */
export function bisectCommand(file: string, options: BisectOptions): number {
  const check = CHECKS.find(({ name }) => name === options.expect);
  if (check === undefined) {
    throw new InputError(
      `--expect is ${options.expect}; ${allowedAre(
        options.expect,
        CHECKS.map(({ name }) => name),
      )}`,
    );
  }
  const scenario = readScenario(file);
  refuseSlips(resolveScenario(scenario));
  const { turns, outcomes } = bisect(scenario, check, releasesBetween(options), ({ name }) =>
    progress(`${file}: ${name}`),
  );
  progress('');
  const broken = outcomes.some(({ outcome }) => outcomeText(outcome) === 'broken');
  if (options.json) {
    const result: OutputOf<'bisect'> = {
      schema: 'vmemmap/bisect/v1',
      expect: check.name,
      turns: turns.map(({ from, to, breaks, culprits, finding }) => ({
        good: breaks ? from.name : to.name,
        bad: breaks ? to.name : from.name,
        trait: culprits[0]?.name ?? null,
        commit: culprits[0]?.change ?? null,
        culprits,
        finding: findingJson(finding, addressesOn(scenario, breaks ? to : from)),
      })),
      releases: outcomes.map(({ release, outcome }) => ({ release: release.name, outcome: outcomeText(outcome) })),
    };
    writeResult(outputText(result), options.output);
  } else {
    const runs: { outcome: string; first: string; last: string }[] = [];
    for (const { release, outcome } of outcomes) {
      const text = outcomeText(outcome);
      const last = runs[runs.length - 1];
      if (last?.outcome === text) last.last = release.name;
      else runs.push({ outcome: text, first: release.name, last: release.name });
    }
    const summary = runs.map(
      ({ outcome, first, last }) => `${first === last ? first : `${first} to ${last}`} ${outcome}`,
    );
    writeResult(
      [
        `${check.name}: ${check.sentence}`,
        summary.join(', '),
        ...turns.flatMap((turn) => ['', ...turnLines(turn, check.name)]),
      ].join('\n'),
      options.output,
    );
  }
  return broken ? EXIT_FINDING : EXIT_OK;
}
