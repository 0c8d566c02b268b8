import type { Request } from 'express';
import type { Operation, Parameter } from './document.ts';
import { InvalidRequest } from './errors.ts';
import { validator } from './validator.ts';

/** A request as the document describes it. A handler may rely on what the document says. */
export interface Input {
  readonly path: Readonly<Record<string, never>>;
  readonly query: Readonly<Record<string, never>>;
  readonly body: never;
}

/** One schema for the whole request. Throws `InvalidRequest` with everything that does not fit. */
export function requestReader({ parameters, requestBody }: Operation): (req: Request) => Input {
  const media = requestBody?.content['application/json'];
  const faultsOf = validator(
    {
      type: 'object',
      required: requestBody?.required ? ['body'] : [],
      properties: {
        path: objectOf(parameters.filter((each) => each.in === 'path')),
        query: objectOf(parameters.filter((each) => each.in === 'query')),
        ...(media && { body: media.schema ?? {} }),
      },
    },
    { fill: true },
  );
  return (req) => {
    const body: unknown = req.body;
    const given = {
      path: typed(req.params),
      query: typed(req.query),
      ...(body !== undefined && { body }),
    };
    const faults = faultsOf(given);
    if (faults.length === 0) return given as unknown as Input;
    throw new InvalidRequest([
      ...new Set(faults.map(({ place, message }) => `${spoken(place)} ${message}`)),
    ]);
  };
}

const objectOf = (parameters: readonly Parameter[]): object => ({
  type: 'object',
  required: parameters.filter(({ required }) => required).map(({ name }) => name),
  properties: Object.fromEntries(parameters.map(({ name, schema = {} }) => [name, schema])),
});

/** `/query/limit` → `query limit`, `/body/recipient/city` → `body /recipient/city` */
const spoken = (place: string): string =>
  place.replace(
    /^\/(?:(path|query)\/|(body)(?=\/)|(body)$)/u,
    (_all, text = '', part = '', whole = '') => (text ? `${text} ` : part ? `${part} ` : whole),
  );

/** Texts that are numbers in decimal digits become numbers: in a URL nobody can tell them apart. */
function typed(texts: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const isNumber = typeof text === 'string' && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u.test(text);
      return [name, isNumber ? Number(text) : text];
    }),
  );
}
