// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { schemaId } from '../../scenario/json-schema.js';
import * as cost from './cost.js';
import { events } from './events.js';
import { explore, validate } from './explore.js';
import { architectures, plan, qemu } from './machines.js';
import { dump, dumpCompare, where } from './ptdump.js';
import * as releases from './releases.js';
import { report } from './report.js';
import { failEach, run, runs, verify } from './run.js';

/** The forms of what commands print with --json: every field, its meaning and its unit. */

/** By the name that `schema` in a result has. */
export const OUTPUT_SCHEMAS = {
  run,
  runs,
  'fail-each': failEach,
  events,
  verify,
  repro: releases.repro,
  validate,
  test: releases.test,
  diff: releases.diff,
  'diff-search': releases.diffSearch,
  bisect: releases.bisect,
  dump,
  'dump-compare': dumpCompare,
  where,
  report,
  qemu,
  explore,
  cycles: cost.cycles,
  bench: cost.bench,
  'bench-comparison': cost.benchComparison,
  'bench-wall': cost.benchWall,
  'bench-validation': cost.benchValidation,
  'bench-measured': cost.benchMeasured,
  plan,
  arch: architectures,
  kernel: releases.kernel,
  'kernel-difference': releases.kernelDifference,
  'kernel-trait': releases.kernelTrait,
  'kernel-unproved': releases.kernelUnproved,
  'kernel-proved': releases.kernelProved,
  cpu: cost.cpu,
} as const;

export type OutputName = keyof typeof OUTPUT_SCHEMAS;

/** A value that may be printed as a type says: nobody writes to it, so read-only lists will do. */
type Printed<T> = unknown extends T ? T : { readonly [Key in keyof T]: Printed<T[Key]> };

/** What a command prints with --json, by the name of its schema. */
export type OutputOf<Name extends OutputName> = Printed<z.input<(typeof OUTPUT_SCHEMAS)[Name]>>;

/** What a command may print with --json: `schema` tells which form it is. */
export type Output = OutputOf<OutputName>;

/** The JSON Schema of a result. Fields may be added to it within a version, so others than these are allowed. */
export const outputJsonSchema = (name: OutputName): unknown => ({
  $id: schemaId(name),
  title: `What vmemmap prints as ${OUTPUT_SCHEMAS[name].shape.schema.value}`,
  ...z.toJSONSchema(OUTPUT_SCHEMAS[name], { io: 'input' }),
});
