// SPDX-License-Identifier: GPL-2.0-only

import { format } from 'node:util';
import { ASYMMETRIC_MATCHERS_OBJECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

/**
 * What the tests import from vitest, told to mocha. Vitest loads everything anew for each mutant, which takes ten times
 * as long as the tests; mocha loads once and switches mutants on and off. The assertions are vitest's own.
 */

type Body = (...values: readonly unknown[]) => unknown;
type Definer = (name: string, body: () => unknown) => unknown;

const mocha = globalThis as unknown as {
  readonly describe: Definer;
  readonly it: Definer;
  readonly before: (body: () => unknown) => void;
  readonly after: (body: () => unknown) => void;
};

/** "$name" and "$profile.name" stand for what a case has there, "%s" and its like for values in their order. */
function title(name: string, values: readonly unknown[]): string {
  const [first] = values;
  const filled = name.replace(/\$([\w.]+)/g, (_, path: string) =>
    format(
      '%s',
      path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], first),
    ),
  );
  return /%[sdijo]/.test(filled) ? format(filled, ...values).split('\n')[0]! : filled;
}

const withEach = (definer: Definer) =>
  Object.assign((name: string, body: Body) => definer(name, () => body()), {
    each: (cases: readonly unknown[]) => (name: string, body: Body) =>
      cases.forEach((each) => {
        const values: readonly unknown[] = Array.isArray(each) ? each : [each];
        definer(title(name, values), () => body(...values));
      }),
    runIf: (is: boolean) => (name: string, body: Body) => {
      if (is) definer(name, () => body());
    },
  });

export const describe = withEach((name, body) =>
  mocha.describe(name, () => {
    body();
  }),
);
export const test = withEach((name, body) => mocha.it(name, body));
export const beforeAll = (body: () => unknown): void => mocha.before(() => body());
export const afterAll = (body: () => unknown): void => mocha.after(() => body());

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
const matchers = (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT]!;
export const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  matchers,
);
