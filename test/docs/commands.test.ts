// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/check/expectations.js';
import { vmemmap } from '../cli/cli.js';
import { PAGES, ROOT } from './pages.js';

/** The page of commands beside what the commands say of themselves. */

const page = PAGES.find(({ path }) => path === 'src/docs/commands.md')!;
/** Text of each section, by its heading. */
const sections = new Map(
  page.text.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

const commands = [...vmemmap('--help').stdout.matchAll(/^ {2}([a-z]+) (?:\[|<| )/gm)]
  .map(([, name = '']) => name)
  .filter((name) => name !== 'help');

const optionsOf = new Map(
  commands.map((name) => {
    const [options = ''] = /^Options:\n[\s\S]*?\n\n/m.exec(vmemmap(name, '--help').stdout) ?? [];
    return [name, [...options.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option)] as const;
  }),
);

/** Options that all commands share are explained once. */
const shared = [...sections.values()][0]!;

test('there are commands to look for', () => {
  expect(commands).toContain('run');
  expect(optionsOf.get('run')).toContain('--fail-each');
});

describe.each(commands)('vmemmap %s', (name) => {
  test('has a section, which says what each of its options is', () => {
    const section = sections.get(`vmemmap ${name}`) ?? '';
    expect(section).not.toBe('');
    expect(optionsOf.get(name)!.filter((option) => !section.includes(option) && !shared.includes(option))).toEqual([]);
  });
});

test('no section is left of a command that is gone', () => {
  expect([...sections.keys()].slice(1).filter((name) => !commands.includes(name.replace('vmemmap ', '')))).toEqual([]);
});

test('invariants and expectations are all there, in the words of the code', () => {
  const section = sections.get('vmemmap bisect')!;
  const rows = [...section.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, name, sentence]) => ({
    name,
    sentence,
  }));
  expect(rows).toEqual(CHECKS.map(({ name, sentence }) => ({ name, sentence })));
});

test('commands that pages mention in passing exist, and so do the options they name', () => {
  const unknown = PAGES.flatMap(({ path, prose }) =>
    [...prose.matchAll(/`(?:npx )?vmemmap ([a-z]+)\b([^`]*)`/g)].flatMap(([text, name = '', rest = '']) => {
      const options = optionsOf.get(name);
      const named = rest.match(/--[a-z-]+/g) ?? [];
      const known = options !== undefined && named.every((option) => options.includes(option));
      return known ? [] : [`${path}: ${text}`];
    }),
  );
  expect(unknown).toEqual([]);
});

test('links lead somewhere', () => {
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const broken = PAGES.flatMap(({ path, prose }) =>
    [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = '', fragment] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, target))) return [`${path}: ${link}`];
      if (fragment === undefined) return [];
      const headings = [...readFileSync(join(ROOT, target), 'utf8').matchAll(/^#+ (.*)$/gm)].map(
        ([, text = '']) => text,
      );
      return headings.map(anchor).includes(fragment) ? [] : [`${path}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});
