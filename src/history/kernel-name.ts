// SPDX-License-Identifier: GPL-2.0-only

/** How people and `uname -r` name a kernel: "6.12", "v6.12", "6.6.50", "6.12.117+deb12-amd64", "5.14.0-427.el9.x86_64". */

/** A kernel's name, taken apart. */
export interface KernelName {
  /** The mainline release that it descends from: "6.12". */
  readonly series: string;
  /** Patch level of a stable release; 0 where the name has none, or has 0. */
  readonly patch: number;
  /** "-rc7", or empty. */
  readonly candidate: string;
  /** What a distribution or a builder appended: "+deb12-amd64"; or empty. */
  readonly suffix: string;
}

const KERNEL_NAME =
  /^v?([1-9]\d?\.(?:0|[1-9]\d?))(?:\.(0|[1-9]\d{0,3}))?(-rc[1-9]\d?)?((?:[-+~_]|\.(?=[a-z]))[\w.+~-]+)?$/;

/** A number that counts uploads, then a flavour: "-56-amd64" behind 6.1.0 is some 6.1.y, and the name does not say which. */
const DEBIAN_SUFFIX = /^-\d+(?:\.bpo\.\d+)?-(?:[a-z]+-)*(?:amd64|arm64|powerpc64le|s390x|riscv64|loong64)(?:-|$)/;

/** Takes a kernel's name apart; undefined if it is none. */
export function parseKernelName(name: string): KernelName | undefined {
  const [, series, patch, candidate, suffix] = KERNEL_NAME.exec(name.trim()) ?? [];
  if (series === undefined) return undefined;
  return { series, patch: Number(patch ?? 0), candidate: candidate ?? '', suffix: suffix ?? '' };
}

/** "6.1 with arm64/altmap without hvo": a kernel, and words that say which behaviours it has besides or lacks. */
const EDIT = / +(with|without) +(\S+)/g;
const EDITED_NAME = /^(\S+)((?: +(?:with|without) +\S+)+)$/;

/** A behaviour that a kernel has though its release has not, or lacks though its release has it. */
export interface NamedEdit {
  /** A trait's name. */
  readonly trait: string;
  readonly has: boolean;
}

/** A kernel's name and what is said to be different in it. */
export function splitEdits(name: string): { base: string; edits: NamedEdit[] } {
  const [, base, words] = EDITED_NAME.exec(name.trim()) ?? [];
  if (base === undefined || words === undefined) return { base: name.trim(), edits: [] };
  const edits = [...words.matchAll(EDIT)].map(([, word, trait]) => ({ trait: trait!, has: word === 'with' }));
  return { base, edits };
}

/** Whether a name hides the patch level of a stable release, as Debian's did up to version 12. */
export const hidesPatchLevel = ({ patch, suffix }: KernelName): boolean => patch === 0 && DEBIAN_SUFFIX.test(suffix);
