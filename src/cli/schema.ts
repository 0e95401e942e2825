// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { OUTPUT_SCHEMAS, outputJsonSchema } from '../report/output-schemas.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { scenarioJsonSchema } from '../scenario/json-schema.js';
import { InputError } from '../scenario/load.js';
import { EXIT_OK } from './exit-codes.js';
import { jsonText, makeFolder, writeNamed, writeResult } from './output.js';

export interface SchemaOptions {
  output?: string;
  dir?: string;
}

type OutputName = keyof typeof OUTPUT_SCHEMAS;

/** Every schema, by its name. */
const SCHEMAS: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['scenario', scenarioJsonSchema],
  ...(Object.keys(OUTPUT_SCHEMAS) as OutputName[]).map((name) => [name, () => outputJsonSchema(name)] as const),
]);
export const SCHEMA_NAMES: readonly string[] = [...SCHEMAS.keys()];

/** `vmemmap schema`. Returns the exit code. */
export function schema(name: string, options: SchemaOptions): number {
  if (options.dir !== undefined) {
    makeFolder(options.dir);
    for (const [each, make] of SCHEMAS) writeNamed(join(options.dir, `${each}.json`), jsonText(make()));
    return EXIT_OK;
  }
  const make = SCHEMAS.get(name);
  if (make === undefined) throw new InputError(`the schema is "${name}"; ${allowedAre(name, SCHEMA_NAMES)}`);
  writeResult(jsonText(make()), options.output);
  return EXIT_OK;
}
