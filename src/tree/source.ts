// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Parser } from 'web-tree-sitter';
import type { CodeMachine } from '../kernel/memmap-code.js';
import { closureOf, closureText } from './closure.js';
import { definitionsOf, type Definition } from './definitions.js';
import {
  ENTRY_POINTS,
  GENERIC_CONFIGURATION,
  GENERIC_FILES,
  LAST_FILES,
  SEAMS,
  type Configuration,
  type Target,
} from './targets.js';

import { TreeError } from './tree-error.js';

/** A Linux tree on disk, and what is taken out of it for an architecture. */

/** What was taken out of a tree: C that compiles with the stand-ins around it. */
export interface Extract {
  /** The tree's C. It is the user's, and goes to the compiler alone. */
  readonly text: string;
  /** Macros that the stand-ins look at. */
  readonly defines: readonly string[];
  /** Where each function of the closure is defined: "file:line". */
  readonly places: Readonly<Record<string, string>>;
  /** Kconfig names that decide in it. */
  readonly configured: readonly string[];
}

const MAX_FILE_BYTES = 8 * 2 ** 20;
const COMMENT = /\/\*[^]*?\*\/|\/\/[^\n]*/g;
const CONFIG_NAME = /\bCONFIG_\w+/g;
/** Fields of struct page that the kernel's own code reads of pages since boot: there are no struct pages to read. */
const PAGE_FIELD = /\bpage->(?:freelist|index|private)\b/g;

/** The version of a tree from its Makefile, such as "6.12.117". @throws TreeError */
export function versionOf(path: string): string {
  const makefile = readOf(path, 'Makefile');
  if (makefile === undefined)
    throw new TreeError(`${path} has no Makefile; a Linux tree has one that says its version`);
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}\\s*=\\s*(\\d+)\\s*$`, 'm').exec(makefile)?.[1];
  const [major, minor, patch] = [value('VERSION'), value('PATCHLEVEL'), value('SUBLEVEL')];
  if (major === undefined || minor === undefined) {
    throw new TreeError(`${path}/Makefile says no VERSION and PATCHLEVEL; a Linux tree's does`);
  }
  return [major, minor, ...(patch === undefined || patch === '0' ? [] : [patch])].join('.');
}

/** A file of a tree; undefined where there is none. */
function readOf(path: string, file: string): string | undefined {
  const at = join(path, file);
  if (!existsSync(at)) return undefined;
  const { size } = statSync(at);
  if (size > MAX_FILE_BYTES)
    throw new TreeError(`${at} has ${size} bytes; files of a tree have at most ${MAX_FILE_BYTES}`);
  return readFileSync(at, 'utf8');
}

const ARCH_HEADER = /^arch\/\w+\/include\//;

/**
 * Files of a tree that an architecture is made of, with their text; those that the tree does not have are left out. The
 * architecture's headers stand first: conditions of the generic ones ask for their macros.
 */
export function filesFor(path: string, target: Target): { file: string; text: string }[] {
  const headers = target.files.filter((file) => ARCH_HEADER.test(file));
  const sources = target.files.filter((file) => !ARCH_HEADER.test(file));
  return [...headers, ...GENERIC_FILES, ...sources, ...LAST_FILES].flatMap((file) => {
    const text = readOf(path, file);
    return text === undefined ? [] : [{ file, text }];
  });
}

/**
 * Names that the stand-ins define whatever the tree; those under `#ifdef WANT_name` only where the tree has none, those
 * under `#ifdef HAVE_name` only where it has one.
 */
function standInNames(parser: Parser, headers: readonly { file: string; text: string }[]) {
  const always = new Set<string>();
  const wanted = new Set<string>();
  for (const { file, text } of headers) {
    for (const { name, conditions } of definitionsOf(parser, file, text)) {
      if (conditions.some((condition) => condition.includes('WANT_'))) wanted.add(name);
      else if (!conditions.some((condition) => condition.includes('HAVE_'))) always.add(name);
    }
  }
  return { always, wanted };
}

/**
 * Takes what an architecture needs out of a tree.
 * @param files of {@link filesFor}
 * @param headers the stand-ins' files
 * @throws TreeError where an entry point is in none of the files
 */
