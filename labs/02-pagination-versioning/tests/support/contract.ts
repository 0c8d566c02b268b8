import SwaggerParser from '@apidevtools/swagger-parser';
import { type Answer, expect, lesson, type StartedService } from '@backend-labs/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json } from './contracts.ts';

/** What the ticket says is there whenever the thing is that has it. */
const ALWAYS: readonly string[] =
  'items nextCursor id shipmentId type ts occurredAt payload title status'.split(' ');

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Json;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Json }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}

/** Formats are notes here: what a date looks like is told by other tests. */
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

/** The document that a service serves, valid, with no reference left in it. */
export class Contract {
  readonly #paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  private constructor(paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
    this.#paths = paths;
  }

  static async of(service: StartedService): Promise<Contract> {
    const { body } = (await service.get<Json>('/openapi.json')).expect(200);
    try {
      const document = await SwaggerParser.validate(structuredClone(body) as never, {
        resolve: { external: false },
      });
      const { openapi } = body;
      expect(openapi, 'openapi in GET /openapi.json').toEqual(
        expect.stringMatching(/^3\.1\.\d+$/u),
      );
      return new Contract((document.paths ?? {}) as never);
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      return expect.fail(`GET /openapi.json is not a valid OpenAPI document: ${String(error)}`);
    }
  }

  operation(method: string, path: string): Described {
    const item = this.#paths[path];
    const described = item?.[method.toLowerCase()] as Described | undefined;
    if (!described) expect.fail(`The contract has no ${method} ${path}, which the service serves.`);
    const shared = (item?.['parameters'] ?? []) as Parameter[];
    return { ...described, parameters: [...shared, ...(described.parameters ?? [])] };
  }

  query(method: string, path: string, name: string): Parameter {
    const all = this.operation(method, path).parameters ?? [];
    const found = all.find((parameter) => parameter.in === 'query' && parameter.name === name);
    return (
      found ?? expect.fail(`The contract of ${method} ${path} has no query parameter ${name}.`)
    );
  }

  /** Asserts that the contract describes an answer: its status, type, and every field in it. */
  expectDescribed(method: string, path: string, answer: Answer): void {
    const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
    const { status, body } = answer;
    const what = `${answer.request} answered ${status} ${type}`;
    const schema = this.#schema(method, path, status, type);
    const faults = faultsOf(schema, body);
    try {
      expect(faults.join('; ') || 'nothing', `${what}; what the contract has against it`).toBe(
        'nothing',
      );
    } catch (failure) {
      if (path === '/v2/events') closedList(faults);
      throw failure;
    }
    expect(
      missable(schema, body).join(', ') || 'nothing',
      `what is always there in answers of ${method} ${path} with ${status}, and not required by the contract`,
    ).toBe('nothing');
  }

  /** Asserts that an operation is described to answer a problem with that status. */
  expectProblem(method: string, path: string, status: number): void {
    this.#schema(method, path, status, 'application/problem+json');
  }

  #schema(method: string, path: string, status: number, type: string): Json {
    const { responses } = this.operation(method, path);
    const response =
      responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses['default'];
    if (!response) {
      expect.fail(`${method} ${path} answers ${status}, too; its contract has no such answer.`);
    }
    return (
      response.content?.[type]?.schema ??
      expect.fail(`${method} ${path} answers ${status} as ${type}; its contract does not say so.`)
    );
  }
}

/** Throws a lesson when nothing is wrong with an answer but a type that the contract does not list. */
function closedList(faults: readonly string[]): void {
  if (!faults.every((fault) => /\/type must be equal to one of/u.test(fault))) return;
  lesson('closed-list-in-the-contract', {
    observed: `GET /v2/events shows a type that an import wrote, and the contract says: ${faults[0]}.`,
    meaning:
      'A client that was generated from the contract refuses the page, as the strict client of v1 would have. What v2 lists there it can never extend without breaking somebody.',
    lookAt: 'which lists of values this version has in its hands, and which come from elsewhere.',
  });
}

/** What a schema has against a value, and the fields that it does not tell of. */
export function faultsOf(schema: Json, value: unknown): string[] {
  let validate;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    return [
      `its schema is no JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
  const told = validate(value) ? [] : (validate.errors ?? []);
  const wrong = told.map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`);
  return [...wrong.slice(0, 5), ...new Set(untold(schema, value, ''))];
}

/** Fields of an answer, and of the first of its items, without which it would do as well. */
function missable(schema: Json, body: unknown): string[] {
  const fits = (value: unknown): boolean => faultsOf(schema, value).length === 0;
  const without = (value: Json, build: (less: Json) => unknown): string[] =>
    Object.keys(value).filter(
      (name) => ALWAYS.includes(name) && fits(build({ ...value, [name]: undefined })),
    );
  const { items } = body as { items?: readonly Json[] };
  const [first] = items ?? [];
  return [
    ...without(body as Json, (less) => plain(less)),
    ...(first ? without(first, (less) => plain({ ...(body as Json), items: [less] })) : []),
  ];
}

/** As it would come over the wire: without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Of an object, its parts included where it is composed; undefined when they are not told. */
function propertiesOf(schema: Json): Readonly<Record<string, Json>> | undefined {
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => (schema[name] ?? []) as Json[]);
  const told = [
    ...parts.map(propertiesOf),
    schema['properties'] as Record<string, Json> | undefined,
  ];
  return told.some(Boolean) ? Object.assign({}, ...told) : undefined;
}

/** Looks into objects and arrays, and asks only whether a field is told of at all. */
function untold(schema: Json, value: unknown, at: string): string[] {
  if (Array.isArray(value)) {
    const items = schema['items'] as Json | undefined;
    return items ? value.flatMap((each) => untold(items, each, `${at}/*`)) : [];
  }
  const properties = propertiesOf(schema);
  if (typeof value !== 'object' || value === null || !properties) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const known = properties[name];
    return known ? untold(known, each, `${at}/${name}`) : [`${at}/${name} is in no schema`];
  });
}
