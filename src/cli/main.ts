#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only

import { Command, CommanderError, Option } from 'commander';
import { packageVersion } from './package-root.js';

/** `vmemmap`: the commands and their options. What a command does is loaded when it runs. */

const EXIT_USAGE = 2;

const program = new Command('vmemmap')
  .description('How Linux populates and frees the vmemmap, entry by entry, without building or booting a kernel.')
  .version(packageVersion(), '-V, --version')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .showHelpAfterError(false)
  .exitOverride()
  .addHelpText('after', '\nExit codes: 0 fine, 1 a finding or a failed comparison, 2 wrong use.');

const json = (): Option => new Option('-J, --json', 'print the result as JSON');
const output = (): Option => new Option('-o, --output <file>', 'write the result to a file');
const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

program
  .command('run')
  .description('execute a scenario and print the state after each step')
  .argument('<file>', 'scenario (JSON, also .gz)')
  .addOption(json())
  .option('--step <n>', 'print this step only, counted from 1')
  .addOption(output())
  .addHelpText(
    'after',
    examples(
      'vmemmap run scenario.json',
      'vmemmap run scenario.json --step 3',
      'vmemmap run scenario.json --json | jq .findings',
    ),
  )
  .action(async (file: string, options: { json?: true; step?: string; output?: string }) => {
    process.exitCode = (await import('./run.js')).run(file, options);
  });

program
  .command('verify')
  .description('replay recorded vectors and booted kernels, and compare every field')
  .argument('<file...>', 'vectors, recorded kernels (.json, .gz), or folders of them')
  .addOption(json())
  .option('-q, --quiet', 'print the last line only')
  .option('-v, --verbose', 'print a line for every file')
  .addOption(output())
  .addHelpText(
    'after',
    examples('vmemmap verify test/vectors/x86_64.json.gz', 'vmemmap verify --json test/real-kernels'),
  )
  .action(async (files: string[], options: { json?: true; quiet?: true; verbose?: true; output?: string }) => {
    process.exitCode = (await import('./verify.js')).verify(files, options);
  });

program
  .command('story')
  .description('tell the partial-PMD story step by step, then replay a booted kernel')
  .addHelpText('after', examples('vmemmap story'))
  .action(async () => {
    process.exitCode = (await import('./story.js')).story();
  });

program
  .command('arch')
  .description('list the architectures: configurations, geometry, section sizes, ground truth')
  .argument('[name]', 'one architecture')
  .addOption(json())
  .addHelpText('after', examples('vmemmap arch', 'vmemmap arch x86_64 --json'))
  .action(async (name: string | undefined, options: { json?: true }) => {
    process.exitCode = (await import('./arch.js')).arch(name, options);
  });

program
  .command('kernel')
  .description('list the releases and the traits in which they differ')
  .argument('[release...]', 'one release, or two to print their difference')
  .addOption(json())
  .addHelpText('after', examples('vmemmap kernel', 'vmemmap kernel 5.16', 'vmemmap kernel 5.12 5.13'))
  .action(async (releases: string[], options: { json?: true }) => {
    process.exitCode = (await import('./kernel.js')).kernel(releases, options);
  });

program
  .command('schema')
  .description('print the JSON Schema of a scenario')
  .addOption(output())
  .addHelpText('after', examples('vmemmap schema > scenario.schema.json'))
  .action(async (options: { output?: string }) => {
    process.exitCode = (await import('./schema.js')).schema(options);
  });

/** A user's mistake is a sentence; what is left is a defect of this program, and shows where it is. */
async function explain(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const { InputError } = await import('../scenario/load.js');
  const { ScenarioError } = await import('../scenario/scenario.js');
  if (!(error instanceof InputError || error instanceof ScenarioError)) throw error;
  process.stderr.write(`vmemmap: ${error.message}\n`);
  return EXIT_USAGE;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away: nothing is left to say.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

if (process.argv.length <= 2) {
  program.outputHelp();
} else {
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = await explain(error);
  }
}
