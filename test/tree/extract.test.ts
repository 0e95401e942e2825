// SPDX-License-Identifier: GPL-2.0-only

import type { Parser } from 'web-tree-sitter';
import { beforeAll, describe, expect, test } from 'vitest';
import { closureOf, closureText } from '../../src/tree/closure.js';
import { definitionsOf, startParser } from '../../src/tree/definitions.js';

let parser: Parser;
beforeAll(async () => {
  parser = await startParser();
});

const SOURCE = `
#define STEP(x) ((x) + WIDTH)
#ifdef CONFIG_WIDE
#define WIDTH 8
#else
#define WIDTH 4
#endif
enum kind { FIRST, SECOND };
extern int elsewhere;
static int counter;
int __weak __meminit answer(void)
{
	return 1;
}
#ifndef twice
static inline int twice(int x) { return x * 2; }
#define twice twice
#endif
#if defined(CONFIG_A) && !defined(CONFIG_B)
int __meminit work(int a, int b)
{
	counter = SECOND;
	return STEP(twice(a)) + answer() + missing(b);
}
#endif
int unrelated(void) { return 0; }
`;

const parse = (source: string, file = 'mm/a.c') => definitionsOf(parser, file, source);
const named = (name: string, source = SOURCE) => parse(source).filter((d) => d.name === name);

describe('definitions of a C file', () => {
  test('bear the conditions of the preprocessor that they stand under, else-branches the negation', () => {
    expect(named('WIDTH').map((d) => d.conditions)).toEqual([['defined(CONFIG_WIDE)'], ['!defined(CONFIG_WIDE)']]);
    expect(named('work')[0]!.conditions).toEqual(['(defined(CONFIG_A) && !defined(CONFIG_B))']);
  });

  test('keep their line, though annotations are blanked', () => {
    const [work] = named('work');
    expect(work).toMatchObject({ kind: 'function', line: 20, parameters: 2 });
    expect(work!.text).not.toContain('__meminit');
    expect(work!.text.split('\n')).toHaveLength(5);
  });

  test('are found by their enumerators, and are no declarations of what is elsewhere', () => {
    expect(named('SECOND')[0]).toMatchObject({ kind: 'type' });
    expect(named('elsewhere')).toEqual([]);
  });

  test('of a default do not stand under the absence of their own name, and a macro of itself is none', () => {
    expect(named('twice').map((d) => [d.kind, d.conditions])).toEqual([['function', []]]);
  });

  test('write an entry by what sets it, also where the tree assigns to its value', () => {
    const [write] = named(
      'write',
      'void write(pmd_t *p, pte_t e) { pmd_val(*p) = a |\n b; pte_val(e) &= ~BIT; other(*p) = 1; }',
    );
    expect(write!.text).toBe(
      'void write(pmd_t *p, pte_t e) { set_pmd(p, __pmd(a |\n b)); e = __pte(pte_val(e) & (~BIT)); other(*p) = 1; }',
    );
  });

  test('say which give way to another of their name', () => {
    expect(named('answer')[0]!.isWeak).toBe(true);
    expect(named('work')[0]!.isWeak).toBe(false);
  });
});

describe('the closure of an entry point', () => {
  test('holds what is called and named, no more, and tells what is nowhere', () => {
    const { taken, outside } = closureOf(parse(SOURCE), ['work'], new Set());
    expect(taken.map((d) => d.name)).toEqual(['STEP', 'WIDTH', 'WIDTH', 'kind', 'counter', 'answer', 'twice', 'work']);
    expect(outside).toContain('missing');
  });

  test('ends where a stand-in has a name', () => {
    const { taken } = closureOf(parse(SOURCE), ['work'], new Set(['twice', 'STEP']));
    expect(taken.map((d) => d.name)).toEqual(['kind', 'counter', 'answer', 'work']);
  });

  test('leaves a weak function out where there is another', () => {
    const strong = parse('int answer(void) { return 2; }', 'arch/b.c');
    const { taken } = closureOf([...parse(SOURCE), ...strong], ['answer'], new Set());
    const text = closureText(taken, new Set());
    expect(text).toContain('return 2');
    expect(text).not.toContain('return 1');
  });

  test('tells the compiler where each function stands in the tree', () => {
    const { taken } = closureOf(parse(SOURCE), ['work'], new Set());
    expect(closureText(taken, new Set())).toContain('#line 20 "mm/a.c"\nint           work(int a, int b)');
  });

  test('gives a function that something stands in front of another name for its body, and both prototypes', () => {
    const { taken } = closureOf(parse('int f(int x) { return x; }\nint g(void) { return f(1); }'), ['g'], new Set());
    const text = closureText(taken, new Set(['f']));
    expect(text).toContain('int f(int x);\nint f__tree(int x);');
    expect(text).toContain('int f__tree(int x) { return x; }');
    expect(text).toContain('int g(void) { return f(1); }');
  });
});
