// SPDX-License-Identifier: GPL-2.0-only

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages of documentation, and what of them can be run: fenced blocks, by language. */

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Block {
  /** First word behind the fence: console, json, ts, diff, sh, output. */
  readonly language: string;
  /** What the info string says behind it: `file=NAME`. */
  readonly file: string | undefined;
  /** Number of the line of the fence, from 1. */
  readonly line: number;
  readonly text: string;
}

export interface Page {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text without fenced blocks. */
  readonly prose: string;
}

/** The API reference, if it was built: made of docstrings, and nobody's text. */
const BUILT = join('src', 'docs', 'api');

const FENCE = /^( *)```(\w*)(?: file=(\S+))?\n([\s\S]*?)^\1```$/gm;

function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = [...text.matchAll(FENCE)].map((match): Block => {
    const [, indent = '', language = '', file, content = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    return { language, file, line, text: content.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
  return { path, text, blocks, prose: text.replaceAll(FENCE, '') };
}

const markdownIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .filter((path) => !path.startsWith(BUILT));

/** Every page: those of src/ and arch/ are found, so that none is forgotten. */
export const PAGES: readonly Page[] = ['README.md', ...markdownIn('src'), ...markdownIn('arch')].sort().map(readPage);
