// SPDX-License-Identifier: GPL-2.0-only

import * as z from 'zod';
import { ARCHITECTURES } from '../../scenario/names.js';
import { Processor } from '../../cycles/processor.js';
import type { CpuProfile } from '../../cycles/profile.js';
import { InputError } from '../../scenario/input.js';
import { compositeOf } from './composites.js';
import { median } from './validate.js';

/** The model beside a file of measured costs: rows known by their ids, machine by machine. */

const rowSchema = z.object({
  id: z.string(),
  kind: z.string(),
  cycles: z.object({ p10: z.number().positive() }).optional(),
});

/** A file of measured costs: what is read of it. */
export const measuredCostsSchema = z.object({
  measurements: z
    .array(
      z.object({
        machine: z.string(),
        cpuid1: z.string().optional(),
        nearest_profile: z.string().optional(),
        rows: z.array(rowSchema),
      }),
    )
    .min(1),
});
export type MeasuredCosts = z.infer<typeof measuredCostsSchema>;

/** One composite, cycles a unit. */
export interface MeasuredRow {
  readonly id: string;
  readonly group: string;
  readonly measured: number;
  readonly predicted: number;
  /** predicted / measured. */
  readonly ratio: number;
}

export interface GroupError {
  readonly group: string;
  readonly rows: number;
  /** Median of predicted / measured. */
  readonly medianRatio: number;
  readonly medianAbsoluteError: number;
}

export interface MeasuredMachine {
  readonly machine: string;
  readonly cpu: string;
  readonly rows: readonly MeasuredRow[];
  readonly groups: readonly GroupError[];
  readonly medianAbsoluteError: number;
  /** Composites that the model has no words for, with the reason. */
  readonly notExpressed: readonly { readonly id: string; readonly why: string }[];
}

export interface MeasuredVerdict {
  readonly machines: readonly MeasuredMachine[];
  /** Over the composites of all machines. */
  readonly medianAbsoluteError: number;
}

const COMPOSITE = 'composite';
const errorOf = ({ ratio }: MeasuredRow): number => Math.abs(ratio - 1);

/** The profile that a machine was measured for, else the one named nearest. @throws InputError where there is neither */
function profileOf({ machine, cpuid1, nearest_profile }: MeasuredCosts['measurements'][number]): CpuProfile {
  const profiles = ARCHITECTURES.flatMap(({ cpus }) => cpus);
  const found =
    profiles.find(({ cpuid }) => cpuid !== undefined && cpuid === cpuid1) ??
    profiles.find(({ name }) => name === nearest_profile);
  if (found) return found;
  const names = profiles.map(({ name }) => name).join(', ');
  throw new InputError(`no profile was measured on "${machine}", and it names none that is near; give --cpu: ${names}`);
}

function groupsOf(rows: readonly MeasuredRow[]): GroupError[] {
  return [...new Set(rows.map(({ group }) => group))].map((group) => {
    const own = rows.filter((row) => row.group === group);
    return {
      group,
      rows: own.length,
      medianRatio: median(own.map(({ ratio }) => ratio)),
      medianAbsoluteError: median(own.map(errorOf)),
    };
  });
}

/**
 * Predicts every composite of a file and compares.
 * @param named profile for all machines; without it each machine's own
 * @throws InputError where no profile stands for a machine, or nothing of the file can be expressed
 */
export function compareMeasured({ measurements }: MeasuredCosts, named?: CpuProfile): MeasuredVerdict {
  const machines = measurements.map((measured): MeasuredMachine => {
    const profile = named ?? profileOf(measured);
    const rows: MeasuredRow[] = [];
    const notExpressed: { id: string; why: string }[] = [];
    for (const { id, kind, cycles } of measured.rows) {
      if (kind !== COMPOSITE) continue;
      const composite = compositeOf(id);
      if (composite === undefined || cycles === undefined) {
        const why = cycles === undefined ? 'the row has no cycles' : 'no word of the grammar says what it does';
        notExpressed.push({ id, why });
        continue;
      }
      const predicted = composite.predict(new Processor({ profile }));
      rows.push({ id, group: composite.group, measured: cycles.p10, predicted, ratio: predicted / cycles.p10 });
    }
    if (rows.length === 0) throw new InputError(`"${measured.machine}" has no composite that the model can express`);
    return {
      machine: measured.machine,
      cpu: profile.name,
      rows,
      groups: groupsOf(rows),
      medianAbsoluteError: median(rows.map(errorOf)),
      notExpressed,
    };
  });
  return { machines, medianAbsoluteError: median(machines.flatMap(({ rows }) => rows.map(errorOf))) };
}
