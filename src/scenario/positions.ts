// SPDX-License-Identifier: GPL-2.0-only

import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';

/** Where in the text of a JSON file something stands. */

/** Line and column, counted from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export const positionText = ({ line, column }: Position): string => `${line}:${column}`;

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** JSON as its grammar has it, without what editors allow besides. */
const STRICT = { disallowComments: true, allowTrailingComma: false };

const REASONS: Readonly<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidSymbol: 'this is no value',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'a name in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing brace is missing',
  CloseBracketExpected: 'a closing bracket is missing',
  EndOfFileExpected: 'something follows the end',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString: 'a string has no closing quote',
  UnexpectedEndOfNumber: 'a number has no digits',
  InvalidUnicode: 'a \\u has no four hex digits',
  InvalidEscapeCharacter: 'no such character can stand behind a backslash',
  InvalidCharacter: 'a control character stands in a string',
  '<unknown ParseErrorCode>': 'it cannot be read here',
};

/** What keeps a text from being JSON, and where; empty where nothing is found. */
export function syntaxErrors(text: string): { reason: string; position: Position }[] {
  const errors: ParseError[] = [];
  parseTree(text, errors, STRICT);
  // What follows at the same place follows from the first.
  const firsts = errors.filter(({ offset }, i) => errors[i - 1]?.offset !== offset);
  return firsts.map(({ error, offset }) => ({
    reason: REASONS[printParseErrorCode(error)],
    position: positionOf(text, offset),
  }));
}

/** A place in a value: the names and numbers that lead to it. */
export type Path = readonly (string | number)[];

/** The names that lead to what a sentence is about: "steps[2].size is …". */
export function pathOf(sentence: string): Path {
  const [field = ''] = /^[a-zA-Z][\w.[\]]*/.exec(sentence) ?? [];
  return field.split(/[.[\]]+/).flatMap((part) => (part === '' ? [] : [/^\d+$/.test(part) ? Number(part) : part]));
}

/** Tells where values of a text stand, or the names of fields; what is not there stands where it is missing. */
export function positionsIn(text: string): (path: Path, ofName: boolean) => Position {
  const root = parseTree(text, [], STRICT);
  const find = (path: Path): Node | undefined => root && findNodeAtLocation(root, [...path]);
  return (path, ofName) => {
    const found = path.map((_, i) => find(path.slice(0, path.length - i))).find((node) => node !== undefined) ?? root;
    return positionOf(text, (ofName ? found?.parent : found)?.offset ?? 0);
  };
}
