// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { PAGES, ROOT } from './pages.js';

/** What the package exports, beside its page and its docstrings. */

const program = ts.createProgram([join(ROOT, 'src', 'index.ts')], {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  skipLibCheck: true,
  types: [],
  noLib: true,
});
const checker = program.getTypeChecker();
const door = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, 'src', 'index.ts'))!)!;

const exported = checker.getExportsOfModule(door).map((symbol) => {
  const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const [declaration] = original.declarations ?? [];
  return { name: symbol.name, declaration: declaration! };
});

/** A docstring ends on the line above; what stands further up is about the file. */
function hasDocstring(declaration: ts.Declaration): boolean {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const before = statement.getSourceFile().text.slice(0, statement.getStart());
  return before.endsWith('*/\n');
}

test('every export has a docstring', () => {
  expect(exported.length).toBeGreaterThan(50);
  expect(exported.filter(({ declaration }) => !hasDocstring(declaration)).map(({ name }) => name)).toEqual([]);
});

test('the page names every export, and nothing that is none', () => {
  const page = PAGES.find(({ path }) => path === 'src/docs/library.md')!;
  const cells = [...page.prose.matchAll(/^\| (`.*?`) +\|/gm)].map(([, cell = '']) => cell);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
  expect(named.sort()).toEqual(exported.map(({ name }) => name).sort());
});
