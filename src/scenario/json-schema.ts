// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { FIELD_WORDS } from './field-words.js';
import { scenarioSchema } from './schema.js';

/** Schemas as JSON Schema, draft 2020-12. */

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The name by which a schema is known, wherever its file lies. */
export const schemaId = (name: string): string => `urn:vmemmap:schema:${name}`;

/** Schemas that a schema is made of, where the object that they describe stays the same. */
const partsOf = ({ items, anyOf, oneOf, allOf, additionalProperties }: JsonSchema): unknown[] => [
  items,
  additionalProperties,
  ...(anyOf ?? []),
  ...(oneOf ?? []),
  ...(allOf ?? []),
];

/** Puts what the fields of a scenario mean into its schema. @param place of the object: "machine.boot" */
function describe(schema: unknown, place: string): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties = {} } = schema as JsonSchema;
  for (const [name, field] of Object.entries(properties)) {
    const words = FIELD_WORDS[place]?.[name];
    if (typeof field === 'object' && words !== undefined) field.description = words;
    describe(field, place === '' ? name : `${place}.${name}`);
  }
  for (const part of partsOf(schema as JsonSchema)) describe(part, place);
}

/** The schema of a scenario file, with what every field means and its unit. */
export function scenarioJsonSchema(): unknown {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' });
  describe(schema, '');
  return {
    $id: schemaId('scenario'),
    title: 'A scenario: a machine, a kernel, and what happens to its memory',
    ...schema,
  };
}
