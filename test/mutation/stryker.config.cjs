// SPDX-License-Identifier: GPL-2.0-only

/** Where the copy of the tree, the report and what is known from the last run lie: where git and other tools do not look. */
const OUT = 'node_modules/.cache/mutation';
/** Rooms of arch/ that are asked alone, by the tests that reach a room: MUTATION_ROOMS=riscv64,loongarch64 npx stryker run … */
const ROOMS = process.env['MUTATION_ROOMS']?.split(',');

/**
 * Whether mutants of what runs once, when a module is loaded, are left out: MUTATION_STATIC=no. They cannot be switched on and off
 * within a process, so that each takes all tests.
 */
const IGNORES_STATIC = process.env['MUTATION_STATIC'] === 'no';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
module.exports = {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/mocha-runner'],
  testRunner: 'mocha',
  buildCommand: 'vite build --config test/mutation/vite.config.ts --logLevel warn',
  mochaOptions: { spec: ['test/mutation/suite.mjs'] },
  // All of both folders. Left out are only the words in arch/*/cpus.ts, by a comment there.
  mutate: ROOMS?.map((room) => `arch/${room}/**/*.ts`) ?? ['arch/**/*.ts', 'src/mm/**/*.ts'],
  coverageAnalysis: 'perTest',
  ignoreStatic: IGNORES_STATIC,
  concurrency: 2,
  // A run of the tests takes twice as long and more where other work is done on the machine.
  timeoutMS: 30_000,
  timeoutFactor: 3,
  tempDirName: `${OUT}/sandbox`,
  incrementalFile: `${OUT}/incremental.json`,
  reporters: ['progress-append-only', 'json', 'clear-text'],
  clearTextReporter: { logTests: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: `${OUT}/report.json` },
};
