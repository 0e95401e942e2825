// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/**
 * Builds the emulator into one script that a worker runs. Names of functions stay, since a stack is told by them, and the
 * script says which of its lines come from which file.
 */

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here('../../../package.json'), 'utf8')) as { version: string };

/** How the bundler marks where a file begins. */
const FILE = /^\s*\/\/ ((?:src|arch|node_modules)\/\S+)$/;

const sourceLines: Plugin = {
  name: 'source-lines',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const part of Object.values(bundle)) {
      if (part.type !== 'chunk') continue;
      const lines = part.code.split('\n').flatMap((line, i): [number, string][] => {
        const file = FILE.exec(line)?.[1];
        // A path as a stack has it: something stands before its folders.
        return file === undefined ? [] : [[i + 1, `/${file}`]];
      });
      if (lines.length === 0) this.error('the bundle does not say which file its lines come from');
      part.code += `\nvar SOURCE_LINES = ${JSON.stringify(lines)};\n`;
    }
  },
};

export default defineConfig({
  root: here('../../..'),
  define: { VMEMMAP_VERSION: JSON.stringify(version) },
  build: {
    outDir: here('../../../dist/src/page'),
    emptyOutDir: false,
    minify: false,
    target: 'es2022',
    lib: { entry: here('../emulator/worker.ts'), formats: ['iife'], name: 'emulator', fileName: () => 'emulator.js' },
  },
  plugins: [sourceLines],
});
