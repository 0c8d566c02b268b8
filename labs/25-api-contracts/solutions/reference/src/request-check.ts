import type { Request } from 'express';
import type { Operation } from './document.ts';
import { faultsIn, faultsInTexts } from './faults.ts';
import type { Input } from './params.ts';

const JSON_TYPE = 'application/json';

/** Reads a request as an operation of the document describes it. */
export class RequestCheck {
  readonly #texts: (value: unknown) => string[];
  readonly #body: ((value: unknown) => string[]) | undefined;
  readonly #bodyRequired: boolean;

  constructor({ parameters, requestBody }: Operation) {
    const of = (place: string): object => {
      const here = parameters.filter((each) => each.in === place);
      return {
        properties: Object.fromEntries(here.map(({ name, schema = {} }) => [name, schema])),
        required: here.filter(({ required }) => required).map(({ name }) => name),
      };
    };
    this.#texts = faultsInTexts({ properties: { query: of('query'), path: of('path') } });
    this.#body = requestBody && faultsIn(requestBody.content[JSON_TYPE]?.schema ?? {});
    this.#bodyRequired = requestBody?.required === true;
  }

  /** `faults` begin with their place: `query limit`, `path id`, `body /recipient/city`. */
  read(req: Request): { readonly input: Input; readonly faults: readonly string[] } {
    const texts = { query: { ...req.query }, path: { ...req.params } };
    const faults = this.#texts(texts).map((fault) => fault.replace(/\/(\w+)\//u, '$1 '));
    const body: unknown = req.body;
    return { input: { ...texts, body }, faults: [...faults, ...this.#bodyFaults(body)] };
  }

  #bodyFaults(body: unknown): string[] {
    if (!this.#body) return [];
    if (body === undefined) return this.#bodyRequired ? ['body is required'] : [];
    return this.#body(body).map((fault) => `body ${fault}`);
  }
}
