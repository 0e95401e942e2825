// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A process that compiles one unit with the Clang from npm: the request comes as JSON, the module goes to its output. */

interface Files {
  [name: string]: string | Files;
}

const filesOf = (folder: string): Files =>
  Object.fromEntries(
    readdirSync(folder).map((name) => {
      const path = join(folder, name);
      return [name, statSync(path).isDirectory() ? filesOf(path) : readFileSync(path, 'utf8')];
    }),
  );

async function compile(): Promise<void> {
  const { unit, folder, flags } = JSON.parse(await text(process.stdin)) as {
    unit: string;
    folder: string;
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
      [...flags, '-Iprelude', '-o', 'tree.wasm', 'tree.c'],
      { prelude: filesOf(folder), 'tree.c': unit },
      { stdout: hear, stderr: hear, fetchProgress: () => undefined },
    );
    process.stdout.write(made?.['tree.wasm'] as Uint8Array);
  } catch (error) {
    process.stderr.write(said.length > 0 ? Buffer.concat(said) : String(error));
    process.exitCode = 1;
  }
}

void compile();
