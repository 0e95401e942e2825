// SPDX-License-Identifier: GPL-2.0-only

import type { Definition } from './definitions.js';

/** What the entry points of a tree need of it, as one C text. */

/** The call closure of entry points. */
export interface Closure {
  /** Definitions in the order of the files, and within a file in that of their lines. */
  readonly taken: readonly Definition[];
  /** Names that are used and that no file given defines: stand-ins, locals, parameters. */
  readonly outside: ReadonlySet<string>;
}

/**
 * Follows the names that definitions use, from the entry points on.
 * @param definitions of all files, in the order in which they stand in the result
 * @param stop names that a stand-in has: they are not followed
 */
export function closureOf(
  definitions: readonly Definition[],
  entryPoints: readonly string[],
  stop: ReadonlySet<string>,
): Closure {
  const byName = new Map<string, Definition[]>();
  for (const definition of definitions) {
    const found = byName.get(definition.name);
    if (found === undefined) byName.set(definition.name, [definition]);
    else found.push(definition);
  }
  const wanted = new Set<string>();
  const outside = new Set<string>();
  const visit = (name: string): void => {
    if (wanted.has(name) || stop.has(name)) return;
    const found = byName.get(name);
    if (found === undefined) {
      outside.add(name);
      return;
    }
    wanted.add(name);
    for (const definition of found) definition.names.forEach(visit);
  };
  entryPoints.forEach(visit);
  // A type with enumerators, or a declaration of several variables, is found by each of their names.
  const places = new Set<string>();
  const taken = definitions.filter(({ name, file, start }) => {
    const place = `${file}:${start}`;
    if (!wanted.has(name) || places.has(place)) return false;
    places.add(place);
    return true;
  });
  return { taken, outside };
}

const conditional = ({ conditions }: Definition, text: string): string =>
  conditions.length === 0 ? text : `#if ${conditions.join(' && ')}\n${text}\n#endif`;

/**
 * The closure as C: macros, types, variables, prototypes of all functions, functions. The preprocessor decides what is
 * compiled, by the conditions that each definition has in the tree; `#line` makes the compiler speak of the tree's lines.
 * @param seams functions that a stand-in stands in front of: their body bears the name with `__tree` behind it
 */
export function closureText(taken: readonly Definition[], seams: ReadonlySet<string>): string {
  const strong = taken.filter((d) => !d.isWeak);
  // What gives way is there where none of the others is.
  const kept = taken.flatMap((d) => {
    const others = d.isWeak ? strong.filter(({ name }) => name === d.name) : [];
    if (others.some(({ conditions }) => conditions.length === 0)) return [];
    const absent = others.map(({ conditions }) => `!(${conditions.join(' && ')})`);
    return [{ ...d, conditions: [...d.conditions, ...absent] }];
  });
  const of = (kind: Definition['kind']): Definition[] => kept.filter((d) => d.kind === kind);
  const renamed = ({ name }: Definition, text: string): string =>
    seams.has(name) ? text.replace(new RegExp(`\\b${name}\\b`), `${name}__tree`) : text;
  const placed = (d: Definition, text: string): string => conditional(d, `#line ${d.line} "${d.file}"\n${text}`);
  const prototypes = (d: Definition): string =>
    seams.has(d.name) ? `${d.prototype!}\n${renamed(d, d.prototype!)}` : d.prototype!;
  return [
    ...of('macro').map((d) => placed(d, d.text.replace(/\n$/, ''))),
    ...of('type').map((d) => placed(d, /;\s*$/.test(d.text) ? d.text : `${d.text};`)),
    ...of('variable').map((d) => placed(d, d.text)),
    ...of('function').map((d) => conditional(d, prototypes(d))),
    ...of('function').map((d) => placed(d, renamed(d, d.text))),
    '',
  ].join('\n');
}
