// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exploreWorld, type CampaignFinding, type WorldResult } from '../../src/explore/campaign/campaign.js';
import { EXPLANATIONS } from '../../src/explore/campaign/explained.js';
import { campaignWorlds } from '../../src/explore/campaign/worlds.js';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { saysPresent } from '../../src/catalogue/repro.js';
import { resolveTraits } from '../../src/history/releases.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { findKernelRelease } from '../../src/scenario/names.js';
import { scenarioSchema } from '../../src/scenario/schema.js';
import { runChecked } from '../../src/check/checked-run.js';
import { CHECKS } from '../../src/check/expectations.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What the campaign found when it was run last. */
const CAMPAIGN = JSON.parse(readFileSync(join(ROOT, 'src', 'explore', 'campaign', 'results.json'), 'utf8')) as {
  maxStates: number;
  isComplete: boolean;
  worlds: WorldResult[];
  findings: CampaignFinding[];
};

/** States of a world whose share is 1, so that those which are watched have thirty. */
const WATCHED_STATES = 600;

test('7.3 stands for 7.3.4, which was recorded: no trait differs', () => {
  const [mainline, stable] = ['7.3', '7.3.4'].map((name) => resolveTraits(findKernelRelease(name)));
  expect(stable).toEqual(mainline);
});

describe('the recorded campaign', () => {
  test('has every world, or says that it has not, and each finding of one', () => {
    const recorded = CAMPAIGN.worlds.map(({ name }) => name);
    const worlds = campaignWorlds().map(({ name }) => name);
    expect(recorded).toEqual(worlds.filter((name) => recorded.includes(name)));
    expect(CAMPAIGN.isComplete).toBe(recorded.length === worlds.length);
    const keys = new Set(CAMPAIGN.findings.map(({ key }) => key));
    for (const { findings } of CAMPAIGN.worlds) for (const key of findings) expect(keys).toContain(key);
  });

  test.each([
    'x86_64 4K sp80 6.12.117 pieces-dirty',
    'arm64 64K sp56 7.3 two-sections-watched',
    's390 4K sp64 7.3 blocks-dirty',
    'x86_64 4K sp56 7.3 kept',
  ])('is what an exploration finds today: %s', (name) => {
    const recorded = CAMPAIGN.worlds.find((world) => world.name === name)!;
    const world = campaignWorlds().find((candidate) => candidate.name === name)!;
    const { result, violations } = exploreWorld(world, CAMPAIGN.maxStates);
    expect({ ...result, findings: violations.map(({ key }) => key).sort() }).toEqual(recorded);
  });

  test('shows each finding in the last step of its scenario', () => {
    for (const { key, invariant, text, length, scenario } of CAMPAIGN.findings) {
      // What other CPUs see and hold is no invariant: it is asked by its name.
      const checks = CHECKS.filter(({ name }) => name === invariant);
      const { findings } = runChecked(resolveScenario(scenarioSchema.parse(scenario)), { checks });
      expect(findings, key).toContainEqual(expect.objectContaining({ step: length - 1, invariant, text }));
    }
  });
});

describe('an explanation', () => {
  test('is there for each finding, once', () => {
    const explained = EXPLANATIONS.flatMap(({ findings }) => findings);
    expect(new Set(explained).size).toBe(explained.length);
    for (const { key } of CAMPAIGN.findings) expect(explained).toContain(key);
  });

  test('explains what a machine of each architecture shows other CPUs', () => {
    const explained = new Set(EXPLANATIONS.flatMap(({ findings }) => findings));
    const worlds = campaignWorlds().filter(({ name }) => /sp64 7.3 two-sections-(watched|reused)$/.test(name));
    const kinds = worlds.flatMap((world) => exploreWorld(world, WATCHED_STATES).violations.map(({ key }) => key));
    expect(new Set(worlds.map(({ options }) => options.machine.arch)).size).toBe(6);
    expect(kinds.filter((key) => !explained.has(key))).toEqual([]);
    expect(kinds).toContain('x86_64 4K flush-before-free remove_pud_table');
    expect(kinds.filter((key) => key.startsWith('arm64 4K flush'))).toEqual([]);
  });

  const isFound = (key: string): boolean => CAMPAIGN.findings.some((finding) => finding.key === key);

  test.each(EXPLANATIONS.filter(({ entries, findings }) => entries.length > 0 && findings.some(isFound)))(
    'by $entries names a bug that the releases of its findings have: $findings.0',
    ({ entries, findings }) => {
      const bugs = entries.map((entry) => BUGS.find(({ id }) => id === entry)!);
      for (const { key, releases, scenario } of CAMPAIGN.findings.filter(({ key }) => findings.includes(key))) {
        const named = [...releases.split(/, | to /), scenario.machine.kernel!];
        for (const name of named) {
          const release = findKernelRelease(name);
          expect(
            bugs.some((bug) => saysPresent(bug, release)),
            `${key} on ${name}`,
          ).toBe(true);
        }
      }
    },
  );
});

test('memory that is not clean is explored where it can matter', () => {
  const memoryIn = (arch: string, kind: string) =>
    campaignWorlds().find((world) => world.options.machine.arch === arch && world.kind === kind)?.options.memory;
  expect(memoryIn('x86_64', 'two-sections-dirty')).toEqual(['zero', '0xfd', 'entries']);
  expect(memoryIn('arm64', 'pieces-dirty')).toEqual(['zero', 'entries']);
  expect(memoryIn('s390', 'kept')).toEqual(['kept']);
});
