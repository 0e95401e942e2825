// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture, Told } from '../../arch/architecture.js';
import { ARCHITECTURES } from '../scenario/names.js';
import { InputError } from '../scenario/input.js';
import { linesOf, shortened } from './printed.js';

/** VMCOREINFO: lines KEY=value that a kernel leaves for those who read its memory. It alone states sizeof(struct page). */

/** What the keys of a VMCOREINFO say. */
export interface Vmcoreinfo extends Told {
  /** The emulator's name of the architecture, as far as the keys or the release's name tell it. */
  arch?: string;
  /** OSRELEASE, as uname -r prints it. */
  kernelRelease?: string;
  /** PAGE_SIZE, bytes. */
  pageSize?: number;
  /** sizeof(struct page), bytes. */
  structPageSize?: number;
  sectionSizeBits?: number;
}

/** A number of VMCOREINFO, and what it can be. */
interface NumberKey {
  readonly key: string;
  readonly field: 'pageSize' | 'structPageSize' | 'sectionSizeBits' | 'vaBits';
  readonly from: number;
  readonly to: number;
}

const NUMBERS: readonly NumberKey[] = [
  { key: 'PAGESIZE', field: 'pageSize', from: 4096, to: 65536 },
  { key: 'SIZE(page)', field: 'structPageSize', from: 8, to: 256 },
  { key: 'NUMBER(SECTION_SIZE_BITS)', field: 'sectionSizeBits', from: 21, to: 34 },
  { key: 'NUMBER(VA_BITS)', field: 'vaBits', from: 36, to: 57 },
];

const architectureOf = (values: ReadonlyMap<string, string>): Architecture | undefined =>
  ARCHITECTURES.find(({ vmcoreinfo }) => vmcoreinfo?.keys.some((key) => values.has(key))) ??
  ARCHITECTURES.find(({ vmcoreinfo }) => vmcoreinfo?.releaseEnd.test(values.get('OSRELEASE') ?? ''));

/**
 * What VMCOREINFO says of a machine. Other keys are left alone.
 * @throws InputError where it says nothing of it, or something that cannot be
 */
export function importVmcoreinfo(text: string, file: string): Vmcoreinfo {
  const values = new Map<string, string>();
  for (const { text: line } of linesOf(text)) {
    const at = line.indexOf('=');
    if (at > 0) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const numberOf = (key: string, from: number, to: number): number | undefined => {
    const value = values.get(key);
    if (value === undefined) return undefined;
    const number = /^(\d{1,15}|0x[0-9a-f]{1,12})$/i.test(value) ? Number(value) : NaN;
    if (number >= from && number <= to) return number;
    throw new InputError(`${file}: ${key} is "${shortened(value)}"; it must be a number from ${from} to ${to}`);
  };
  const info: Vmcoreinfo = {};
  const release = values.get('OSRELEASE');
  if (release !== undefined) info.kernelRelease = release;
  for (const { key, field, from, to } of NUMBERS) {
    const number = numberOf(key, from, to);
    if (number !== undefined) info[field] = number;
  }
  const architecture = architectureOf(values);
  if (architecture !== undefined) {
    Object.assign(info, { arch: architecture.name, ...architecture.vmcoreinfo?.machine?.(numberOf) });
  }
  if (Object.keys(info).length > 0) return info;
  const keys = ['OSRELEASE', ...NUMBERS.map(({ key }) => key)].join(', ');
  throw new InputError(`${file}: it is no VMCOREINFO; it has none of ${keys}`);
}
