/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: "string" };
export const number: Schema = { type: "number" };
export const whole: Schema = { type: "integer" };
export const flag: Schema = { type: "boolean" };
export const any: Schema = {};
export const instant: Schema = { type: "string", format: "date-time" };

export function object(properties: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return { type: "object", properties: { ...properties, ...optional }, required: Object.keys(properties) };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

/** An object whose names are not known before. */
export function map(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

export function words(...values: readonly (string | null)[]): Schema {
  return { enum: values };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

export function oneOf(...schemas: readonly Schema[]): Schema {
  return { oneOf: schemas };
}

export function about(description: string, schema: Schema): Schema {
  return { ...schema, description };
}
