// SPDX-License-Identifier: GPL-2.0-only

import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'rolldown';
import { licences } from './licences.js';
import { sourceLines, type SourceLine } from './source-lines.js';

/**
 * Bundles the command line into dist/cli. Half of the time of a short command goes into opening the 200 files that it is
 * made of, and into parts of packages that nobody calls; what one command alone needs stands in files of its own.
 */

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What every command needs that runs a scenario: one file. */
const RUNS_SCENARIOS = /\/src\/(check\/checked-run|cli\/scenario-file|report\/text)\.ts$/;

/** Functions of the kernel are known by the folder of their source file, which a bundle does not have. */
const SOURCE_LINES = 'source-lines.json';
const ASKS_SOURCE_LINES = `
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
let sourceLines;
bundledFrom((file, line) => {
  sourceLines ??= JSON.parse(readFileSync(new URL('./${SOURCE_LINES}', import.meta.url), 'utf8'));
  return sourceLines[basename(file)]?.findLast(([from]) => from <= line)?.[1] ?? file;
});
`;

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

const tellSourceLines: Plugin = {
  name: 'source-lines',
  // No line moves by what is appended, so there is no new map.
  transform: (code, id) =>
    id.endsWith('/src/check/kernel-stack.ts') ? { code: code + ASKS_SOURCE_LINES, map: null } : undefined,
  // A text of Latin letters takes half of the memory, and no decoding.
  renderChunk: (code) => ({ code: code.replace(/[^\0-\x7f]/g, escaped), map: null }),
  generateBundle(_options, bundle) {
    const lines: Record<string, SourceLine[]> = {};
    for (const [name, part] of Object.entries(bundle)) {
      if (part.type !== 'chunk') {
        // The map has told what it knows.
        Reflect.deleteProperty(bundle, name);
        continue;
      }
      // A chunk without code of its own, which passes names on, has no map.
      if (part.map !== null) lines[name] = sourceLines(part.map);
    }
    this.emitFile({ type: 'asset', fileName: SOURCE_LINES, source: JSON.stringify(lines) });
    this.emitFile({ type: 'asset', fileName: 'package.json', source: JSON.stringify({ type: 'commonjs' }) });
  },
};

export default defineConfig({
  cwd: here('../..'),
  platform: 'node',
  input: {
    main: here('../cli/main.ts'),
    // What runs in a thread or a process of its own is found beside the file that starts it.
    'thread-worker': here('../cli/thread-worker.ts'),
    'crew-worker': here('../explore/crew-worker.ts'),
    'progress-worker': here('../cli/progress-worker.ts'),
    'npm-compile': here('../tree/npm-compile.ts'),
  },
  // Packages with files besides their code, and what is loaded only where it runs.
  external: [/^(benchmark|tinypool|web-tree-sitter|tree-sitter-c|@yowasp\/clang)(\/|$)/],
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] }, mainFields: ['module', 'main'] },
  tsconfig: false,
  plugins: [tellSourceLines, licences(here('../../dist/cli/LICENCES.txt'))],
  output: {
    dir: here('../../dist/cli'),
    format: 'cjs',
    // Code that was kept imports nothing: Node.js loads packages of either kind by require().
    dynamicImportInCjs: false,
    minify: false,
    comments: { annotation: false, jsdoc: false, legal: true },
    sourcemap: 'hidden',
    entryFileNames: '[name].js',
    // Whose compiled code is kept is known by the file's name.
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: [{ name: 'emulator', test: RUNS_SCENARIOS }] },
  },
});
