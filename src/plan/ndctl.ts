// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { InputError, parseWith } from '../scenario/input.js';
import { parseJson } from './printed.js';

/** `ndctl list` and `daxctl list`: one object or a list of them. Unknown keys are left alone. */

/** A namespace of persistent memory. Sizes in bytes. */
export interface NdctlNamespace {
  dev: string;
  mode: string;
  /** Where the memmap lies: on the device, in system memory, nowhere. */
  map: 'dev' | 'mem' | 'none';
  /** Bytes of data; what the memmap takes on the device is not in it. */
  size: number;
  align?: number | undefined;
}

/** A device-dax instance. */
export interface DaxDevice {
  chardev: string;
  mode: string;
  size: number;
  align?: number | undefined;
  mappings: { start: number; end: number }[];
}

/** Numbers, or hex text; what -u makes of them cannot be used. */
const bytes = (tool: string) =>
  z.union([z.number(), z.string()], { error: 'must be bytes as a number' }).transform((value, context): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    if (typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value)) return Number(value);
    context.addIssue({
      code: 'custom',
      message: `must be bytes as a number; text with units comes from -u, so run \`${tool}\` without it`,
    });
    return z.NEVER;
  });

const namespace = z.looseObject({
  dev: z.string({ error: 'must name a namespace' }),
  mode: z.string().default('unknown'),
  map: z.enum(['dev', 'mem', 'none'], { error: 'must be "dev", "mem" or "none"' }).default('none'),
  size: bytes('ndctl list'),
  align: bytes('ndctl list').optional(),
});

const daxDevice = z.looseObject({
  chardev: z.string({ error: 'must name a device' }),
  mode: z.string().default('devdax'),
  size: bytes('daxctl list'),
  align: bytes('daxctl list').optional(),
  mappings: z.array(z.looseObject({ start: bytes('daxctl list'), end: bytes('daxctl list') })).default([]),
});

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]);

/** With -R, namespaces are below their regions; with -BR, both below buses. */
function namespacesBelow(value: unknown): unknown[] {
  return asList(value).flatMap((item) => {
    if (typeof item !== 'object' || item === null) return [item];
    for (const key of ['regions', 'namespaces'] as const) {
      if (key in item) return namespacesBelow((item as Record<string, unknown>)[key]);
    }
    return [item];
  });
}

/** @throws InputError */
export function importNdctl(text: string, file: string): NdctlNamespace[] {
  const found = namespacesBelow(parseJson(text, file, 'ndctl list'));
  if (found.length === 0) throw new InputError(`${file}: it lists no namespace`);
  return found.map((item) => parseWith(namespace, item, file));
}

/** @throws InputError */
export function importDaxctl(text: string, file: string): DaxDevice[] {
  const found = asList(parseJson(text, file, 'daxctl list'));
  if (found.length === 0) throw new InputError(`${file}: it lists no device`);
  return found.map((item) => parseWith(daxDevice, item, file));
}
