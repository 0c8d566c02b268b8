import { isDeepStrictEqual } from 'node:util';
import type { Contract, Operation, Parameter } from './contract-document.ts';
import { misfits } from './contract-schema.ts';

export interface BreakingChange {
  /** `GET /v1/events` */
  readonly operation: string;
  readonly what: string;
}

/** What breaks a client of `before` when the service begins to follow `after`. */
export function breakingChanges(before: Contract, after: Contract): BreakingChange[] {
  return [...before].flatMap(([operation, old]) => {
    const revised = after.get(operation);
    const found = revised
      ? [...parameters(old, revised), ...body(old, revised), ...answers(old, revised)]
      : ['is gone'];
    return found.slice(0, 1).map((what) => ({ operation, what }));
  });
}

/** What clients send: every old input must do for the new document. */
function parameters(old: Operation, revised: Operation): string[] {
  return revised.parameters.flatMap((parameter) => {
    const at = `${parameter.in} ${parameter.name}`;
    const known = old.parameters.find(
      (each) => each.name === parameter.name && each.in === parameter.in,
    );
    if (!known) return parameter.required ? [`${at} is new and required`] : [];
    return [
      ...(parameter.required && !known.required ? [`${at} is required now`] : []),
      ...misfits(known.schema ?? {}, parameter.schema ?? {}, at),
      ...defaults(known, parameter, at),
    ];
  });
}

function defaults(old: Parameter, revised: Parameter, at: string): string[] {
  const [was, is] = [old.schema?.default, revised.schema?.default];
  return isDeepStrictEqual(was, is)
    ? []
    : [`${at}: the default was ${String(was)} and is ${String(is)}`];
}

function body(old: Operation, revised: Operation): string[] {
  if (!revised.requestBody) return [];
  const { required = false, content } = revised.requestBody;
  const was = old.requestBody;
  return [
    ...(required && was?.required !== true ? ['a body is required now'] : []),
    ...Object.entries(was?.content ?? {}).flatMap(([type, { schema = {} }]) => {
      const now = content[type];
      return now ? misfits(schema, now.schema ?? {}, 'body') : [`${type} is not taken any more`];
    }),
  ];
}

/** What clients get: every new answer must do for the old document. */
function answers(old: Operation, revised: Operation): string[] {
  return Object.entries(old.responses).flatMap(([status, { content = {} }]) => {
    const now = revised.responses[status];
    if (!now) return [`${status} is not answered any more`];
    return Object.entries(content).flatMap(([type, { schema = {} }]) => {
      const given = now.content?.[type];
      return given
        ? misfits(given.schema ?? {}, schema, `${status}`)
        : [`${status} is no ${type} any more`];
    });
  });
}
