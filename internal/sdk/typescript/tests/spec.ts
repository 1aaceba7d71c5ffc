import { readFileSync } from "node:fs";

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: string[];
  example?: unknown;
  default?: unknown;
  items?: Schema;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: "path" | "query" | "header";
  example?: unknown;
  schema: Schema;
}

interface Media {
  schema: Schema;
  examples?: Record<string, { value: unknown }>;
}

export interface Operation {
  operationId: string;
  parameters?: Parameter[];
  security: Record<string, unknown>[];
  requestBody?: { content: Record<string, Media> };
}

type PathItem = { parameters?: Parameter[] } & Record<string, Operation>;

/** The document that the server implements and the SDK is generated from. */
export const spec = JSON.parse(readFileSync(process.env["SPEC"]!, "utf8")) as {
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, Schema> };
};

/** Follows a reference. */
export function resolve<T extends { $ref?: string }>(value: T): T {
  if (value.$ref === undefined) return value;
  const steps = value.$ref.slice("#/".length).split("/");
  return resolve(steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], spec) as T);
}

/** A value that matches the schema. */
export function sample(given: Schema): unknown {
  const schema = resolve(given);
  if (schema.items) return [sample(schema.items)];
  if (schema.format === "date-time") return "2026-03-19T09:00:00Z";
  return schema.example ?? schema.default ?? schema.enum?.[0] ?? `a ${schema.type}`;
}

/** A body for the operation, or undefined if it takes none. */
export function sampleBody({ requestBody }: Operation): unknown {
  const media = requestBody?.content["application/json"];
  return media && (Object.values(media.examples ?? {})[0]?.value ?? resolve(media.schema).example ?? sampleFields(media.schema));
}

function sampleFields(schema: Schema): unknown {
  const { properties = {} } = resolve(schema) as { properties?: Record<string, Schema> };
  return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, sample(field)]));
}
