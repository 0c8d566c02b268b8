import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Schema } from './document.ts';

const OPTIONS: Options = { strict: false, validateFormats: false, allErrors: true };

/** Bodies are JSON: a number that comes as a text is a text. */
const exact = new Ajv2020(OPTIONS);
/** The query and the path are text, and a number in them is written as text. */
const lenient = new Ajv2020({ ...OPTIONS, coerceTypes: true, useDefaults: true });

export type Faults = (value: unknown) => string[];

/** The faults of a JSON value, each with its place: `/recipient/city must be string`. */
export const faultsIn = (schema: Schema): Faults => compiled(exact.compile(schema));

/** The same for an object of texts. It puts numbers and defaults into the object. */
export const faultsInTexts = (schema: Schema): Faults => compiled(lenient.compile(schema));

function compiled(validate: ValidateFunction): Faults {
  return (value) => {
    if (validate(value)) return [];
    const faults = (validate.errors ?? []).map(({ instancePath, params, message }) => {
      const { missingProperty } = params as { missingProperty?: string };
      const place = missingProperty === undefined ? '' : `/${missingProperty}`;
      return `${instancePath}${place} ${message}`.trimStart();
    });
    return [...new Set(faults)];
  };
}
