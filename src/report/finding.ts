// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../check/checked-run.js';
import type { FindingJson } from './output-schemas/finding.js';
import { LEVELS, type Level } from '../hardware/page-table.js';
import type { AddressRange, AddressText } from '../kernel/vmemmap-view.js';

/** A finding in JSON: the sentence, and beside it every field that its kind has. */

/** Fields that are not written as they are: addresses in full, levels by name. */
const WRITTEN: Readonly<Record<string, (value: never, text: AddressText) => object>> = {
  at: ({ start, end }: AddressRange, text) => ({ range: { start: `0x${text.of(start)}`, end: `0x${text.of(end)}` } }),
  table: (address: number, text) => ({ table: `0x${text.of(address)}` }),
  fault: (address: number, text) => ({ fault: `0x${text.of(address)}` }),
  level: (level: Level) => ({ level: LEVELS[level] }),
};

/** @param text renders addresses */
export function findingJson(finding: Finding, text: AddressText): FindingJson {
  const { step, invariant, text: sentence, kind, ...facts } = finding;
  const json: FindingJson = { step, invariant, text: sentence, kind };
  for (const [field, value] of Object.entries(facts) as [string, unknown][]) {
    const written = WRITTEN[field] as ((value: unknown, text: AddressText) => object) | undefined;
    Object.assign(json, written === undefined ? { [field]: value } : written(value, text));
  }
  return json;
}