export function extract(
  parser: Parser,
  path: string,
  target: Target,
  files: readonly { file: string; text: string }[],
  headers: readonly { file: string; text: string }[],
): Extract {
  const { always, wanted } = standInNames(parser, headers);
  const definitions = files.flatMap(({ file, text }) =>
    definitionsOf(parser, file, text).map((d) => underCondition(d, target.conditions?.[file])),
  );
  const entryPoints = [...ENTRY_POINTS, ...target.entryPoints];
  const { taken, outside } = closureOf(definitions, entryPoints, always);
  const lost = entryPoints.filter((name) => outside.has(name));
  if (lost.length > 0) {
    const needed = files.map(({ file }) => file).join(', ');
    throw new TreeError(
      `${path}: ${lost.join(', ')} cannot be found for ${target.arch}; looked into ${needed || 'no file'}`,
    );
  }
  return {
    text: closureText(taken, new Set([...SEAMS, ...(target.seams ?? [])])).replace(PAGE_FIELD, 'emu_page_magic(page)'),
    defines: [
      ...definesOf(taken, headers),
      ...[...wanted].filter((name) => outside.has(name)).map((name) => `WANT_${name}`),
    ],
    places: Object.fromEntries(
      taken.filter(({ kind }) => kind === 'function').map(({ name, file, line }) => [name, `${file}:${line}`]),
    ),
    configured: [...new Set(taken.flatMap(configNamesOf))].sort(),
  };
}

const underCondition = (definition: Definition, condition: string | undefined): Definition =>
  condition === undefined ? definition : { ...definition, conditions: [condition, ...definition.conditions] };

const configNamesOf = ({ text, conditions }: Definition): string[] =>
  [text.replace(COMMENT, ''), ...conditions].flatMap((part) => part.match(CONFIG_NAME) ?? []);

/** What the stand-ins ask of the tree's definitions: HAVE_name, and how many parameters some functions have. */
function definesOf(taken: readonly Definition[], headers: readonly { text: string }[]): string[] {
  const asked = new Set(headers.flatMap(({ text }) => text.match(/\bHAVE_\w+/g) ?? []));
  const types = taken.filter(({ kind }) => kind === 'type').map(({ text }) => text);
  const has = (name: string): boolean =>
    taken.some((d) => d.name === name) || types.some((text) => new RegExp(`\\b${name}\\b`).test(text));
  const parameters = (name: string): number =>
    Math.max(...taken.filter((d) => d.name === name).map((d) => d.parameters));
  const altmapFree = taken.findLast(({ name }) => name === 'vmem_altmap_free');
  return [
    ...[...asked].filter((name) => has(name.slice('HAVE_'.length))),
    `REMOVE_PAGES_PARAMETERS=${parameters('__remove_pages')}`,
    `POPULATE_SECTION_PARAMETERS=${parameters('__populate_section_memmap')}`,
    `VMEM_ALTMAP_FREE_LINKAGE=${/\bstatic\b/.test(altmapFree?.prototype ?? '') ? 'static' : ''}`,
  ];
}

/**
 * The Kconfig names that a tree's own configuration says, if it is one for the architecture.
 * @param path of the tree
 */
export function configOf(path: string, target: Target): Configuration {
  const text = readOf(path, '.config');
  if (text === undefined || !new RegExp(`^${target.mark}=y$`, 'm').test(text)) return new Map();
  return new Map(
    [...text.matchAll(/^(?:# )?(CONFIG_\w+)(?:=([ym])| is not set)$/gm)].map((m) => [m[1]!, m[2] !== undefined]),
  );
}

/**
 * Values of the names that decide in what was taken, as macros.
 * @param said by the user, ahead of what the machine says, of what is built in and of the tree's .config
 * @throws TreeError where nobody says a name
 */
export function configure(
  path: string,
  target: Target,
  { configured }: Extract,
  said: Configuration,
  machine: CodeMachine,
): string[] {
  const own = configOf(path, target);
  const ofMachine = new Map<string, number | boolean>(Object.entries(target.of?.(machine) ?? {}));
  const builtIn = new Map(Object.entries({ ...GENERIC_CONFIGURATION, ...target.configuration }));
  const names = new Set([...configured, ...ofMachine.keys()]);
  const values = [...names].map((name) => ({
    name,
    value: said.get(name) ?? ofMachine.get(name) ?? builtIn.get(name) ?? own.get(name),
  }));
  const unknown = values.filter(({ value }) => value === undefined).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new TreeError(
      `${path}: ${unknown.join(', ')} ${unknown.length === 1 ? 'decides' : 'decide'} what the ${target.arch} code does, and nobody says whether it is set; say --config ${unknown[0]!}=y or =n`,
    );
  }
  return values.flatMap(({ name, value }) => {
    if (typeof value === 'number') return [`#define ${name} ${value}`];
    return value === true ? [`#define ${name} 1`] : [];
  });
}
