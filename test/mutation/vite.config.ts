// SPDX-License-Identifier: GPL-2.0-only

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { isAsked } from './rooms.js';

const ROOMS = join(import.meta.dirname, '..', '..', 'arch');

/** The room that a line of the suite takes tests of: arm64 of '../arch/arm64-offline.test.js'; none for what is of all rooms. */
function roomOf(line: string): string | undefined {
  const room = /'\.\.\/arch\/(\w+)/.exec(line)?.[1];
  return room !== undefined && existsSync(join(ROOMS, room)) ? room : undefined;
}

/** Takes the tests of other rooms than those that are asked out of the suite. */
const askedRooms: Plugin = {
  name: 'asked-rooms',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('/room-suite.ts')
      ? code
          .split('\n')
          .filter((line) => roomOf(line) === undefined || isAsked(line))
          .join('\n')
      : undefined,
};

/** Puts the tests that mutants have to survive into one file for mocha. */
export default defineConfig({
  plugins: [askedRooms],
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
