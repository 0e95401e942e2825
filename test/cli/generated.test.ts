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
  /** What bash offers for words of a command line, of which the last is being written. */
  function offered(script: string, ...words: string[]): string[] {
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `source "$0"; COMP_WORDS=(vmemmap "$@"); COMP_CWORD=$#; _vmemmap; printf '%s\\n' "\${COMPREPLY[@]}"`,
        script,
        ...words,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  }

  test('bash knows commands, options and the names that they take', async () => {
    const script = file('vmemmap.bash', await printed('completion', 'bash'));
    expect(offered(script, 'repr')).toEqual(['repro']);
    expect(offered(script, 'run', '--fail')).toEqual(['--fail-each']);
    expect(offered(script, 'run', '--kernel', '6.12')).toEqual(['6.12', '6.12.117']);
    expect(offered(script, 'run', '--kernel', 'proposal/free')).toEqual(['proposal/free-any-leaf']);
    expect(offered(script, 'repro', 'tail-')).toEqual(['tail-keeps-leaf']);
    expect(offered(script, 'explore', '--arch', 'arm')).toEqual(['arm64']);
    expect(offered(script, 'plan', '--mmu', 'h')).toEqual(['hash']);
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
