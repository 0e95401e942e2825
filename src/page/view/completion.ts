// SPDX-License-Identifier: GPL-2.0-only

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';

/** Names and values that a scenario may have at a place, from its JSON Schema; and where in a text a mistake is. */

type Schema = Readonly<Record<string, unknown>>;
type Path = (string | number)[];

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
const list = (value: unknown): Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

/** A schema with what it refers to put in its place, and its alternatives one by one. */
function alternatives(root: Schema, schema: unknown): Schema[] {
  if (!isSchema(schema)) return [];
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    const target = $ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, name) => (isSchema(at) ? at[name] : undefined), root);
    return alternatives(root, target);
  }
  const several = [...list(schema['anyOf']), ...list(schema['oneOf'])];
  return several.length > 0 ? several.flatMap((one) => alternatives(root, one)) : [schema];
}

/** Of alternatives those that an object is one of, by the constants that it has. */
function fitting(schemas: Schema[], object: Readonly<Record<string, unknown>>): Schema[] {
  const fits = (schema: Schema): boolean =>
    Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).every(([name, field]) => {
      const wanted = field['const'];
      return wanted === undefined || object[name] === undefined || object[name] === wanted;
    });
  const some = schemas.filter(fits);
  return some.length > 0 ? some : schemas;
}

/** The value that a node is, as far as it is whole. */
function valueOf(state: EditorState, node: SyntaxNode): unknown {
  try {
    return JSON.parse(state.sliceDoc(node.from, node.to)) as unknown;
  } catch {
    return undefined;
  }
}

/** What an object says so far, of simple values. */
function fieldsOf(state: EditorState, object: SyntaxNode): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (let child = object.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Property') continue;
    const name = child.getChild('PropertyName');
    const value = child.lastChild;
    if (name !== null && value !== null && value !== name) fields[String(valueOf(state, name))] = valueOf(state, value);
  }
  return fields;
}

/** The names and places that lead to a node, and the objects on the way. */
function pathTo(state: EditorState, node: SyntaxNode): { path: Path; objects: Record<string, unknown>[] } {
  const path: Path = [];
  const objects: Record<string, unknown>[] = [];
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    const { parent } = at;
    if (at.name === 'Object') objects.unshift(fieldsOf(state, at));
    if (parent?.name === 'Property' && at.name !== 'PropertyName') {
      path.unshift(String(valueOf(state, parent.getChild('PropertyName')!)));
    } else if (parent?.name === 'Array') {
      let index = 0;
      for (let before = at.prevSibling; before !== null; before = before.prevSibling)
        if (!/[[\],]/.test(before.name)) index++;
      path.unshift(index);
    }
  }
  return { path, objects };
}

/** Schemas that a place may have. */
function schemasAt(root: Schema, path: Path, objects: Record<string, unknown>[]): Schema[] {
  let schemas = alternatives(root, root);
  let depth = 0;
  for (const step of path) {
    if (typeof step === 'number') schemas = schemas.flatMap((schema) => alternatives(root, schema['items']));
    else {
      schemas = fitting(schemas, objects[depth++] ?? {}).flatMap((schema) => {
        const fields = (schema['properties'] ?? {}) as Record<string, unknown>;
        return alternatives(root, fields[step] ?? schema['additionalProperties']);
      });
    }
  }
  const last = objects[depth];
  return last === undefined ? schemas : fitting(schemas, last);
}

const quoted = (value: unknown): string => JSON.stringify(value);

/** Values that a schema names. */
function valuesOf(schema: Schema): unknown[] {
  if (schema['const'] !== undefined) return [schema['const']];
  if (Array.isArray(schema['enum'])) return schema['enum'];
  return schema['type'] === 'boolean' ? [true, false] : [];
}

/** Completes names of fields, and values where there are a few. */
export function completeFrom(schema: unknown): (context: CompletionContext) => CompletionResult | null {
  const root: Schema = isSchema(schema) ? schema : {};
  return (context) => {
    const { state, pos } = context;
    const node = syntaxTree(state).resolveInner(pos, -1);
    const word = context.matchBefore(/"?[\w-]*/);
    if (word === null || (word.from === word.to && !context.explicit)) return null;
    const property = node.name === 'PropertyName' ? node.parent : node.name === 'Property' ? node : null;
    const isName =
      node.name === 'PropertyName' || node.name === 'Object' || (node.name === '⚠' && node.parent?.name === 'Object');
    const object = isName ? (property?.parent ?? (node.name === 'Object' ? node : node.parent)) : null;
    if (object?.name === 'Object') {
      const { path, objects } = pathTo(state, object);
      const has = fieldsOf(state, object);
      const names = new Map<string, Completion>();
      for (const one of schemasAt(root, path, objects)) {
        for (const [name, field] of Object.entries((one['properties'] ?? {}) as Record<string, Schema>)) {
          if (name in has && !word.text.includes(name)) continue;
          const { description } = field;
          names.set(name, {
            label: quoted(name),
            apply: `${quoted(name)}: `,
            type: 'property',
            ...(typeof description === 'string' ? { info: description } : {}),
          });
        }
      }
      return { from: word.from, options: [...names.values()] };
    }
    const { path, objects } = node.name === 'Property' ? withName(state, node) : pathTo(state, node);
    const values = new Set(schemasAt(root, path, objects).flatMap(valuesOf).map(quoted));
    return { from: word.from, options: [...values].map((label) => ({ label, type: 'enum' })) };
  };
}

/** The path to the value of a property that has none yet. */
function withName(state: EditorState, property: SyntaxNode): { path: Path; objects: Record<string, unknown>[] } {
  const { path, objects } = pathTo(state, property);
  const name = property.getChild('PropertyName');
  return { path: name === null ? path : [...path, String(valueOf(state, name))], objects };
}

/** Where in the text a path leads, as far as it goes. */
export function placeOf(state: EditorState, path: readonly (string | number)[]): { from: number; to: number } {
  let node: SyntaxNode | null = syntaxTree(state).topNode.firstChild;
  for (const step of path) {
    let next: SyntaxNode | null = null;
    if (node?.name === 'Object') {
      for (const property of node.getChildren('Property')) {
        const name = property.getChild('PropertyName');
        if (name !== null && valueOf(state, name) === step) next = property.lastChild;
      }
    } else if (node?.name === 'Array' && typeof step === 'number') {
      const values: SyntaxNode[] = [];
      for (let child = node.firstChild; child !== null; child = child.nextSibling)
        if (!/^[[\],]$/.test(child.name)) values.push(child);
      next = values[step] ?? null;
    }
    if (next === null) break;
    node = next;
  }
  if (path.length === 0 || node === null) {
    const broken = firstError(state);
    return broken ?? { from: 0, to: Math.min(1, state.doc.length) };
  }
  return { from: node.from, to: Math.max(node.from + 1, Math.min(node.to, state.doc.lineAt(node.from).to)) };
}

/** The first place that is no JSON. */
function firstError(state: EditorState): { from: number; to: number } | undefined {
  let found: { from: number; to: number } | undefined;
  syntaxTree(state).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) found ??= { from, to: Math.min(state.doc.length, Math.max(to, from + 1)) };
    },
  });
  return found;
}
