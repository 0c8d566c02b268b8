import SwaggerParser from '@apidevtools/swagger-parser';
import { expect, type StartedService } from '@backend-labs/testkit';
import type { Json } from './json.ts';

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  schema: Json;
}

type Content = Record<string, { schema: Json }>;

export interface Described {
  readonly parameters: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  readonly responses: Record<string, { content?: Content }>;
}

export const OPERATIONS = [
  'GET /v1/parcels',
  'POST /v1/parcels',
  'GET /v1/parcels/{id}',
  'GET /v1/parcels/{id}/tracking',
] as const;
export type OperationName = (typeof OPERATIONS)[number];

/** The document that a service serves: valid, and without a reference in it. A test may change it. */
export class ServedDocument {
  readonly json: Json;

  private constructor(json: Json) {
    this.json = json;
  }

  static async of(service: StartedService): Promise<ServedDocument> {
    const { body } = (await service.get<Json>('/openapi.json')).expect(200);
    try {
      const json = (await SwaggerParser.validate(structuredClone(body) as never, {
        resolve: { external: false },
      })) as unknown as Json;
      expect(json['openapi'], 'openapi in GET /openapi.json').toMatch(/^3\.1\.\d+$/u);
      return new ServedDocument(json);
    } catch (error) {
      if (error instanceof Error && error.name === 'AssertionError') throw error;
      return expect.fail(`GET /openapi.json is not a valid OpenAPI document: ${String(error)}`);
    }
  }

  /** A copy to change, in which no two places share an object. */
  copy(): ServedDocument {
    return new ServedDocument(JSON.parse(JSON.stringify(this.json)) as Json);
  }

  /** An operation, with the parameters of its path among its own. */
  operation(name: OperationName): Described {
    const [method = '', path = ''] = name.split(' ');
    const paths = (this.json['paths'] ?? {}) as Readonly<Record<string, Record<string, unknown>>>;
    const item = paths[path];
    const operation = item?.[method.toLowerCase()] as Described | undefined;
    if (!operation) expect.fail(`The document does not describe ${name}.`);
    const own = operation.parameters ?? [];
    const shared = ((item?.['parameters'] ?? []) as Parameter[]).filter(
      (parameter) => !own.some((each) => each.name === parameter.name && each.in === parameter.in),
    );
    return Object.assign(operation, { parameters: [...shared, ...own] });
  }

  parameter(name: OperationName, place: string, parameter: string): Parameter {
    const found = this.operation(name).parameters.find(
      (each) => each.in === place && each.name === parameter,
    );
    return (
      found ??
      expect.fail(`The document does not describe ${parameter} in the ${place} of ${name}.`)
    );
  }

  body(name: OperationName): { readonly required: boolean; readonly media: { schema: Json } } {
    const { requestBody } = this.operation(name);
    const media = requestBody?.content['application/json'];
    if (!media) expect.fail(`The document does not describe a JSON body of ${name}.`);
    return { required: requestBody?.required === true, media };
  }

  /** The description of an answer: by its status, by 4XX, or by default. */
  answer(name: OperationName, status: number): { schema: Json } {
    const { responses } = this.operation(name);
    const response =
      responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses['default'];
    if (!response) expect.fail(`The document does not describe that ${name} answers ${status}.`);
    return (
      response.content?.['application/json'] ??
      expect.fail(
        `The document does not describe that ${name} answers ${status} as application/json.`,
      )
    );
  }
}
