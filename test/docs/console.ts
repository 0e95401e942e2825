// SPDX-License-Identifier: GPL-2.0-only

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, type Block, type Page } from './pages.js';
import { CHANGES_TREE } from './walk-through.js';

/**
 * Runs `console` blocks as a reader would type them: a line that begins with "$ " is a command for a shell, what follows
 * is what it prints, on standard output and standard error. A line "…" stands for one line and more that are left out.
 */

const PROMPT = '$ ';
const ELISION = '…';
const MAX_OUTPUT = 2 ** 24;

export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

const withoutLastBlanks = (lines: readonly string[]): string[] => lines.join('\n').trimEnd().split('\n');

/** The commands of a block with what they are said to print. */
export function shownIn({ text }: Block): Shown[] {
  const shown: { command: string; output: string[] }[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith(PROMPT)) shown.push({ command: line.slice(PROMPT.length), output: [] });
    else shown.at(-1)?.output.push(line);
  }
  return shown.map(({ command, output }) => ({ command, output: withoutLastBlanks(output) }));
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What output must match so that it is what is shown. */
export function patternOf(output: readonly string[]): RegExp {
  const lines = output.map((line) => (line.trim() === ELISION ? '(?:.*\n)+' : `${escaped(line)}\n`));
  return new RegExp(`^${lines.join('')}$`);
}

/** A folder for the files of a page, in which paths into the repository are good too. */
function workFolder(root: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vmemmap-docs-'));
  for (const name of ['src', 'arch', 'test']) symlinkSync(join(root, name), join(folder, name));
  return folder;
}

/** The command line of a tree: bundled in this one; a changed copy is compiled only. */
const mainOf = (root: string): string => join(root, root === ROOT ? 'dist/cli/main.js' : 'dist/src/cli/main.js');

/** A folder with an `npx` that runs the command line of one tree, as it does in a clone, and nothing else. */
function npxOf(root: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vmemmap-npx-'));
  const npx = join(folder, 'npx');
  writeFileSync(
    npx,
    `#!/bin/sh\n[ "$1" = vmemmap ] || exit 127\nshift\nexec "${process.execPath}" "${mainOf(root)}" "$@"\n`,
  );
  chmodSync(npx, 0o755);
  return folder;
}

/**
 * Runs all commands of a page in one shell, and in a folder of their own.
 * @param root the tree whose command line is meant
 * @returns what each printed, without blanks at its end
 */
export async function runPage(page: Page, root = ROOT): Promise<string[]> {
  const folder = workFolder(root);
  for (const { language, file, text } of page.blocks) {
    if (file === undefined || CHANGES_TREE.has(language)) continue;
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const mark = `--- ${Math.random().toString(36).slice(2)} ---`;
  const commands = page.blocks.filter(({ language }) => language === 'console').flatMap(shownIn);
  // The mark keeps the exit code of the command before it, so that `echo $?` shows that.
  const script = [
    'exec 2>&1',
    `mark() { code=$?; printf '%s\\n' '${mark}'; return $code; }`,
    ...commands.map(({ command }) => `mark; ${command}`),
    'mark',
    'exit 0',
  ];
  const npx = npxOf(root);
  const env = { ...process.env, PATH: `${npx}:${process.env['PATH'] ?? ''}`, LC_ALL: 'C.UTF-8' };
  const { stdout } = await promisify(execFile)('sh', ['-c', script.join('\n')], {
    cwd: folder,
    env,
    maxBuffer: MAX_OUTPUT,
  }).finally(() => {
    for (const made of [folder, npx]) rmSync(made, { recursive: true });
  });
  return stdout
    .split(`${mark}\n`)
    .slice(1, -1)
    .map((output) => output.trimEnd());
}
