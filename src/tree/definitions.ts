// SPDX-License-Identifier: GPL-2.0-only

import { createRequire } from 'node:module';
import type { Node, Parser } from 'web-tree-sitter';
import { rewritten } from './rewrites.js';

/** Definitions of a C file by a real parser (tree-sitter), with the conditions of the preprocessor around each. */

export type DefinitionKind = 'macro' | 'type' | 'variable' | 'function';

/** A definition at file level. */
export interface Definition {
  /** Path in the tree. */
  readonly file: string;
  readonly name: string;
  readonly kind: DefinitionKind;
  /** Offsets of its text in the file. */
  readonly start: number;
  readonly end: number;
  /** Line of its first character, from 1. */
  readonly line: number;
  /** Its text, annotations blanked. */
  readonly text: string;
  /** Conditions of #if that it stands under, outermost first, as expressions. */
  readonly conditions: readonly string[];
  /** The prototype of a function. */
  readonly prototype: string | undefined;
  /** Parameters of a function. */
  readonly parameters: number;
  /** It gives way to another of its name: a weak function, or a default under `#ifndef` of its own name. */
  readonly isWeak: boolean;
  /** Every identifier that its text and its conditions name, its own included. */
  readonly names: ReadonlySet<string>;
}

/**
 * Words that annotate and that C's grammar does not know. They are blanked, not cut: offsets and lines stay what they are
 * in the tree's file.
 */
const ANNOTATIONS = new RegExp(
  `\\b(?:${[
    '__meminit|__meminitdata|__init|__initdata|__init_memblock|__initdata_memblock|__ref|__refdata|__weak|__cold|__pure',
    '__read_mostly|__ro_after_init|__must_check|__always_inline|noinline|asmlinkage|__sched|__maybe_unused|__always_unused',
    'vmemmap_populate_must_hold|noinline_for_stack|__no_sanitize_address|__bootdata_preserved|__percpu|__rcu|__iomem|__force',
  ].join('|')})\\b`,
  'g',
);
const KEYWORDS = new Set(
  'if else for while do switch case return struct union enum sizeof typedef static const int long'.split(' '),
);
const DECLARATOR_NAME = new Set(['identifier', 'type_identifier', 'field_identifier']);
const CONDITIONAL = /^preproc_(if|ifdef|else|elif|elifdef)$/;
const DEFINED = /\bdefined\s*\(?\s*\w+\s*\)?/g;
const WORD = /\b[A-Za-z_]\w*\b/g;

/** Starts the C parser. @throws Error where its packages are not installed: they are optional */
export async function startParser(): Promise<Parser> {
  const { Parser, Language } = await import('web-tree-sitter');
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-c/tree-sitter-c.wasm');
  return new Parser().setLanguage(await Language.load(grammar));
}

function declaredName(declarator: Node | null | undefined): string | undefined {
  let node = declarator;
  while (node && !DECLARATOR_NAME.has(node.type)) {
    node =
      node.childForFieldName('declarator') ??
      node.namedChildren.find((child) => /declarator|identifier/.test(child.type));
  }
  return node?.text;
}

/** Conditions of the preprocessor that a node stands under; a branch behind another has the other's negated. */
function conditionsOf(node: Node): string[] {
  const conditions: string[] = [];
  let child = node;
  for (let parent = node.parent; parent; child = parent, parent = parent.parent) {
    const isOtherwise = parent.childForFieldName('alternative')?.id === child.id;
    if (parent.type === 'preproc_ifdef') {
      const isNegated = (parent.child(0)?.text === '#ifndef') !== isOtherwise;
      conditions.push(`${isNegated ? '!' : ''}defined(${parent.childForFieldName('name')!.text})`);
    } else if (parent.type === 'preproc_if' || parent.type === 'preproc_elif') {
      const condition = parent.childForFieldName('condition')!.text;
      conditions.push(isOtherwise ? `!(${condition})` : `(${condition})`);
    }
  }
  return conditions.reverse();
}

/** Parameters and variables that a function declares: their names mean nothing outside it. */
function localsOf(node: Node): Set<string> {
  const declarators = node
    .descendantsOfType(['parameter_declaration', 'declaration'])
    .flatMap((declaration) => declaration.childrenForFieldName('declarator'));
  return new Set(declarators.flatMap((declarator) => declaredName(declarator) ?? []));
}

