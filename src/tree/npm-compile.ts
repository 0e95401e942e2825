// SPDX-License-Identifier: GPL-2.0-only

import { text } from 'node:stream/consumers';
import type { StandIn } from './compiler.js';

/** A process that compiles one unit with the Clang from npm: the request comes as JSON, the module goes to its output. */

interface Folder {
  [name: string]: string | Folder;
}

/** Files by their paths as the folder that they lie in. */
function folderOf(files: readonly StandIn[]): Folder {
  const root: Folder = {};
  for (const { file, text } of files) {
    const names = file.split('/');
    const last = names.pop()!;
    let folder = root;
    for (const name of names) folder = (folder[name] ??= {}) as Folder;
    folder[last] = text;
  }
  return root;
}

async function compile(): Promise<void> {
  const { unit, files, flags } = JSON.parse(await text(process.stdin)) as {
    unit: string;
    files: readonly StandIn[];
    flags: string[];
  };
  // It tells there how much of itself it has loaded, whatever is asked for; here the module goes there alone.
  console.log = () => undefined;
  const { commands } = await import('@yowasp/clang');
  const said: Uint8Array[] = [];
  const hear = (bytes: Uint8Array | null): void => {
    if (bytes !== null) said.push(bytes);
  };
  try {
    const made = await commands.clang(
      [...flags, '-Istand-ins', '-o', 'tree.wasm', 'tree.c'],
      { 'stand-ins': folderOf(files), 'tree.c': unit },
      { stdout: hear, stderr: hear, fetchProgress: () => undefined },
    );
    process.stdout.write(made?.['tree.wasm'] as Uint8Array);
  } catch (error) {
    process.stderr.write(said.length > 0 ? Buffer.concat(said) : String(error));
    process.exitCode = 1;
  }
}

void compile();
