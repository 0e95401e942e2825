// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';

/** The fields that a schema has at a place of a value. */

/** Schemas that say something of another one. */
const AROUND_ANOTHER: ReadonlySet<string> = new Set([
  'optional',
  'default',
  'prefault',
  'nullable',
  'readonly',
  'catch',
]);

const isRecord = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

/** Which of several objects is meant, by the field that tells them apart. */
function alternative(
  { options, discriminator }: { options: readonly z.core.$ZodType[]; discriminator?: string },
  value: unknown,
): z.core.$ZodType | undefined {
  if (discriminator === undefined || !isRecord(value)) return undefined;
  return options.find((option) => option._zod.propValues?.[discriminator]?.has(value[discriminator] as string));
}

/**
 * @param path leads from the value to the object whose fields are asked for
 * @returns no field where the schema does not say
 */
export function fieldsAt(schema: z.core.$ZodType, path: readonly (string | number)[], value: unknown): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (AROUND_ANOTHER.has(def.type)) return fieldsAt((def as z.core.$ZodOptionalDef).innerType, path, value);
  if (def.type === 'pipe') return fieldsAt(def.in, path, value);
  if (def.type === 'union') {
    const meant = alternative(def, value);
    return meant === undefined ? [] : fieldsAt(meant, path, value);
  }
  const [key, ...rest] = path;
  if (key === undefined) {
    if (def.type === 'object') return Object.keys(def.shape);
    return def.type === 'record' ? fieldNames(def.keyType) : [];
  }
  const inner = isRecord(value) ? value[key] : undefined;
  if (def.type === 'array') return fieldsAt(def.element, rest, inner);
  if (def.type === 'record') return fieldsAt(def.valueType, rest, inner);
  const field = def.type === 'object' ? def.shape[key] : undefined;
  return field === undefined ? [] : fieldsAt(field, rest, inner);
}

/** The names that the fields of a record may have. */
const fieldNames = (names: z.core.$ZodType): string[] => [...(names._zod.values ?? [])].map(String);
