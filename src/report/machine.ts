// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { z } from 'zod';
import type { Scenario } from '../scenario/scenario.js';
import type { machine } from './output-schemas/fields.js';

/** The machine of a scenario in JSON. */

const addressText = (value: unknown): unknown => {
  if (typeof value === 'bigint') return hex(value);
  return Array.isArray(value) ? value.map(addressText) : value;
};

/** The machine with all that its scenario leaves open. Addresses have all 64 bits and are text. */
export function machineJson({ machine: { config, release } }: Scenario): z.input<typeof machine> {
  const fields = Object.entries({ ...config, kernel: release.name } as Record<string, unknown>);
  return Object.fromEntries(fields.map(([name, value]) => [name, addressText(value)])) as z.input<typeof machine>;
}
