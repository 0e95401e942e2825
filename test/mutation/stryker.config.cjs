// SPDX-License-Identifier: GPL-2.0-only

/** Where the copy of the tree, the report and what is known from the last run lie: where git and other tools do not look. */
const OUT = 'node_modules/.cache/mutation';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
module.exports = {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/mocha-runner'],
  testRunner: 'mocha',
  buildCommand: 'vite build --config test/mutation/vite.config.ts --logLevel warn',
  mochaOptions: { spec: ['test/mutation/suite.mjs'] },
  // All of both folders. Left out are only the words in arch/*/cpus.ts, by a comment there.
  mutate: ['arch/**/*.ts', 'src/mm/**/*.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  tempDirName: `${OUT}/sandbox`,
  incrementalFile: `${OUT}/incremental.json`,
  reporters: ['progress-append-only', 'json', 'clear-text'],
  clearTextReporter: { logTests: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: `${OUT}/report.json` },
};
