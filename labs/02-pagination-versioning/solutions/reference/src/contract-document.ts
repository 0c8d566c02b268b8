import SwaggerParser from '@apidevtools/swagger-parser';
import type { Schema } from './contract-schema.ts';

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

export interface Operation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** `GET /v1/events` → what it takes and answers. */
export type Contract = ReadonlyMap<string, Operation>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'] as const;

/**
 * The operations of an OpenAPI document, without references: a schema that refers to itself holds
 * itself. Throws when the document is not valid.
 */
export async function readContract(file: string): Promise<Contract> {
  const document = await SwaggerParser.validate(file);
  const operations = new Map<string, Operation>();
  for (const [path, item = {}] of Object.entries(document.paths ?? {})) {
    // The library's types allow references, which are gone by now.
    const described = item as Partial<Record<(typeof METHODS)[number], Operation>> & {
      parameters?: Parameter[];
    };
    for (const method of METHODS) {
      const operation = described[method];
      if (!operation) continue;
      const own = operation.parameters ?? [];
      // One of the operation stands in for one of the path that has its name.
      const shared = (described.parameters ?? []).filter(
        (parameter) =>
          !own.some((each) => each.name === parameter.name && each.in === parameter.in),
      );
      const parameters = [...shared, ...own];
      operations.set(`${method.toUpperCase()} ${path}`, { ...operation, parameters });
    }
  }
  return operations;
}
