// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { ScenarioFile, ScenarioInput } from './schema.js';

/** Fields that a file has as hex text and that are numbers once it is read. */
const HEX_FIELDS: ReadonlySet<string> = new Set(['start', 'vmemmapBase']);

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

function written(value: unknown, field: string): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && HEX_FIELDS.has(field))) return hex(value);
  if (Array.isArray(value)) return value.map((element) => written(element, field));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, part]) => !isEmpty(part));
  return Object.fromEntries(fields.map(([name, part]) => [name, written(part, name)]));
}

/** A scenario that was read, as a file again: what is not given is left out. */
export const writtenScenario = (file: ScenarioFile): ScenarioInput => written(file, '') as ScenarioInput;
