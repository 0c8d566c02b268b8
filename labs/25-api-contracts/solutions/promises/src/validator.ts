import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import type { Schema } from './document.ts';

export interface Fault {
  /** A JSON pointer; of something that is missing, where it should be. */
  readonly place: string;
  readonly message: string;
}

/** The faults of a value. */
export type Validator = (value: unknown) => Fault[];

const OPTIONS: Options = { strict: false, validateFormats: false, allErrors: true };
const [plain, filling] = [new Ajv2020(OPTIONS), new Ajv2020({ ...OPTIONS, useDefaults: true })];

/** @param fill whether defaults are put into the value. */
export function validator(schema: Schema, { fill = false } = {}): Validator {
  const validate = (fill ? filling : plain).compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, params, message = '' }) => {
      const { missingProperty } = params as { missingProperty?: string };
      const missing = missingProperty === undefined ? '' : `/${missingProperty}`;
      return { place: instancePath + missing, message };
    });
  };
}
