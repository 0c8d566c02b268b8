import type { Json } from '../json.ts';

/** What happened to one operation between two documents. */
export interface Change {
  /** `GET /field-gone`, as the gate has to name it. */
  readonly operation: string;
  /** The point of the ticket that it is about. */
  readonly point: string;
  readonly what: string;
  /** In how many lines the gate has to name it, at least; 0: the change breaks nobody. */
  readonly lines: number;
  readonly old: Json;
  /** Absent if the operation is gone. */
  readonly new?: Json;
  /** Beside the operation, for all methods of its path. */
  readonly shared?: Readonly<Record<'old' | 'new', Json>>;
  /** The path in the new document, if it is another. */
  readonly newPath?: string;
}

export const JSON_TYPE = 'application/json';
export const text = { type: 'string' } as const;
export const whole = { type: 'integer' } as const;
export const number = { type: 'number' } as const;
export const oneOf = (...values: string[]): Json => ({ type: 'string', enum: values });
export const list = (items: Json): Json => ({ type: 'array', items });
export const object = (
  properties: Json,
  required: readonly string[] = Object.keys(properties),
): Json => ({ type: 'object', required, properties });

export const content = (schema: Json, type = JSON_TYPE): Json => ({ [type]: { schema } });

/** An operation that answers 200 with a schema. */
export const answering = (schema: Json, more: Json = {}): Json => ({
  responses: { '200': { description: 'OK', content: content(schema) } },
  ...more,
});

/** An operation that answers 200, and another status as well. */
export const answeringWith = (status: string, type: string, schema: Json): Json => ({
  responses: {
    '200': { description: 'OK', content: content(whole) },
    [status]: { description: 'Another', content: content(schema, type) },
  },
});

export const parameter = (schema: Json, more: Json = {}): Json => ({
  name: 'q',
  in: 'query',
  schema,
  ...more,
});

/** An operation with a parameter `q` in the query, unless told otherwise. */
export const asking = (schema: Json, more: Json = {}): Json =>
  answering(whole, { parameters: [parameter(schema, more)] });

export const bodyOf = (schema: Json, more: Json = {}): Json => ({
  requestBody: { required: true, content: content(schema), ...more },
});

/** An operation with a body. */
export const taking = (schema: Json, more: Json = {}): Json =>
  answering(whole, bodyOf(schema, more));

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

type Told = Omit<Change, 'operation' | 'point' | 'lines'> & { readonly lines?: number };

/** Changes of one point, by their operations. `lines` is 1 unless told, and 0 if they break nobody. */
export const changes = (
  point: string,
  lines: 0 | 1,
  told: Readonly<Record<string, Told>>,
): Change[] =>
  Object.entries(told).map(([operation, each]) => ({ operation, point, lines, ...each }));

/** The same schema change for an answer, a body and a parameter. */
export const answered = (what: string, old: Json, revised: Json): Told => ({
  what,
  old: answering(old),
  new: answering(revised),
});
export const taken = (what: string, old: Json, revised: Json): Told => ({
  what,
  old: taking(old),
  new: taking(revised),
});
export const asked = (what: string, old: Json, revised: Json): Told => ({
  what,
  old: asking(old),
  new: asking(revised),
});
