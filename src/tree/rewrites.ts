// SPDX-License-Identifier: GPL-2.0-only

import type { Node } from 'web-tree-sitter';

/** What a definition says in a way that no stand-in can have, put another way. Lines stay what they are. */

/** What reads an entry. */
const VALUE_OF = /^(pte|pmd|pud|p4d|pgd)_val$/;

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Entries that are written by what reads them: `pmd_val(*pmd) = …`, as s390 does up to 5.x. Here a value is no place, since
 * an entry may lie in memory in another order of bytes and whoever writes it counts; the tree's other way stands for it:
 * `set_pmd(pmd, __pmd(…))`.
 */
function entryWrite(assignment: Node, text: string): Replacement | undefined {
  const left = assignment.childForFieldName('left');
  const right = assignment.childForFieldName('right');
  if (left?.type !== 'call_expression' || right === null) return undefined;
  const [, level] = VALUE_OF.exec(left.childForFieldName('function')?.text ?? '') ?? [];
  const entry = left.childForFieldName('arguments')?.namedChild(0);
  if (level === undefined || !entry) return undefined;
  const value = text.slice(right.startIndex, right.endIndex);
  // `|=` and its kin: what is there, and the right side.
  const operation = assignment.childForFieldName('operator')!.text.slice(0, -1);
  const whole = operation === '' ? value : `${left.text} ${operation} (${value})`;
  const pointed = entry.type === 'pointer_expression' ? entry.childForFieldName('argument')!.text : undefined;
  const made = `__${level}(${whole})`;
  return {
    start: assignment.startIndex,
    end: assignment.endIndex,
    text: pointed === undefined ? `${entry.text} = ${made}` : `set_${level}(${pointed}, ${made})`,
  };
}

/** An instruction that gives C no value, such as a barrier. One that does stays, and the compiler names it. */
function barrier(instruction: Node): Replacement | undefined {
  if (instruction.descendantsOfType('gnu_asm_output_operand').length > 0) return undefined;
  const { startIndex: start, endIndex: end, text } = instruction;
  return { start, end, text: `((void)0)${text.replace(/[^\n]/g, '')}` };
}

/** What a function keeps to complain once. */
const SAID_ONCE = /^static\s+bool\s+warned\b/;

/**
 * Whether a function has complained already. Nobody hears a complaint of the page allocator here, so that the kernel acts by
 * it no more than by what is written for one call.
 */
function saidOnce({ startIndex: start, text }: Node): Replacement | undefined {
  return SAID_ONCE.test(text) ? { start, end: start, text: 'EMU_SCRATCH ' } : undefined;
}

/**
 * The text of a definition with these put the other way.
 * @param text of the whole file
 */
export function rewritten(definition: Node, text: string): string {
  const replacements = [
    ...definition.descendantsOfType('assignment_expression').flatMap((node) => entryWrite(node, text) ?? []),
    ...definition.descendantsOfType('declaration').flatMap((node) => saidOnce(node) ?? []),
    ...definition.descendantsOfType('gnu_asm_expression').flatMap((node) => barrier(node) ?? []),
  ].sort((a, b) => a.start - b.start);
  let done = definition.startIndex;
  let made = '';
  for (const { start, end, text: other } of replacements) {
    made += text.slice(done, start) + other;
    done = end;
  }
  return made + text.slice(done, definition.endIndex);
}
