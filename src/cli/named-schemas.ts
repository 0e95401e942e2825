// SPDX-License-Identifier: GPL-2.0-only

import { OUTPUT_SCHEMAS, outputJsonSchema, type OutputName } from '../report/output-schemas/index.js';
import { z } from 'zod';
import { PROFILE_SCHEMA, profileFileSchema } from '../measure/profile-file.js';
import { scenarioJsonSchema, schemaId } from '../scenario/json-schema.js';

/** Schemas by the names that the command line takes. */

const cpuProfileJsonSchema = (): unknown => ({
  $id: schemaId('cpu-profile'),
  title: `What vmemmap cpu --measure prints as ${PROFILE_SCHEMA}, and --cpu takes`,
  ...z.toJSONSchema(profileFileSchema, { io: 'input' }),
});

/** Every schema, by its name. */
export const SCHEMAS: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['scenario', scenarioJsonSchema],
  ['cpu-profile', cpuProfileJsonSchema],
  ...(Object.keys(OUTPUT_SCHEMAS) as OutputName[]).map((name) => [name, () => outputJsonSchema(name)] as const),
]);
export const SCHEMA_NAMES: readonly string[] = [...SCHEMAS.keys()];
