// SPDX-License-Identifier: GPL-2.0-only

import type { Argument, Command, Option } from 'commander';

/** The commands as their one definition has them, for pages and shells. */

export interface ToldCommand {
  readonly name: string;
  readonly description: string;
  /** How it is called: "run [options] <file...>". */
  readonly usage: string;
  readonly args: readonly Argument[];
  readonly options: readonly Option[];
  /** Command lines that show its use. */
  readonly examples: readonly string[];
}

/** What a command's help has behind its options. */
function afterHelp(command: Command): string {
  let text = '';
  const before = { ...command.configureOutput() };
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}

const examplesOf = (command: Command): string[] =>
  [...afterHelp(command).matchAll(/^ {2}\$ (.*)$/gm)].map(([, example = '']) => example);

/** All commands of a program, but the one that explains the others. */
export const toldCommands = (program: Command): ToldCommand[] =>
  program.commands
    .filter((command) => command.name() !== 'help')
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      usage: `${command.name()} ${command.usage()}`,
      args: command.registeredArguments,
      options: program.createHelp().visibleOptions(command),
      examples: examplesOf(command),
    }));

/** Words that an option or argument takes; undefined where it takes others. */
export type WordsOf = (of: Option | Argument) => readonly string[] | undefined;
