import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';

export type Rule = 'type' | 'each';
type Texts = Readonly<Record<string, string>>;

export interface Interaction {
  readonly description: string;
  readonly states?: readonly { readonly state: string; readonly params?: unknown }[];
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Texts;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Texts;
    readonly body?: unknown;
    /** `$.items[*].id` → how to compare what is there. */
    readonly rules?: Readonly<Record<string, Rule>>;
  };
}

export interface ConsumerContract {
  readonly consumer: string;
  readonly interactions: readonly Interaction[];
}

const text = { type: 'string' };
const list = (items: object): object => ({ type: 'array', items });
const object = (required: object, optional: object = {}): object => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
});

const ajv = new Ajv2020();
const isContract = ajv.compile<ConsumerContract>(
  object({
    consumer: text,
    interactions: list(
      object(
        {
          description: text,
          request: object({ method: text, path: text }),
          response: object({ status: { type: 'integer' } }),
        },
        { states: list(object({ state: text })) },
      ),
    ),
  }),
);

/** Reads what a client wrote down. Throws if the file is something else. */
export async function readContract(file: string): Promise<ConsumerContract> {
  const contract: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (isContract(contract)) return contract;
  throw new Error(`${file} is not a contract of a client: ${ajv.errorsText(isContract.errors)}`);
}