function identifiersOf(node: Node): Set<string> {
  const names = new Set<string>();
  const visit = (at: Node): void => {
    if (at.type === 'identifier' || at.type === 'type_identifier') names.add(at.text);
    else if (at.type === 'preproc_arg') for (const [word] of at.text.matchAll(WORD)) names.add(word);
    at.children.forEach(visit);
  };
  visit(node);
  if (node.type === 'function_definition') for (const local of localsOf(node)) names.delete(local);
  return names;
}

const isPrototype = (declarator: Node): boolean =>
  declarator.type === 'function_declarator' ||
  (declarator.type === 'pointer_declarator' && declarator.descendantsOfType('function_declarator').length > 0);

/**
 * Every definition at file level. Prototypes, forward declarations and extern variables are none.
 * @param file path in the tree, for messages of the compiler
 */
export function definitionsOf(parser: Parser, file: string, source: string): Definition[] {
  const text = source.replace(ANNOTATIONS, (word) => ' '.repeat(word.length));
  const tree = parser.parse(text)!;
  const found: Definition[] = [];
  const take = (node: Node, name: string | undefined, kind: DefinitionKind, prototype?: string): void => {
    if (name === undefined || KEYWORDS.has(name)) return;
    const { startIndex: start, endIndex: end } = node;
    const head = source.slice(start, node.childForFieldName('body')?.startIndex ?? end);
    // `#ifndef name` around a default of that name: that there is no other is known when it is taken.
    const all = conditionsOf(node);
    const conditions = all.filter((condition) => condition !== `!defined(${name})`);
    const names = identifiersOf(node);
    // Whether a name is defined is asked of the configuration; its value may be a macro of the tree.
    for (const condition of conditions) {
      for (const [word] of condition.replace(DEFINED, '').matchAll(WORD)) names.add(word);
    }
    found.push({
      file,
      name,
      kind,
      start,
      end,
      line: node.startPosition.row + 1,
      text: rewritten(node, text),
      conditions,
      prototype,
      parameters: kind === 'function' ? node.descendantsOfType('parameter_declaration').length : 0,
      isWeak: conditions.length < all.length || (kind === 'function' && /\b__weak\b/.test(head)),
      names,
    });
  };
  const takeDeclaration = (node: Node): void => {
    if (node.namedChildren.some((c) => c.type === 'storage_class_specifier' && c.text === 'extern')) return;
    const declarators = node.childrenForFieldName('declarator');
    if (declarators.some(isPrototype)) return;
    for (const declarator of declarators) take(node, declaredName(declarator), 'variable');
  };
  const takeType = (node: Node): void => {
    if (node.type !== 'type_definition' && !node.childForFieldName('body')) return;
    const name = node.childForFieldName('name')?.text ?? declaredName(node.childForFieldName('declarator'));
    take(node, name ?? `(enum ${node.startIndex})`, 'type');
    for (const enumerator of node.descendantsOfType('enumerator')) {
      take(node, enumerator.childForFieldName('name')?.text, 'type');
    }
  };
  const visit = (node: Node): void => {
    for (const child of node.namedChildren) {
      if (child.type === 'function_definition') {
        const body = child.childForFieldName('body')!;
        const prototype = `${text.slice(child.startIndex, body.startIndex).trim()};`;
        take(child, declaredName(child.childForFieldName('declarator')), 'function', prototype);
      } else if (child.type === 'declaration') takeDeclaration(child);
      else if (child.type === 'preproc_def' || child.type === 'preproc_function_def') {
        const name = child.childForFieldName('name')?.text;
        // A macro that stands for itself says that a function is there.
        if (child.childForFieldName('value')?.text.trim() !== name) take(child, name, 'macro');
      } else if (/^(struct_specifier|union_specifier|enum_specifier|type_definition)$/.test(child.type))
        takeType(child);
      else if (child.type === 'ERROR' || CONDITIONAL.test(child.type)) visit(child);
    }
  };
  visit(tree.rootNode);
  tree.delete();
  return found;
}
