// SPDX-License-Identifier: GPL-2.0-only

import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { runScript, temporaryFolder } from './machine.js';

/**
 * Runs a GitHub Actions workflow on one machine: every job in a folder of its own, every leg of a matrix, every `run:` by
 * the shell that it has there, artifacts by name. It knows what the workflow beside the explorer uses, and refuses the
 * rest.
 */

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const condition = { if: z.string().optional() };
const uses = <Name extends string, With extends z.ZodType>(name: Name, options: With) =>
  z.strictObject({ uses: z.literal(name), with: options, ...condition });

const STEP = z.union([
  z.strictObject({ uses: z.literal('actions/checkout@v6') }),
  uses('actions/setup-node@v6', z.strictObject({ 'node-version-file': z.literal('package.json') })),
  uses(
    'actions/upload-artifact@v7',
    z.strictObject({ name: z.string(), path: z.string(), 'if-no-files-found': z.literal('error').optional() }),
  ),
  uses('actions/download-artifact@v8', z.strictObject({ pattern: z.string(), 'merge-multiple': z.literal(true) })),
  z.strictObject({ run: z.string(), env: z.record(z.string(), text).default({}), ...condition }),
]);
type Step = z.infer<typeof STEP>;

const JOB = z.strictObject({
  needs: z.string().optional(),
  'runs-on': z.literal('ubuntu-latest'),
  strategy: z
    .strictObject({ 'fail-fast': z.boolean(), matrix: z.strictObject({ shard: z.array(z.number()) }) })
    .optional(),
  steps: z.array(STEP),
});
type Job = z.infer<typeof JOB>;

const WORKFLOW = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    workflow_dispatch: z.strictObject({
      inputs: z.record(
        z.string(),
        z.strictObject({ description: z.string(), required: z.boolean(), default: z.string() }),
      ),
    }),
  }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  jobs: z.record(z.string(), JOB),
});
export type Workflow = z.infer<typeof WORKFLOW>;

export const readWorkflow = (path: string): Workflow => WORKFLOW.parse(parse(readFileSync(path, 'utf8')));

/** What expressions may name. */
interface Contexts {
  readonly inputs: Readonly<Record<string, string>>;
  readonly matrix: Readonly<Record<string, number>>;
  readonly strategy: Readonly<Record<string, number>>;
}

const EXPRESSION = /\$\{\{(.*?)\}\}/g;
const CANCELLED = { name: 'cancelled', minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(false) };

/** A text with the values of its expressions. @throws Error where one names what there is not */
function evaluated(template: string, contexts: Contexts): string {
  return template.replaceAll(EXPRESSION, (_, expression: string) => {
    const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), [CANCELLED]).parse();
    const values = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
    const value = new Evaluator(tree, values, new Map([[CANCELLED.name, CANCELLED]])).evaluate();
    if (value.kind === data.Kind.Null) throw new Error(`${expression.trim()} is nothing`);
    return value.coerceString();
  });
}

/** One job, or one leg of its matrix, when it is over. */
export interface Leg {
  readonly hasFailed: boolean;
  /** Where it ran. */
  readonly folder: string;
  /** What the steps wrote that failed. */
  readonly log: string;
}

export class WorkflowRun {
  /** Artifacts are folders, by name. */
  readonly artifacts = temporaryFolder();

  constructor(
    private readonly workflow: Workflow,
    private readonly inputs: Contexts['inputs'],
  ) {}

  /** Runs a job: two legs of its matrix at a time, in order. */
  async run(name: string): Promise<Leg[]> {
    const job = this.workflow.jobs[name]!;
    const shards = job.strategy?.matrix.shard ?? [];
    const contexts = { inputs: this.inputs, matrix: {}, strategy: { 'job-total': Math.max(1, shards.length) } };
    if (shards.length === 0) return [await this.leg(job, contexts)];
    const legs: Leg[] = [];
    const waiting = [...shards.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, shard] = next;
        legs[at] = await this.leg(job, { ...contexts, matrix: { shard } });
      }
    };
    await Promise.all([work(), work()]);
    return legs;
  }

  private async leg({ steps }: Job, contexts: Contexts): Promise<Leg> {
    const folder = temporaryFolder();
    let hasFailed = false;
    let log = '';
    for (const step of steps) {
      const asked = 'if' in step ? step.if : undefined;
      if (asked === undefined ? hasFailed : evaluated(asked, contexts) !== 'true') continue;
      const error = await this.step(step, contexts, folder);
      if (error === undefined) continue;
      hasFailed = true;
      log += error;
    }
    return { hasFailed, folder, log };
  }

  /** Takes a step. @returns why it failed */
  private async step(step: Step, contexts: Contexts, folder: string): Promise<string | undefined> {
    if ('run' in step) {
      const env = Object.fromEntries(
        Object.entries(step.env).map(([name, value]) => [name, evaluated(value, contexts)]),
      );
      const { code, stdout, stderr } = await runScript(['bash', '-e'], evaluated(step.run, contexts), folder, env);
      return code === 0 ? undefined : `${stdout}${stderr}exit code ${code}\n`;
    }
    switch (step.uses) {
      // The clone that the tests are in, and the Node that they run on.
      case 'actions/checkout@v6':
      case 'actions/setup-node@v6':
        return undefined;
      case 'actions/upload-artifact@v7':
        return this.upload(evaluated(step.with.name, contexts), evaluated(step.with.path, contexts), folder);
      case 'actions/download-artifact@v8':
        return this.download(evaluated(step.with.pattern, contexts), folder);
    }
  }

  /** Names of artifacts are unique in a run. */
  private upload(name: string, paths: string, folder: string): string | undefined {
    const artifact = join(this.artifacts, name);
    if (existsSync(artifact)) return `artifact ${name} is there already\n`;
    const files = paths.trimEnd().split('\n');
    const missing = files.find((file) => !existsSync(join(folder, file)));
    if (missing !== undefined) return `${missing} is not there\n`;
    mkdirSync(artifact);
    for (const file of files) cpSync(join(folder, file), join(artifact, file), { recursive: true });
    return undefined;
  }

  /** Files of all artifacts that a pattern names, side by side. Its stars are those of a shell. */
  private async download(pattern: string, folder: string): Promise<string | undefined> {
    const { code, stderr } = await runScript(['sh'], `cp -R ${pattern}/. "$TO"`, this.artifacts, { TO: folder });
    return code === 0 ? undefined : stderr;
  }
}
