// SPDX-License-Identifier: GPL-2.0-only

import type { Argument, Command, Option } from 'commander';
import { SHAPES } from '../audit/shapes.js';
import { SUITES } from '../bench/cases.js';
import { BUGS } from '../catalogue/bugs/index.js';
import { CHECKS } from '../check/expectations.js';
import { ALTMAP_CHOICES, UNITS } from '../explore/alphabet.js';
import { PROPOSAL_NAMES, RELEASES } from '../history/releases.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/load.js';
import { ARCHITECTURES } from '../scenario/names.js';
import { toldCommands, type ToldCommand, type WordsOf } from './commands-told.js';
import { EXIT_OK } from './exit-codes.js';
import { writeResult } from './output.js';
import { SCHEMA_NAMES } from './named-schemas.js';

/** `vmemmap completion`: what completes a command line, made from the one definition of the commands. */

const releases = (): string[] => [...RELEASES.map(({ name }) => name), ...PROPOSAL_NAMES];

/** Names that the emulator knows, by the option or argument that takes them: "--arch", "repro [name]". */
const NAMES: Readonly<Record<string, () => readonly string[]>> = {
  '--kernel': releases,
  '--from': releases,
  '--to': releases,
  '--arch': () => ARCHITECTURES.map(({ name }) => name),
  '--cpu': () => ARCHITECTURES.flatMap(({ cpus }) => cpus.map(({ name }) => name)),
  '--bug': () => BUGS.map(({ name }) => name),
  '--shape': () => SHAPES.map(({ name }) => name),
  '--expect': () => CHECKS.map(({ name }) => name),
  '--unit': () => UNITS,
  '--altmap': () => ALTMAP_CHOICES,
  '--page-size': () => ['4K', '16K', '64K'],
  '--mmu': () => ARCHITECTURES.flatMap(({ configurations }) => configurations.flatMap(({ mmu }) => mmu ?? [])),
  'repro name': () => BUGS.map(({ name }) => name),
  'kernel release': releases,
  'arch name': () => ARCHITECTURES.map(({ name }) => name),
  'cpu name': () => ARCHITECTURES.flatMap(({ cpus }) => cpus.map(({ name }) => name)),
  'bench suite': () => SUITES.map(({ name }) => name),
  'schema name': () => SCHEMA_NAMES,
  'completion shell': () => Object.keys(SHELLS),
};

const unique = (words: readonly string[] | undefined): string[] | undefined => words && [...new Set(words)];

/** What an option or an argument of a command takes. */
const wordsOf =
  (command: string): WordsOf =>
  (of) =>
    unique(of.argChoices ?? NAMES['long' in of ? (of.long ?? '') : `${command} ${of.name()}`]?.());

const takesValue = (option: Option): boolean => option.required || option.optional;
const flagsOf = ({ short, long }: Option): string[] => [short, long].flatMap((flag) => (flag ? [flag] : []));
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Words that the arguments of a command take. */
const argumentWords = ({ name, args }: ToldCommand): string[] =>
  args.flatMap((argument: Argument) => wordsOf(name)(argument) ?? []);

function bash(commands: readonly ToldCommand[]): string[] {
  const names = commands.map(({ name }) => name);
  const values = commands.flatMap(({ name, options }) =>
    options.filter(takesValue).map((option) => {
      const pattern = flagsOf(option)
        .map((flag) => quoted(`${name} ${flag}`))
        .join('|');
      const words = wordsOf(name)(option);
      const replies = words === undefined ? 'compgen -f' : `compgen -W ${quoted(words.join(' '))}`;
      return `    ${pattern}) COMPREPLY=($(${replies} -- "$current")); return ;;`;
    }),
  );
  const options = commands.map(
    (command) => `    ${command.name}) words=${quoted(command.options.flatMap(flagsOf).join(' '))} ;;`,
  );
  const args = commands.map((command) => `    ${command.name}) words=${quoted(argumentWords(command).join(' '))} ;;`);
  return [
    '_vmemmap() {',
    '  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= word words',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case $word in ${names.join('|')}) command=$word; break ;; esac`,
    '  done',
    '  case "$command $before" in',
    ...values,
    '  esac',
    `  if [[ -z $command ]]; then COMPREPLY=($(compgen -W ${quoted([...names, '--help', '--version'].join(' '))} -- "$current")); return; fi`,
    '  if [[ $current == -* ]]; then case $command in',
    ...options,
    '  esac; else case $command in',
    ...args,
    '  esac; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o bashdefault -o default -F _vmemmap vmemmap',
  ];
}

/** Text inside an option's brackets, which zsh reads. */
const zshText = (text: string): string => text.replaceAll(/[\\[\]:]/g, (character) => `\\${character}`);

function zsh(commands: readonly ToldCommand[]): string[] {
  const action = (words: readonly string[] | undefined): string =>
    words === undefined ? '_files' : `(${words.join(' ')})`;
  const optionSpecs = ({ name, options }: ToldCommand): string[] =>
    options.flatMap((option) =>
      flagsOf(option).map((flag) => {
        const value = takesValue(option) ? `:${option.attributeName()}:${action(wordsOf(name)(option))}` : '';
        return quoted(`${flag}[${zshText(option.description)}]${value}`);
      }),
    );
  const cases = commands.map((command) => {
    const words = argumentWords(command);
    const rest = quoted(`*:argument:${action(words.length === 0 ? undefined : words)}`);
    return `        ${command.name}) _arguments ${[...optionSpecs(command), rest].join(' ')} ;;`;
  });
  const described = commands.map(({ name, description }) => `      ${quoted(`${name}:${zshText(description)}`)}`);
  return [
    '#compdef vmemmap',
    '_vmemmap() {',
    '  local state line commands',
    "  _arguments -C '1:command:->command' '*::argument:->argument'",
    '  case $state in',
    '    command)',
    '      commands=(',
    ...described,
    '      )',
    '      _describe command commands ;;',
    '    argument)',
    '      case $line[1] in',
    ...cases,
    '      esac ;;',
    '  esac',
    '}',
    'compdef _vmemmap vmemmap',
  ];
}

function fish(commands: readonly ToldCommand[]): string[] {
  const names = commands.map(({ name }) => name).join(' ');
  const first = quoted(`not __fish_seen_subcommand_from ${names}`);
  return commands.flatMap((command) => {
    const seen = quoted(`__fish_seen_subcommand_from ${command.name}`);
    const words = argumentWords(command);
    return [
      `complete -c vmemmap -f -n ${first} -a ${command.name} -d ${quoted(command.description)}`,
      ...(words.length === 0 ? [] : [`complete -c vmemmap -n ${seen} -a ${quoted(words.join(' '))}`]),
      ...command.options.map((option) => {
        const flags = flagsOf(option).map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const values = wordsOf(command.name)(option);
        const value = !takesValue(option) ? '' : values === undefined ? ' -r -F' : ` -x -a ${quoted(values.join(' '))}`;
        return `complete -c vmemmap -n ${seen} ${flags.join(' ')}${value} -d ${quoted(option.description)}`;
      }),
    ];
  });
}

const SHELLS: Readonly<Record<string, (commands: readonly ToldCommand[]) => string[]>> = { bash, zsh, fish };

/** `vmemmap completion`. Returns the exit code. */
export function completion(program: Command, shell: string, options: { output?: string }): number {
  const write = SHELLS[shell];
  if (write === undefined) throw new InputError(`the shell is "${shell}"; ${allowedAre(shell, Object.keys(SHELLS))}`);
  writeResult(write(toldCommands(program)).join('\n'), options.output);
  return EXIT_OK;
}
