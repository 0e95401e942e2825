// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../../scenario/names.js';
import { playCase } from '../play.js';
import { Processor } from '../../cycles/processor.js';
import { HOT_ADD_MACHINE, GROUPS, MEASUREMENTS, type Group, type Measurement } from './measurements.js';

/** The model's prediction beside each published measurement. */

export interface ValidationRow {
  readonly id: string;
  readonly group: Group;
  readonly what: string;
  readonly step: string;
  readonly machine: string;
  readonly cpu: string;
  readonly role: Measurement['role'];
  readonly isCovered: boolean;
  readonly unit: string;
  readonly measured: number;
  readonly predicted: number;
  /** predicted / measured. */
  readonly ratio: number;
}

/** Errors of the test rows of a group, or of all: predicted / measured - 1. */
export interface ErrorSummary {
  readonly group: string;
  readonly rows: number;
  readonly meanSigned: number;
  readonly meanAbsolute: number;
  readonly medianAbsolute: number;
}

const PROFILES = ARCHITECTURES.flatMap(({ cpus }) => cpus);

function rowsOf(measurement: Measurement): ValidationRow[] {
  const { id, group, what, machine, cpu, role, isCovered, unit, options, points } = measurement;
  const profile = PROFILES.find(({ name }) => name === cpu);
  if (profile === undefined) throw new RangeError(`measurement ${id} names the CPU "${cpu}", which nobody registers`);
  return points.map(({ step, measured, predict }) => {
    const predicted = predict(new Processor({ profile, ...options }));
    return {
      id,
      group,
      what,
      step,
      machine,
      cpu,
      role,
      isCovered,
      unit,
      measured,
      predicted,
      ratio: predicted / measured,
    };
  });
}

/** Every row of the table. */
export const validationRows = (): ValidationRow[] => MEASUREMENTS.flatMap(rowsOf);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function summary(group: string, rows: readonly ValidationRow[]): ErrorSummary {
  const errors = rows.map(({ ratio }) => ratio - 1);
  const absolute = errors.map(Math.abs);
  return {
    group,
    rows: rows.length,
    meanSigned: mean(errors),
    meanAbsolute: mean(absolute),
    medianAbsolute: median(absolute),
  };
}

/** Errors of the test rows by group, then of all that count: those whose machine a profile is of. */
export function errorSummaries(rows: readonly ValidationRow[]): ErrorSummary[] {
  const tests = rows.filter(({ role }) => role === 'test');
  const groups = Object.entries(GROUPS).map(([key, title]) =>
    summary(
      title,
      tests.filter(({ group }) => group === key),
    ),
  );
  return [
    ...groups,
    summary(
      'machines without a profile, not counted',
      tests.filter(({ isCovered }) => !isCovered),
    ),
    summary(
      'machines that a profile covers',
      tests.filter(({ isCovered }) => isCovered),
    ),
  ];
}

/** What is known of hot-adding a block of memory end to end: the memmap is a small part of it. */
export interface HotAddBound {
  readonly id: string;
  readonly what: string;
  readonly machine: string;
  readonly cpu: string;
  /** µs of the whole. */
  readonly measured: number;
  /** µs of what is modelled: populating, and initialising struct pages. */
  readonly predicted: number;
}

const LMB_BYTES = 2 ** 28;

/** The measurement that bounds the model from above: 1 TiB in blocks of 256 MiB, 104.8 s. */
export function hotAddBound(): HotAddBound {
  const { microseconds } = playCase({
    name: 'a block of 256 MiB',
    machine: HOT_ADD_MACHINE,
    cpu: 'power9',
    bytes: LMB_BYTES,
    portion: LMB_BYTES,
    charged: 'add',
    initialises: true,
  });
  return {
    id: 'V27',
    what: 'a block of 256 MiB hot-added by drmgr',
    machine: 'POWER9 partition, 126 976 blocks',
    cpu: 'power9',
    measured: 25_600,
    predicted: microseconds,
  };
}
