// SPDX-License-Identifier: GPL-2.0-only

import type { Cell } from '../audit/audit.js';
import type { BugVerdict } from '../catalogue/repro.js';
import type { Release } from '../history/releases.js';
import type { FileVerdict } from '../recordings/verify.js';
import { findKernelRelease } from '../scenario/names.js';

/** What threads do for commands. Inputs and results go from one thread to another: they are data, and releases are names. */

export interface VerifyInput {
  readonly file: string;
  /** What replays it, and whose recordings it may hold. */
  readonly on?: { readonly kernel: string; readonly version: string } | undefined;
}

export interface ReproInput {
  /** Index of the entry. */
  readonly bug: number;
  readonly kernels: readonly string[];
}

export interface ValidateInput {
  /** Index of the machine in `auditedMachines()`. */
  readonly machine: number;
  /** Names of shapes. */
  readonly shapes: readonly string[];
  readonly kernels: readonly string[];
}

const released = (names: readonly string[]): Release[] => names.map((name) => findKernelRelease(name));

export const JOBS = {
  /** One file. @throws InputError */
  verify: async ({ file, on }: VerifyInput): Promise<FileVerdict> => {
    const { verifyFile } = await import('../recordings/verify.js');
    return verifyFile(file, on && { release: findKernelRelease(on.kernel), version: on.version });
  },
  /** One entry of the catalogue. */
  repro: async ({ bug, kernels }: ReproInput): Promise<BugVerdict[]> => {
    const { BUGS } = await import('../catalogue/bugs/index.js');
    const { checkBug } = await import('../catalogue/repro.js');
    return checkBug(BUGS[bug]!, released(kernels));
  },
  /** One machine of the audit: a column of cells for every shape. */
  validate: async ({ machine, shapes, kernels }: ValidateInput): Promise<Cell[][]> => {
    const { auditCell, auditedMachines } = await import('../audit/audit.js');
    const { SHAPES } = await import('../audit/shapes.js');
    const audited = auditedMachines()[machine]!;
    const releases = released(kernels);
    return SHAPES.filter(({ name }) => shapes.includes(name)).map((shape) => auditCell(audited, shape, releases));
  },
};
