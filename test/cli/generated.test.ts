// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { OUTPUT_SCHEMAS } from '../../src/report/output-schemas/index.js';
import { file } from './cli.js';
import { vmemmapHere } from './here.js';

/** What is made from the one definition of the commands, and of the forms of files. */

const printed = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await vmemmapHere(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
};

/** Names of commands, as the program's help has them. */
const commands = async (): Promise<string[]> =>
  [...(await printed('--help')).matchAll(/^ {2}([a-z]+) (?:\[|<| )/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');

describe('completion', () => {
  /** Types a line into an interactive zsh, and Tab behind it; says what stands there then. */
  const IN_ZSH = `
    zmodload zsh/zpty
    export OUT=$(mktemp)
    zpty shell zsh -f -i
    zpty -w shell "autoload -Uz compinit; compinit -u -D; source $1"
    zpty -w shell "show() { print -r -- \\$BUFFER >| $OUT; BUFFER= }; zle -N show; bindkey '^X' show"
    shift
    for line in "$@"; do
      : >| $OUT
      zpty -w -n shell "$line"$'\\t\\x18'
      until [[ -s $OUT ]]; do sleep 0.02; done
      cat $OUT
    done
    zpty -d shell
    rm $OUT`;
  const IN_BASH = `source "$1"; shift
    for line in "$@"; do
      COMP_WORDS=($line); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _vmemmap; echo "\${line% *} \${COMPREPLY[*]}"
    done`;
  const IN_FISH = `source $argv[1]; for line in $argv[2..]; echo (string replace -r ' [^ ]*$' '' $line) (complete -C $line | string split -f1 \\t); end`;

  /** What each shell makes of lines that end in the beginning of a word. */
  const SHELLS: readonly [string, (script: string, lines: readonly string[]) => string[]][] = [
    ['bash', (script, lines) => ['--norc', '-c', IN_BASH, 'bash', script, ...lines]],
    ['zsh', (script, lines) => ['-f', '-c', IN_ZSH, 'zsh', script, ...lines]],
    ['fish', (script, lines) => ['--no-config', '-c', IN_FISH, '--', script, ...lines]],
  ];
  const COMPLETED: readonly [string, string][] = [
    ['vmemmap repr', 'vmemmap repro'],
    ['vmemmap run --fail', 'vmemmap run --fail-each'],
    ['vmemmap run --kernel proposal/free', 'vmemmap run --kernel proposal/free-any-leaf'],
    ['vmemmap repro tail-', 'vmemmap repro tail-keeps-leaf'],
    ['vmemmap explore --arch arm', 'vmemmap explore --arch arm64'],
    ['vmemmap plan --mmu h', 'vmemmap plan --mmu hash'],
  ];

  test.for(SHELLS)('%s completes commands, options and the names that they take', async ([shell, args], { skip }) => {
    if (spawnSync(shell, ['--version']).error !== undefined) skip(`${shell} is not there`);
    const script = file(`vmemmap.${shell}`, await printed('completion', shell));
    const { stdout, stderr } = spawnSync(
      shell,
      args(
        script,
        COMPLETED.map(([line]) => line),
      ),
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
    expect(stderr).toBe('');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(COMPLETED.map(([, whole]) => whole));
  });

  test.each(['bash', 'zsh', 'fish'])('%s has every command and its options', async (shell) => {
    const text = await printed('completion', shell);
    for (const name of await commands()) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
    expect(text).toMatch(shell === 'fish' ? /-l fail-each\b/ : /--fail-each\b/);
  });

  test('another shell is refused', async () => {
    expect(await vmemmapHere('completion', 'bsh')).toMatchObject({
      status: 2,
      stderr: 'vmemmap: the shell is "bsh"; allowed are bash, zsh, fish; did you mean "bash"?\n',
    });
  });
});

describe('the manual', () => {
  test('has a page for each command, and one that lists them', async () => {
    const all = await printed('man');
    for (const name of await commands()) {
      expect(all).toContain(`.BR vmemmap\\-${name} (1)`);
      expect(await printed('man', name)).toMatch(new RegExp(`^\\.TH VMEMMAP-${name.toUpperCase()} 1 `));
    }
  });

  test('has options and examples, with nothing in them that man reads as a request', async () => {
    const page = await printed('man', 'run');
    expect(page).toContain('.B \\-J, \\-\\-json\nprint the result as JSON (schema run, runs, fail\\-each, events)\n');
    expect(page).toContain('vmemmap run scenario.json \\-\\-json | jq .findings');
    const requests = [...page.matchAll(/^[.'].*$/gm)].map(([line]) => line.split(' ')[0]);
    expect(new Set(requests)).toEqual(new Set(['.TH', '.SH', '.B', '.TP', '.PP', '.nf', '.fi', '.BR']));
  });
});

interface JsonSchema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly [key: string]: unknown;
}

/** Fields of a schema that say nothing of themselves. */
function silentFields(schema: unknown, place = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...others } = schema as JsonSchema;
  const own = Object.entries(properties).flatMap(([name, field]) => [
    ...(field.description === undefined ? [`${place}.${name}`] : []),
    ...silentFields(field, `${place}.${name}`),
  ]);
  return [...own, ...Object.values(others).flatMap((part) => silentFields(part, place))];
}

describe('schemas', () => {
  const names = ['scenario', 'cpu-profile', ...Object.keys(OUTPUT_SCHEMAS)];

  test.each(names)('%s has an id, and says what each field is', async (name) => {
    const schema = JSON.parse(await printed('schema', name)) as JsonSchema;
    expect(schema.$id).toBe(`urn:vmemmap:schema:${name}`);
    expect(silentFields(schema)).toEqual([]);
  });

  test('a scenario may name its schema', async () => {
    const scenario = {
      $schema: './scenario.json',
      machine: { arch: 's390' },
      steps: [{ op: 'use', pfn: 0, nrPages: 1 }],
    };
    expect((await vmemmapHere('run', file('with-schema.json', JSON.stringify(scenario)))).status).toBe(0);
  });
});
