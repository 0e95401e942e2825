// SPDX-License-Identifier: GPL-2.0-only

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Code that V8 has compiled is kept beside its source, as Python keeps its own: reading the emulator's functions takes half of
 * the time of a short command. Node.js 22 and later do this by themselves.
 */

interface NodeLoader {
  readonly enableCompileCache?: () => unknown;
  readonly wrap: (source: string) => string;
  readonly _extensions: Record<string, (module: NodeJS.Module, file: string) => void>;
}

const loader = Module as unknown as NodeLoader;

/** The folder of what is kept, beside the code. */
const FOLDER = 'compiled';

type Wrapped = (exports: unknown, require: NodeJS.Require, module: NodeJS.Module, file: string, folder: string) => void;

function readKept(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Code that was compiled in this process, by where it is to be kept. */
const fresh = new Map<string, Script>();

/** Nothing is lost where it cannot be written, in a folder of somebody else's. */
function keep(path: string, script: Script): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(unfinished, script.createCachedData());
    // Another process may be reading.
    renameSync(unfinished, path);
  } catch {
    return;
  }
}

/** Code as V8 has compiled it before; where it has not, it is kept when this process ends, with all functions that have run. */
function compile(file: string, kept: string): Script {
  // The build writes ASCII only, which needs no decoding.
  const source = loader.wrap(readFileSync(file, 'latin1'));
  const cachedData = readKept(kept);
  const script = new Script(source, { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) fresh.set(kept, script);
  return script;
}

/**
 * Keeps the compiled code of the files of a folder, CommonJS modules whose names change with what they hold: by the name
 * alone it is known whose code is kept.
 */
export function keepCompiledCode(folder: string): void {
  if (loader.enableCompileCache !== undefined) {
    loader.enableCompileCache();
    return;
  }
  process.once('exit', () => fresh.forEach((script, path) => keep(path, script)));
  const load = loader._extensions['.js']!;
  // Other versions of V8, and other options, make other code.
  const kept = join(folder, FOLDER, String(cachedDataVersionTag()));
  loader._extensions['.js'] = (module, file) => {
    if (dirname(file) !== folder) {
      load(module, file);
      return;
    }
    const run = compile(file, join(kept, basename(file))).runInThisContext() as Wrapped;
    run.call(module.exports, module.exports, createRequire(file), module, file, folder);
  };
}
