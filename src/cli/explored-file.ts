// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { readJson } from '../scenario/load.js';
import { parseWith } from '../scenario/input.js';
import { scenarioSchema, type ScenarioFile } from '../scenario/schema.js';

/** Results of `vmemmap explore --json` as input. */

/** What of a result is read: every format since the first has it. */
const exploredSchema = z.object({
  schema: z.string().regex(/^vmemmap\/explore\/v\d+$/, 'must name a format of vmemmap explore --json'),
  violations: z.array(z.object({ scenario: scenarioSchema }), { error: 'must be a list of violations' }),
});

/**
 * The scenarios of all violations in a result of `vmemmap explore --json`, also one packed by gzip.
 * @throws InputError
 */
export function readExplored(file: string): ScenarioFile[] {
  return parseWith(exploredSchema, readJson(file), file).violations.map(({ scenario }) => scenario);
}
