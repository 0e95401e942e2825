// SPDX-License-Identifier: GPL-2.0-only

/** KTAP version 1, as Documentation/dev-tools/ktap.rst of the kernel has it. */

/** A test of a KTAP report: a result, or a suite of further tests. */
export type KtapTest = KtapResult | KtapSuite;

export interface KtapResult {
  name: string;
  ok: boolean;
  /** Why it was not run: a SKIP directive. */
  skip?: string;
  /** Lines that stand before the result. */
  diagnostics?: readonly string[];
}

export interface KtapSuite {
  name: string;
  tests: readonly KtapTest[];
}

const INDENT = '  ';

const isOk = (test: KtapTest): boolean => ('tests' in test ? test.tests.every(isOk) : test.ok);

/** A description may not hold "#", which begins a directive, nor a line break. */
const description = (name: string): string => name.replace(/[#\n]/g, ' ');

function lines(tests: readonly KtapTest[]): string[] {
  const body = tests.flatMap((test, i) => {
    const result = `${isOk(test) ? 'ok' : 'not ok'} ${i + 1} ${description(test.name)}`;
    if ('tests' in test) return [...lines(test.tests).map((line) => INDENT + line), result];
    const directive = test.skip === undefined ? '' : ` # SKIP ${description(test.skip)}`;
    return [...(test.diagnostics ?? []).map((line) => `# ${line}`), result + directive];
  });
  return ['KTAP version 1', `1..${tests.length}`, ...body];
}

/** The report as text. */
export const ktap = (tests: readonly KtapTest[]): string => lines(tests).join('\n');
