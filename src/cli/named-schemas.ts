// SPDX-License-Identifier: GPL-2.0-only

import { OUTPUT_SCHEMAS, outputJsonSchema } from '../report/output-schemas.js';
import { scenarioJsonSchema } from '../scenario/json-schema.js';

/** Schemas by the names that the command line takes. */

type OutputName = keyof typeof OUTPUT_SCHEMAS;

/** Every schema, by its name. */
export const SCHEMAS: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['scenario', scenarioJsonSchema],
  ...(Object.keys(OUTPUT_SCHEMAS) as OutputName[]).map((name) => [name, () => outputJsonSchema(name)] as const),
]);
export const SCHEMA_NAMES: readonly string[] = [...SCHEMAS.keys()];
