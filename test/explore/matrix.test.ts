// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readExploration } from '../../src/explore/exploration-file.js';
import { vmemmap } from '../cli/cli.js';
import { found } from '../cli/explored.js';
import { runScript, temporaryFolder } from './machine.js';
import { readWorkflow, WorkflowRun, type Leg } from './workflow.js';

/** One exploration on the machines of a CI matrix or of a cluster finds what it finds on one machine. */

const EXPLORE = join(import.meta.dirname, '..', '..', 'src', 'explore');
const WORKFLOW = readWorkflow(join(EXPLORE, 'shards', 'explore-matrix.yml'));
const ARRAY = join(EXPLORE, 'shards', 'explore-array.sbatch');

/** Violations take three steps here, and no shard tries all of those: sequences of two are shared out among eight. */
const WORLD = '--arch arm64 --kernel 5.10 --sections 3 --unit section subsection --altmap none own --depth 3';
const NO_WORLD = '--arch x86_64 --kernel 1.0';

const alone = found(vmemmap('explore', ...WORLD.split(' '), '--json').stdout);
const merged = (folder: string): object => found(readFileSync(join(folder, 'explored.json'), 'utf8'));
const scenarios = (folder: string): string[] => readdirSync(join(folder, 'found')).sort();

/** Files of scenarios that a result of `--json` names. */
const namesIn = ({ violations }: Record<string, unknown>): string[] =>
  (violations as { scenario: { name: string } }[]).map(({ scenario }) => `${scenario.name}.json`).sort();

/** States that the shards in a folder met, each for itself. */
const statesOf = (folder: string): number[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.vmx'))
    .map((name) => readExploration(join(folder, name)).state.visited.size);

describe('the workflow', () => {
  const { shard, merge } = WORKFLOW.jobs;
  const shards = shard!.strategy!.matrix.shard;

  test('has a leg for every shard, and then merges them', () => {
    expect(Object.keys(WORKFLOW.jobs)).toEqual(['shard', 'merge']);
    expect(shards).toEqual(shards.map((_, i) => i + 1));
    expect(merge!.needs).toBe('shard');
  });

  test('explores what there is, unless it is told otherwise', () => {
    const world = WORKFLOW.on.workflow_dispatch.inputs['world']!.default;
    const { status, stderr } = vmemmap('explore', ...world.split(' '), '--max-states', '1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('finds on the legs of its matrix what one machine finds', async () => {
    const run = new WorkflowRun(WORKFLOW, { world: WORLD });
    const legs = await run.run('shard');
    expect(legs.map(({ log }) => log)).toEqual(shards.map(() => ''));
    const [last] = (await run.run('merge')) as [Leg];
    expect(statesOf(last.folder)).toHaveLength(shards.length);
    expect(Math.max(...statesOf(last.folder))).toBeLessThan(alone['states'] as number);
    // It says with its exit code that there is something, and keeps it all the same.
    expect(last.log).toBe('exit code 1\n');
    const explored = join(run.artifacts, 'explored');
    expect(merged(explored)).toEqual(alone);
    expect(scenarios(explored)).toEqual(namesIn(alone));
  });

  test('fails in each leg, and keeps nothing of it, where there is no such world', async () => {
    const run = new WorkflowRun(WORKFLOW, { world: NO_WORLD });
    const legs = await run.run('shard');
    expect(legs.every(({ hasFailed }) => hasFailed)).toBe(true);
    expect(legs[0]!.log).toContain('--kernel is "1.0"');
    expect(readdirSync(run.artifacts)).toEqual([]);
  });
});

describe('the array job', () => {
  /** What the page says to type, with the path of the script as it is in a clone. */
  const [, submit = ''] = /^```\n(job=[\s\S]*?)^```$/m.exec(readFileSync(join(EXPLORE, 'README.md'), 'utf8'))!;
  const submitted = submit.replace('src/explore/shards/explore-array.sbatch', ARRAY);

  test.each(['bash', 'sh'])('is no riddle to %s', async (shell) => {
    const { code, stderr } = await runScript([shell, '-n'], readFileSync(ARRAY, 'utf8'), '.');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('is submitted by its path in the repository', () => {
    expect(submitted).toContain(ARRAY);
  });

  test('finds in its tasks what one machine finds', async () => {
    const folder = temporaryFolder();
    const { stdout, stderr } = await runScript(['sh', '-e'], submitted, folder, { WORLD });
    expect({ stdout, stderr }).toEqual({ stdout: 'Submitted batch job 2\n', stderr: '' });
    expect(merged(folder)).toEqual(alone);
    expect(scenarios(folder)).toEqual(namesIn(alone));
    expect(statesOf(folder)).toHaveLength(8);
    expect(Math.max(...statesOf(folder))).toBeLessThan(alone['states'] as number);
  });

  test('is not merged where a task failed', async () => {
    const folder = temporaryFolder();
    const { stderr } = await runScript(['sh', '-e'], submitted, folder, { WORLD: NO_WORLD });
    expect(stderr).toContain('job 2 never runs: job 1 failed');
    expect(readFileSync(join(folder, 'shard-1.log'), 'utf8')).toContain('--kernel is "1.0"');
    expect(existsSync(join(folder, 'explored.json'))).toBe(false);
  });
});
