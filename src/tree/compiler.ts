// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MIB } from '../hardware/units.js';

/** Clang: the machine's, or the one that npm brings as WebAssembly. */

/** A file that a unit includes. */
export interface StandIn {
  /** Its path as an `#include` names it. */
  readonly file: string;
  readonly text: string;
}

/** What a unit may include. */
export interface StandIns {
  /** Where the files lie. */
  readonly folder: string;
  readonly files: readonly StandIn[];
}

export interface Compiler {
  /** For people. */
  readonly title: string;
  /** What tells one compiler from another: its output may differ. */
  readonly identity: string;
  /**
   * Compiles and links one unit.
   * @param unit C text
   * @param standIns what it includes
   * @param flags of Clang
   * @returns the module, or what the compiler said
   */
  compile(unit: string, standIns: StandIns, flags: readonly string[]): Uint8Array<ArrayBuffer> | string;
}

/** Names that Clang has on machines; all of these link for WebAssembly. The first that is found, newest first. */
const NAMES = ['clang', ...Array.from({ length: 11 }, (_, i) => `clang-${24 - i}`)];
const MAX_OUTPUT = 64 * MIB;
/** A compiler that does not come back within this is stopped, ms. */
const TIME_LIMIT = 180_000;

/**
 * Flags of every compilation. A wasm64 module traps where a pointer that is only a number is followed; NULL is not above
 * the memory's end, so the sanitizer looks for it. A missing stand-in is an error, whatever other warnings are off.
 */
export const FLAGS: readonly string[] = [
  '--target=wasm64-unknown-unknown',
  ...['-O2', '-ffreestanding', '-fno-builtin-memset', '-mbulk-memory', '-nostdlib', '-std=gnu11'],
  ...['-Wno-everything', '-Werror=implicit-function-declaration', '-Werror=int-conversion', '-ferror-limit=0'],
  ...['-fsanitize=null', '-fsanitize-trap=null', '-fno-caret-diagnostics'],
  ...['-Wl,--no-entry', '-Wl,--export=__stack_pointer', '-Wl,--export=__heap_base', '-Wl,--export=__global_base'],
  ...['-Wl,-z,stack-size=65536', '-Wl,--stack-first', `-Wl,--max-memory=${1024 * MIB}`],
];

function onPath(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return realpathSync(path);
    } catch {
      // Not there: the next folder.
    }
  }
  return undefined;
}

/** Whether a Clang makes 64-bit modules, which needs its linker beside it. */
const links = (path: string): boolean =>
  onPath('wasm-ld') !== undefined ||
  onPath(`wasm-ld${/-\d+$/.exec(path)?.[0] ?? ''}`) !== undefined ||
  hasOwnLinker(path);

function hasOwnLinker(path: string): boolean {
  const { stdout } = spawnSync(path, ['-print-prog-name=wasm-ld'], { encoding: 'utf8' });
  return stdout.trim().includes('/');
}

const native = (path: string): Compiler => ({
  title: path,
  identity: `${path} ${statSync(path).mtimeMs} ${statSync(path).size}`,
  compile(unit, { folder }, flags) {
    const scratch = mkdtempSync(join(tmpdir(), 'vmemmap-tree-'));
    const output = join(scratch, 'tree.wasm');
    try {
      const { status, stderr, error } = spawnSync(
        path,
        [...FLAGS, ...flags, `-I${folder}`, '-x', 'c', '-', '-o', output],
        {
          input: unit,
          encoding: 'utf8',
          timeout: TIME_LIMIT,
          maxBuffer: MAX_OUTPUT,
          env: { ...process.env, TMPDIR: scratch },
        },
      );
      if (status === 0) return new Uint8Array(readFileSync(output));
      return stderr || (error?.message ?? `it ended with status ${status ?? 'none'}`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
});

/** The compiler from npm runs in a process of its own: it takes half a gigabyte, and stays a call that returns. */
function fromNpm(): Compiler | undefined {
  let version: string;
  try {
    version = manifestVersion(createRequire(import.meta.url).resolve('@yowasp/clang'));
  } catch {
    return undefined;
  }
  return {
    title: `@yowasp/clang ${version}`,
    identity: `@yowasp/clang ${version}`,
    compile(unit, { files }, flags) {
      const script = fileURLToPath(new URL('./npm-compile.js', import.meta.url));
      const { status, stdout, stderr, error } = spawnSync(process.execPath, [...process.execArgv, script], {
        input: JSON.stringify({ unit, files, flags: [...FLAGS, ...flags] }),
        timeout: TIME_LIMIT,
        maxBuffer: MAX_OUTPUT,
      });
      if (status === 0) return new Uint8Array(stdout);
      return stderr.toString() || (error?.message ?? `it ended with status ${status ?? 'none'}`);
    },
  };
}

function manifestVersion(entry: string): string {
  const manifest = entry.replace(/([/\\]@yowasp[/\\]clang[/\\]).*$/, '$1package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/**
 * The compiler that is used: the one named, the machine's, or npm's.
 * @param name a program, or "npm"; what the machine has if not given
 * @returns undefined where there is none
 */
export function findCompiler(name?: string): Compiler | undefined {
  if (name === 'npm') return fromNpm();
  if (name !== undefined) {
    const path = onPath(name) ?? (name.includes('/') ? realpathSync(name) : undefined);
    return path === undefined ? undefined : native(path);
  }
  for (const candidate of NAMES) {
    const path = onPath(candidate);
    if (path !== undefined && links(path)) return native(path);
  }
  return fromNpm();
}
