// SPDX-License-Identifier: GPL-2.0-only

import type { Command } from 'commander';
import { join } from 'node:path';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/load.js';
import { toldCommands, type ToldCommand } from './commands-told.js';
import { EXIT_OK } from './exit-codes.js';
import { makeFolder, writeNamed, writeResult } from './output.js';
import { packageVersion } from './package-root.js';

/** `vmemmap man`: pages of the manual, in the language of man(7). */

export interface ManOptions {
  output?: string;
  dir?: string;
}

/** Text of a line, in which nothing is a request or an escape. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');

const heading = (name: string): string =>
  `.TH ${name.toUpperCase()} 1 "" "vmemmap ${packageVersion()}" "User Commands"`;

const EXIT_STATUS = [
  '.SH EXIT STATUS',
  ...[
    ['0', 'fine'],
    ['1', 'a finding, a difference, a broken cell, or a failed comparison'],
    ['2', 'wrong use'],
    ['70', 'a defect of the program'],
    ['130, 143', 'a signal ended an exploration'],
  ].flatMap(([code = '', meaning = '']) => ['.TP', code, roff(meaning)]),
];

const ENVIRONMENT = [
  '.SH ENVIRONMENT',
  ...[
    ['VMEMMAP_PAGER, PAGER', 'what shows text that is longer than the screen; less if not set'],
    ['NO_COLOR, FORCE_COLOR', 'no colours, and colours where no terminal is'],
  ].flatMap(([name = '', meaning = '']) => ['.TP', `.B ${roff(name)}`, roff(meaning)]),
];

function commandPage({ name, description, usage, options, examples }: ToldCommand): string[] {
  return [
    heading(`vmemmap-${name}`),
    '.SH NAME',
    `vmemmap\\-${name} \\- ${roff(description)}`,
    '.SH SYNOPSIS',
    `.B vmemmap ${roff(usage)}`,
    '.SH OPTIONS',
    ...options.flatMap((option) => ['.TP', `.B ${roff(option.flags)}`, roff(option.description)]),
    ...(examples.length === 0
      ? []
      : ['.SH EXAMPLES', ...examples.flatMap((each) => ['.PP', '.nf', roff(each), '.fi'])]),
    ...EXIT_STATUS,
    '.SH SEE ALSO',
    '.BR vmemmap (1)',
  ];
}

const mainPage = (program: Command, commands: readonly ToldCommand[]): string[] => [
  heading('vmemmap'),
  '.SH NAME',
  'vmemmap \\- an emulator of the vmemmap of Linux',
  '.SH SYNOPSIS',
  '.B vmemmap',
  '.I command',
  '[options] [arguments]',
  '.SH DESCRIPTION',
  roff(program.description()),
  '.SH COMMANDS',
  ...commands.flatMap(({ name, description }) => ['.TP', `.BR vmemmap\\-${name} (1)`, roff(description)]),
  ...ENVIRONMENT,
  ...EXIT_STATUS,
];

/** Every page, by the name of its file. */
export function manPages(program: Command): Map<string, string> {
  const commands = toldCommands(program);
  const page = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
  return new Map([
    ['vmemmap.1', page(mainPage(program, commands))],
    ...commands.map((command) => [`vmemmap-${command.name}.1`, page(commandPage(command))] as const),
  ]);
}

/** `vmemmap man`. Returns the exit code. */
export function man(program: Command, name: string | undefined, options: ManOptions): number {
  const pages = manPages(program);
  if (options.dir !== undefined) {
    makeFolder(options.dir);
    for (const [file, text] of pages) writeNamed(join(options.dir, file), text);
    return EXIT_OK;
  }
  const text = pages.get(name === undefined ? 'vmemmap.1' : `vmemmap-${name}.1`);
  if (text === undefined) {
    const names = toldCommands(program).map((command) => command.name);
    throw new InputError(`the command is "${name!}"; ${allowedAre(name, names)}`);
  }
  writeResult(text, options.output);
  return EXIT_OK;
}
