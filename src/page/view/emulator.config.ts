// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { sourceLines } from '../../build/source-lines.js';

/**
 * Builds the emulator into one script that a worker runs. Names of functions stay, since a stack is told by them, and the
 * script says which of its lines come from which file.
 */

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here('../../../package.json'), 'utf8')) as { version: string };

const tellSourceLines: Plugin = {
  name: 'source-lines',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const [name, part] of Object.entries(bundle)) {
      if (part.type !== 'chunk') {
        // The map has told what it knows.
        Reflect.deleteProperty(bundle, name);
        continue;
      }
      const { map } = part;
      if (map === null) this.error('the bundle does not say which file its lines come from');
      part.code += `\nvar SOURCE_LINES = ${JSON.stringify(sourceLines(map))};\n`;
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
    sourcemap: 'hidden',
    target: 'es2022',
    lib: { entry: here('../emulator/worker.ts'), formats: ['iife'], name: 'emulator', fileName: () => 'emulator.js' },
  },
  plugins: [tellSourceLines],
});
