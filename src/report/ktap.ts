// SPDX-License-Identifier: GPL-2.0-only

/** KTAP version 1, as Documentation/dev-tools/ktap.rst of the kernel has it. */

/** A test of a KTAP report: a result, or a suite of further tests. */
export type KtapTest = KtapResult | KtapSuite;

export interface KtapResult {
  name: string;
  ok: boolean;
  /** Why it was not run: a SKIP directive. */
  skip?: string;
  /** What it is expected to fail of, or was: a TODO directive. It does not count against its suite. */
  todo?: string;
  /** Lines that stand before the result. */
  diagnostics?: readonly string[];
}

export interface KtapSuite {
  name: string;
  tests: readonly KtapTest[];
}

const INDENT = '  ';

const isOk = (test: KtapTest): boolean =>
  'tests' in test ? test.tests.every(isOk) : test.ok || test.todo !== undefined;

/** A description may not hold "#", which begins a directive, nor a line break. */
const description = (name: string): string => name.replace(/[#\n]/g, ' ');

function directiveOf({ skip, todo }: KtapResult): string {
  if (skip !== undefined) return ` # SKIP ${description(skip)}`;
  return todo === undefined ? '' : ` # TODO ${description(todo)}`;
}

function lines(tests: readonly KtapTest[]): string[] {
  const body = tests.flatMap((test, i) => {
    const result = (ok: boolean): string => `${ok ? 'ok' : 'not ok'} ${i + 1} ${description(test.name)}`;
    if ('tests' in test) return [...lines(test.tests).map((line) => INDENT + line), result(isOk(test))];
    return [...(test.diagnostics ?? []).map((line) => `# ${line}`), result(test.ok) + directiveOf(test)];
  });
  return ['KTAP version 1', `1..${tests.length}`, ...body];
}

/** The report as text. */
export const ktap = (tests: readonly KtapTest[]): string => lines(tests).join('\n');
