import SwaggerParser from '@apidevtools/swagger-parser';
import { type Answer, expect, type StartedService } from '@backend-labs/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json } from './contracts.ts';

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Json;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
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
      return new Contract((document.paths ?? {}) as never);
    } catch (error) {
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
    const { responses } = this.operation(method, path);
    const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
    const { status } = answer;
    const response =
      responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses['default'];
    const what = `${answer.request} answered ${status} ${type}`;
    if (!response) expect.fail(`${what}; the contract of ${method} ${path} has no ${status}.`);
    const schema = response.content?.[type]?.schema;
    if (!schema) expect.fail(`${what}; the contract has no such content for that status.`);
    const faults = faultsOf(schema, answer.body);
    expect(faults, `${what}; by the contract: ${faults.join('; ')}`).toEqual([]);
  }
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

/** Looks into plain objects and arrays; what is composed is left to the validator. */
function untold(schema: Json, value: unknown, at: string): string[] {
  if (Array.isArray(value)) {
    const items = schema['items'] as Json | undefined;
    return items ? value.flatMap((each) => untold(items, each, `${at}/*`)) : [];
  }
  const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined;
  if (typeof value !== 'object' || value === null || !properties) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const known = properties[name];
    return known ? untold(known, each, `${at}/${name}`) : [`${at}/${name} is in no schema`];
  });
}
