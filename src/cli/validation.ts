// SPDX-License-Identifier: GPL-2.0-only

import { errorSummaries, hotAddBound, validationRows } from '../bench/validation/validate.js';
import { compareMeasured, measuredCostsSchema } from '../bench/validation/measured-file.js';
import { measuredText, validationText } from '../report/validation-text.js';
import { readWith } from '../scenario/load.js';
import { findCpu } from './named-cpu.js';
import { EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';

export interface ValidationOptions {
  json?: true;
  output?: string;
  /** A file of measured costs. */
  measured?: string;
  cpu?: string;
}

/** `vmemmap bench --validation`: predictions beside published measurements. Returns the exit code. */
export function validation(options: ValidationOptions): number {
  if (options.measured !== undefined) return measuredValidation(options.measured, options);
  const rows = validationRows();
  const errors = errorSummaries(rows);
  const bound = hotAddBound();
  writeResult(
    options.json
      ? outputText({ schema: 'vmemmap/bench-validation/v1', rows, errors, bound })
      : validationText(rows, errors, bound),
    options.output,
  );
  return EXIT_OK;
}

/** `vmemmap bench --validation --measured FILE`: predictions beside the composites of a file. */
function measuredValidation(file: string, { json, output, cpu }: ValidationOptions): number {
  const costs = readWith(measuredCostsSchema, file);
  const verdict = compareMeasured(costs, cpu === undefined ? undefined : findCpu(cpu, '--cpu').profile);
  writeResult(json ? outputText({ schema: 'vmemmap/bench-measured/v1', ...verdict }) : measuredText(verdict), output);
  return EXIT_OK;
}
