// SPDX-License-Identifier: GPL-2.0-only

import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PAGES, ROOT, type Block, type Page } from './pages.js';

/**
 * The TypeScript of the pages, compiled in a copy of the sources. A `ts` block with `file=NAME` is that file, or where
 * the file exists its lines are added to it: imports on top, the rest behind the line that opens the first list. A block
 * without a name is a program that imports the package.
 */

const FOLDERS = ['src', 'arch'];
const FILES = ['package.json', 'tsconfig.json'];
/** Where programs of the pages lie in the copy. */
const PROGRAMS = 'bench';

const OPENS_LIST = /^(export )?const .*= [[{]$/m;

function addLines(path: string, text: string): void {
  const isImport = (line: string): boolean => line.startsWith('import ');
  const lines = text.trimEnd().split('\n');
  const source = readFileSync(path, 'utf8');
  const opens = OPENS_LIST.exec(source);
  if (opens === null) throw new Error(`${path} has no list to add to`);
  const at = opens.index + opens[0].length;
  const added = lines.filter((line) => line !== '' && !isImport(line)).join('\n');
  writeFileSync(path, `${lines.filter(isImport).join('\n')}\n${source.slice(0, at)}\n${added}${source.slice(at)}`);
}

function put(root: string, { file, text }: Block): void {
  const path = join(root, file!);
  if (existsSync(path)) {
    addLines(path, text);
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
      if (block.language !== 'ts') continue;
      if (block.file !== undefined) put(root, block);
      // A program is a module, also where it imports nothing.
      else appendFileSync(join(root, `${programName(page, block)}.ts`), `${block.text}\nexport {};\n`);
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
