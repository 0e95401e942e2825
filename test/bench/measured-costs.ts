// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import * as z from 'zod';
import { readJson } from '../../src/scenario/load.js';

/** Measured costs of two CPUs: primitives, of which profiles are made, and composites, which test the model. */

export const MEASURED_COSTS = join(import.meta.dirname, 'measured-costs.json.gz');

const schema = z.object({
  measurements: z.array(
    z.object({
      cpuid1: z.string(),
      rows: z.array(
        z.object({
          id: z.string(),
          kind: z.enum(['primitive', 'composite']),
          cycles: z.object({ p10: z.number() }).optional(),
          bytes_per_cycle: z.number().optional(),
        }),
      ),
    }),
  ),
});

export const measuredCosts = (): z.output<typeof schema> => schema.parse(readJson(MEASURED_COSTS));
