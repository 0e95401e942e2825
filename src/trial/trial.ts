// SPDX-License-Identifier: GPL-2.0-only

import { auditTests } from './audit-tests.js';
import { catalogueTests } from './catalogue-tests.js';
import { differenceTests } from './difference-tests.js';
import { explorationTests } from './exploration-tests.js';
import type { Part, TestResult, Trial } from './test-result.js';

/** A kernel, be it a release or the code of a tree, is tried with all that is known of kernels. */

const TESTS: Readonly<Record<Part, (trial: Trial) => TestResult[]>> = {
  catalogue: catalogueTests,
  audit: auditTests,
  exploration: explorationTests,
  difference: differenceTests,
};

export interface PartResults {
  readonly part: Part;
  readonly results: readonly TestResult[];
}

/**
 * Runs the parts that a trial asks for.
 * @throws CodeError where the tree does not compile
 */
export const tryKernel = (trial: Trial): PartResults[] =>
  trial.parts.map((part) => ({ part, results: TESTS[part](trial) }));
