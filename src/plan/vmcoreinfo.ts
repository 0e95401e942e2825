// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/input.js';
import { linesOf } from './printed.js';

/** VMCOREINFO: lines KEY=value that a kernel leaves for those who read its memory. It alone states sizeof(struct page). */

export interface Vmcoreinfo {
  /** OSRELEASE, as uname -r prints it. */
  kernelRelease?: string;
  /** PAGE_SIZE, bytes. */
  pageSize?: number;
  /** sizeof(struct page), bytes. */
  structPageSize?: number;
  sectionSizeBits?: number;
  vaBits?: number;
}

const NUMBERS: readonly (readonly [key: string, field: Exclude<keyof Vmcoreinfo, 'kernelRelease'>])[] = [
  ['PAGESIZE', 'pageSize'],
  ['SIZE(page)', 'structPageSize'],
  ['NUMBER(SECTION_SIZE_BITS)', 'sectionSizeBits'],
  ['NUMBER(VA_BITS)', 'vaBits'],
];

/**
 * What VMCOREINFO says of a machine. Other keys are left alone.
 * @throws InputError where it says nothing of it, or something that is no number
 */
export function importVmcoreinfo(text: string, file: string): Vmcoreinfo {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const at = line.indexOf('=');
    if (at > 0) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const info: Vmcoreinfo = {};
  const release = values.get('OSRELEASE');
  if (release !== undefined) info.kernelRelease = release;
  for (const [key, field] of NUMBERS) {
    const value = values.get(key);
    if (value === undefined) continue;
    if (!/^\d+$/.test(value)) throw new InputError(`${file}: ${key} is "${value}"; it must be a number`);
    info[field] = Number(value);
  }
  if (Object.keys(info).length > 0) return info;
  const keys = ['OSRELEASE', ...NUMBERS.map(([key]) => key)].join(', ');
  throw new InputError(`${file}: it is no VMCOREINFO; it has none of ${keys}`);
}
