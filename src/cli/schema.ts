// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/load.js';
import { EXIT_OK } from './exit-codes.js';
import { jsonText, makeFolder, writeNamed, writeResult } from './output.js';
import { SCHEMA_NAMES, SCHEMAS } from './named-schemas.js';

export interface SchemaOptions {
  output?: string;
  dir?: string;
}

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
