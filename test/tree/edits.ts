// SPDX-License-Identifier: GPL-2.0-only

import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MemoryChoice } from '../../src/explore/alphabet.js';
import { GENERIC_FILES, LAST_FILES, targetOf } from '../../src/tree/targets.js';

/** A fault that is put into a copy of a tree: one line. */
export interface Fault {
  readonly file: string;
  /** The function that is edited: the first of the name. */
  readonly in: string;
  readonly find: RegExp;
  readonly put: string;
}

/** A fault that a search finds. */
export interface Edit extends Fault {
  /** What goes wrong. */
  readonly what: string;
  /** The shortest sequence in which the edited tree parts from its own: sections by their number, altmaps where they have one. */
  readonly shortest: string;
  /** What memory holds, where the fault shows in dirty memory alone. */
  readonly memory?: MemoryChoice;
}

const X86 = 'arch/x86/mm/init_64.c';
const SPARSE_VMEMMAP = 'mm/sparse-vmemmap.c';

export const EDITS: readonly Edit[] = [
  {
    what: 'the order of a leaf is forgotten',
    file: X86,
    in: 'free_hugepage_table',
    find: /get_order\(\w+\)/,
    put: '0',
    shortest: 'add 0, remove 0',
  },
  {
    what: 'an altmap gets one page of a leaf back',
    file: X86,
    in: 'free_hugepage_table',
    find: /PMD_SIZE \/ PAGE_SIZE/,
    put: '1',
    shortest: 'add 0 own, remove 0 own',
  },
  {
    what: 'what is remembered as unused is not written before a new leaf',
    file: X86,
    in: 'vmemmap_use_new_sub_pmd',
    find: /vmemmap_flush_unused_pmd\(\)/,
    put: '(void)0',
    shortest: 'add 0, add 2',
  },
  {
    what: 'the unused head of a leaf is marked behind its place',
    file: X86,
    in: 'vmemmap_use_new_sub_pmd',
    find: /memset\(\(void \*\)page/,
    put: 'memset((void *)start',
    shortest: 'add 1',
  },
  {
    what: 'what was written as unused is still remembered',
    file: X86,
    in: 'vmemmap_flush_unused_pmd',
    find: /unused_pmd_start = 0/,
    put: '(void)0',
    shortest: 'add 0, add 2',
  },
  {
    what: 'a part that goes out of use is filled with zeroes',
    file: X86,
    in: 'vmemmap_pmd_is_unused',
    find: /PAGE_UNUSED/,
    put: '0',
    shortest: 'add 0, remove 0',
  },
  {
    what: 'a leaf that ends at its end counts as a part',
    file: X86,
    in: 'vmemmap_set_pmd',
    find: /IS_ALIGNED\(next,/,
    put: 'IS_ALIGNED(next + 1,',
    shortest: 'add 0',
  },
  {
    what: 'the entry of a leaf that goes stays',
    file: X86,
    in: 'remove_pmd_table',
    find: /pmd_clear\(pmd\)/,
    put: '(void)0',
    shortest: 'add 0, remove 0',
  },
  {
    what: 'the altmap is not passed on',
    file: X86,
    in: 'vmemmap_populate',
    find: /node, altmap\)/,
    put: 'node, NULL)',
    shortest: 'add 0 own',
  },
  {
    what: 'an altmap counts one page of what it gives',
    file: SPARSE_VMEMMAP,
    in: 'altmap_alloc_block_buf',
    find: /->alloc \+= \w+/,
    put: '->alloc += 1',
    shortest: 'add 0 own',
  },
  {
    what: 'the end of a new table is not cleared',
    file: SPARSE_VMEMMAP,
    in: 'vmemmap_alloc_block_zero',
    find: /0, size\)/,
    put: '0, size - 512)',
    shortest: 'add 0',
    memory: '0xfd',
  },
];

/** The text of a file with an edit in it, in the body of the function alone. @throws Error where there is no such place */
function edited(text: string, { in: name, find, put }: Fault): string {
  const head = new RegExp(`\\b${name}\\([^;{]*\\{`).exec(text);
  if (head === null) throw new Error(`no function ${name}`);
  const end = text.indexOf('\n}', head.index);
  const body = text.slice(head.index, end);
  if (!find.test(body)) throw new Error(`${name}: ${String(find)} is nowhere`);
  return text.slice(0, head.index) + body.replace(find, put) + text.slice(end);
}

/** Fixes that a tree has, each taken back in one line, with the entry of the catalogue that was fixed. */
export const TAKEN_BACK: readonly (Fault & { readonly bug: string })[] = [
  {
    bug: 'order-forgotten',
    file: X86,
    in: 'free_hugepage_table',
    find: /get_order\(\w+\)/,
    put: '0',
  },
  {
    bug: 'stale-section-mem-map',
    file: SPARSE_VMEMMAP,
    in: 'section_deactivate',
    find: /ms->section_mem_map = \(unsigned long\)NULL/,
    put: '(void)0',
  },
];

/** A copy of what is taken of a tree for x86_64, with an edit in it. Returns its path. */
export function editedTree(tree: string, edit: Fault): string {
  const copy = mkdtempSync(join(tmpdir(), 'vmemmap-edited-'));
  for (const file of ['Makefile', ...GENERIC_FILES, ...targetOf('x86_64').files, ...LAST_FILES]) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    try {
      cpSync(join(tree, file), join(copy, file));
    } catch {
      // A file that this tree does not have.
    }
  }
  const path = join(copy, edit.file);
  writeFileSync(path, edited(readFileSync(path, 'utf8'), edit));
  return copy;
}
