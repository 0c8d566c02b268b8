import { isDeepStrictEqual } from 'node:util';
import type { Content, Operation, Operations, Parameter, Schema } from './document.ts';
import { misfits } from './misfits.ts';
import { securityChanges } from './security.ts';
import { Shape } from './shape.ts';

export interface BreakingChange {
  /** As the old document names it. */
  readonly operation: string;
  readonly what: string;
}

/** What breaks a client of `before` when the service begins to follow `after`. */
export function* breakingChanges(before: Operations, after: Operations): Generator<BreakingChange> {
  const revisions = new Map([...after].map(([name, each]) => [nameless(name), each]));
  for (const [operation, old] of before) {
    const revised = revisions.get(nameless(operation));
    const found = revised
      ? [
          ...parameterChanges(old, revised),
          ...bodyChanges(old, revised),
          ...answerChanges(old, revised),
          ...securityChanges(old.security, revised.security),
        ]
      : ['is gone'];
    for (const what of new Set(found)) yield { operation, what };
  }
}

/** For clients, `/parcels/{id}` and `/parcels/{parcelId}` are one path. */
const nameless = (operation: string): string => operation.replaceAll(/\{[^}]*\}/gu, '{}');

/** What clients send: whatever the old document allows, the new one must allow. */
const sent = (old: Schema = {}, revised: Schema = {}, at: string): string[] =>
  misfits(new Shape([old]), new Shape([revised]), at, 'request');

/** What clients get: whatever the new document allows, the old one must allow. */
const got = (old: Schema = {}, revised: Schema = {}, at: string): string[] =>
  misfits(new Shape([revised]), new Shape([old]), at, 'answer');

function parameterChanges(old: Operation, revised: Operation): string[] {
  const known = keyed(old.parameters);
  return [...keyed(revised.parameters)].flatMap(([key, parameter]) => {
    const at = `${parameter.in} ${parameter.name}`;
    const was = known.get(key);
    if (!was) return parameter.required ? [`${at} is new and required`] : [];
    const [before, after] = [was.schema?.['default'], parameter.schema?.['default']];
    return [
      ...(parameter.required && !was.required ? [`${at} is required now`] : []),
      ...(before === undefined || isDeepStrictEqual(before, after)
        ? []
        : [`${at}: the default was ${String(before)} and is ${String(after)}`]),
      ...sent(was.schema, parameter.schema, at),
    ];
  });
}

/** Parameters of the path are known by their order, all others by their names. */
function keyed(parameters: readonly Parameter[]): Map<string, Parameter> {
  const inPath = parameters.filter((each) => each.in === 'path');
  return new Map(
    parameters.map((each) => [
      each.in === 'path' ? `path ${inPath.indexOf(each)}` : `${each.in} ${each.name}`,
      each,
    ]),
  );
}

function bodyChanges(old: Operation, revised: Operation): string[] {
  const { requestBody: was } = old;
  const { requestBody: is } = revised;
  if (!is) return [];
  const required = is.required && !was?.required ? ['the body is required now'] : [];
  return [...required, ...contentChanges(was?.content, is.content, 'body', sent)];
}

function answerChanges(old: Operation, revised: Operation): string[] {
  return Object.entries(old.responses).flatMap(([status, { content }]) => {
    const is = revised.responses[status];
    if (!is) return [`answer ${status} is gone`];
    return contentChanges(content, is.content, `answer ${status}`, got);
  });
}

function contentChanges(
  old: Content = {},
  revised: Content = {},
  at: string,
  compare: typeof sent,
): string[] {
  return Object.entries(old).flatMap(([type, { schema }]) => {
    const is = revised[type];
    return is ? compare(schema, is.schema, at) : [`${at} as ${type} is gone`];
  });
}
