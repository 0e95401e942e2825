// SPDX-License-Identifier: GPL-2.0-only

import { errorSummaries, hotAddBound, validationRows } from '../bench/validation/validate.js';
import { validationText } from '../report/validation-text.js';
import { EXIT_OK, writeResult } from './output.js';

/** `vmemmap bench --validation`: predictions beside published measurements. Returns the exit code. */
export function validation(options: { json?: true; output?: string }): number {
  const rows = validationRows();
  const errors = errorSummaries(rows);
  const bound = hotAddBound();
  writeResult(
    options.json
      ? JSON.stringify({ schema: 'vmemmap/bench-validation/v1', rows, errors, bound }, null, 2)
      : validationText(rows, errors, bound),
    options.output,
  );
  return EXIT_OK;
}
