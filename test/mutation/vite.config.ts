// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { defineConfig } from 'vite';

/** Puts the tests that mutants have to survive into one file for mocha. */
export default defineConfig({
  resolve: { alias: { vitest: join(import.meta.dirname, 'vitest-on-mocha.ts') } },
  build: {
    ssr: `test/mutation/${process.env['MUTATION_ROOMS'] === undefined ? 'suite' : 'room-suite'}.ts`,
    outDir: 'test/mutation',
    emptyOutDir: false,
    target: 'es2022',
    minify: false,
    rolldownOptions: { output: { entryFileNames: 'suite.mjs' } },
  },
});
