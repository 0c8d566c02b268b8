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
const texts = { type: 'object', additionalProperties: text };

const isContract = new Ajv2020({ strict: false }).compile<ConsumerContract>({
  type: 'object',
  required: ['consumer', 'interactions'],
  properties: {
    consumer: text,
    interactions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['description', 'request', 'response'],
        properties: {
          description: text,
          states: {
            type: 'array',
            items: { type: 'object', required: ['state'], properties: { state: text } },
          },
          request: {
            type: 'object',
            required: ['method', 'path'],
            properties: { method: text, path: text, headers: texts },
          },
          response: {
            type: 'object',
            required: ['status'],
            properties: {
              status: { type: 'integer' },
              headers: texts,
              rules: { type: 'object', additionalProperties: { enum: ['type', 'each'] } },
            },
          },
        },
      },
    },
  },
});

/** Reads what a client wrote down. Throws if the file is something else. */
export async function readContract(file: string): Promise<ConsumerContract> {
  const contract: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (isContract(contract)) return contract;
  const [{ instancePath = '', message = '' } = {}] = isContract.errors ?? [];
  throw new Error(`${file} is not a contract of a client: ${instancePath} ${message}`);
}
