// SPDX-License-Identifier: GPL-2.0-only

import { scenarioJsonSchema } from '../scenario/schema.js';
import { EXIT_OK } from './exit-codes.js';
import { writeResult } from './output.js';

/** `vmemmap schema`. Returns the exit code. */
export function schema(options: { output?: string }): number {
  writeResult(JSON.stringify(scenarioJsonSchema(), null, 2), options.output);
  return EXIT_OK;
}
