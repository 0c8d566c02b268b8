import { readFile } from 'node:fs/promises';
import SwaggerParser from '@apidevtools/swagger-parser';

export type Schema = Readonly<Record<string, unknown>>;
export type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header' | 'cookie';
  readonly required?: boolean;
  readonly schema?: Schema;
}

/** Schemes that are all needed, each with its scopes. */
export type Security = Readonly<Record<string, readonly string[]>>;

/** An operation of an OpenAPI document, without references: a schema may hold itself. */
export interface Operation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  /** One of these is enough. */
  readonly security: readonly Security[];
  readonly [extension: string]: unknown;
}

/** `GET /v1/parcels/{id}` → the operation. */
export type Operations = ReadonlyMap<string, Operation>;

export interface ApiDocument {
  /** As it is in the file. */
  readonly source: unknown;
  readonly operations: Operations;
  /** Throws if the document does not have it. */
  operation(name: string): Operation;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'] as const;

type PathItem = Partial<Record<(typeof METHODS)[number], Operation>> & {
  readonly parameters?: readonly Parameter[];
};

/** Reads an OpenAPI 3.1 document. Throws if it is not valid. */
export async function readDocument(file: string): Promise<ApiDocument> {
  const source = JSON.parse(await readFile(file, 'utf8')) as { openapi?: unknown };
  if (!String(source.openapi).startsWith('3.1.')) throw new Error(`${file} is not OpenAPI 3.1`);
  const { paths = {}, security = [] } = await SwaggerParser.validate(
    structuredClone(source) as never,
  );
  const operations = new Map<string, Operation>();
  for (const [path, item] of Object.entries(paths as Record<string, PathItem>)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const parameters = merged(item, operation);
      operations.set(`${method.toUpperCase()} ${path}`, {
        ...operation,
        parameters,
        security: operation.security ?? security,
      });
    }
  }
  return {
    source,
    operations,
    operation(name) {
      const found = operations.get(name);
      if (!found) throw new Error(`${file} does not describe ${name}`);
      return found;
    },
  };
}

/** A parameter of the operation replaces one of its path that has the same name and place. */
function merged(...parts: readonly { readonly parameters?: readonly Parameter[] }[]): Parameter[] {
  const all = parts.flatMap(({ parameters = [] }) => parameters);
  return [...new Map(all.map((each) => [`${each.in} ${each.name}`, each])).values()];
}
