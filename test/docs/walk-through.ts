// SPDX-License-Identifier: GPL-2.0-only

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PAGES, ROOT, type Block, type Page } from './pages.js';

/**
 * The TypeScript of the pages, compiled in a copy of the sources. A `ts` block with `file=NAME` is that file; a `diff`
 * block changes one, by as many lines as it shows. A `ts` block without a name is a program that imports the package.
 */

const FOLDERS = ['src', 'arch'];
const FILES = ['package.json', 'tsconfig.json', 'LICENSE'];
/** Where programs of the pages lie in the copy. */
const PROGRAMS = 'bench';
/** Languages whose blocks with `file=` belong to the sources, and not to the folder that commands run in. */
export const CHANGES_TREE: ReadonlySet<string> = new Set(['ts', 'diff']);

/** Lines of a hunk as they are before, or after. */
const side = (hunk: readonly string[], sign: '-' | '+'): string =>
  hunk
    .filter((line) => line.startsWith(sign) || line.startsWith(' '))
    .map((line) => `${line.slice(1)}\n`)
    .join('');

/** Puts what a `diff` block adds in the place of what it takes away. Hunks are parted by lines that begin with "@@". */
function change(path: string, text: string): void {
  let source = readFileSync(path, 'utf8');
  for (const hunk of text.trimEnd().split(/^@@.*\n/m)) {
    const lines = hunk
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => (line === '' ? ' ' : line));
    const before = side(lines, '-');
    if (source.split(before).length !== 2) throw new Error(`${path} has not once:\n${before}`);
    source = source.replace(before, () => side(lines, '+'));
  }
  writeFileSync(path, source);
}

function put(root: string, { language, file, text }: Block): void {
  const path = join(root, file!);
  if (language === 'diff') {
    change(path, text);
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The name under which a program of a page lies in the copy, without its ending. */
export const programName = (page: Page, block: Block): string =>
  `${PROGRAMS}/${basename(page.path, '.md').toLowerCase()}-${dirname(page.path).replaceAll(/\W/g, '-')}-${block.line}`;

async function makeTree(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'vmemmap-tree-'));
  for (const folder of FOLDERS) cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  for (const file of FILES) cpSync(join(ROOT, file), join(root, file));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  symlinkSync(join(ROOT, 'test'), join(root, 'test'));
  mkdirSync(join(root, PROGRAMS));
  for (const page of PAGES) {
    for (const block of page.blocks) {
      if (!CHANGES_TREE.has(block.language)) continue;
      if (block.file !== undefined) put(root, block);
      else writeFileSync(join(root, `${programName(page, block)}.ts`), block.text);
    }
  }
  try {
    await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
  } catch (error) {
    throw new Error(`the pages do not compile:\n${(error as { stdout: string }).stdout}`);
  }
  return root;
}

let tree: Promise<string> | undefined;

/** The copy, compiled once for all pages. @returns its root */
export const walkThroughTree = (): Promise<string> => (tree ??= makeTree());

/** Takes the copy away, if one was made. */
export async function removeWalkThroughTree(): Promise<void> {
  if (tree !== undefined) rmSync(await tree, { recursive: true });
}
