import type { Content, Operation, Operations } from './document.ts';
import { type Fact, factsOf, follows } from './facts.ts';
import { securityChanges } from './security.ts';

/** Lines about what a service that follows `after` demands more of its clients, or promises less. */
export function* brokenPromises(before: Operations, after: Operations): Generator<string> {
  const revisions = new Map([...after].map(([name, each]) => [shapeOf(name), each]));
  for (const [name, old] of before) {
    const revised = revisions.get(shapeOf(name));
    if (!revised) yield `${name}: the operation is gone`;
    else for (const what of new Set(breaks(old, revised))) yield `${name}: ${what}`;
  }
}

/** The names of parameters in a path mean nothing to clients. */
const shapeOf = (name: string): string => name.replaceAll(/\{[^}]*\}/gu, '{}');

function* breaks(old: Operation, revised: Operation): Generator<string> {
  const [done, promised] = [demandsOf(old), promisesOf(revised)];
  const known = new Set(everyFact(done).map(({ about }) => about));
  for (const fact of demandsOf(revised)) {
    // A demand on something new is none for a client that leaves it out.
    const concerns = fact.rule === 'is there' ? (fact.parent ?? '') : fact.about;
    if (concerns !== '' && !known.has(concerns)) continue;
    if (!follows(fact, done)) yield `${spoken(fact)} is a new demand`;
  }
  for (const fact of promisesOf(old)) {
    if (!follows(fact, promised)) yield `${spoken(fact)} holds no longer`;
  }
  yield* securityChanges(old.security, revised.security);
}

const everyFact = (facts: readonly Fact[]): Fact[] =>
  facts.flatMap((fact) => [fact, ...(fact.alternatives ?? []).flatMap(everyFact)]);

function spoken({ about, rule, value, alternatives }: Fact): string {
  if (alternatives) return `${about} ${rule} ${alternatives.length} alternatives`;
  return value === undefined ? `${about} ${rule}` : `${about} ${rule} ${JSON.stringify(value)}`;
}

/** What a client must do. */
function demandsOf({ parameters, requestBody }: Operation): Fact[] {
  const facts = named(parameters).flatMap(([about, { required, schema }]) => [
    ...(required ? [{ about, rule: 'is there' }] : []),
    ...factsOf(schema, about),
  ]);
  if (!requestBody) return facts;
  const body = requestBody.required ? [{ about: 'body', rule: 'is there' }] : [];
  return [...facts, ...body, ...contentFacts(requestBody.content, 'body')];
}

/** What a client can rely on. */
function promisesOf({ parameters, requestBody, responses }: Operation): Fact[] {
  return [
    ...named(parameters).flatMap(([about, { schema = {} }]) =>
      schema['default'] === undefined
        ? []
        : [{ about, rule: 'if left out, is', value: schema['default'] }],
    ),
    ...Object.keys(requestBody?.content ?? {}).map((type) => ({
      about: 'body',
      rule: `may be ${type}`,
    })),
    ...Object.entries(responses).flatMap(([status, { content = {} }]) => [
      { about: `answer ${status}`, rule: 'is given' },
      ...contentFacts(content, `answer ${status}`).filter(
        ({ rule }) => rule !== 'has no fields but',
      ),
    ]),
  ];
}

/** A parameter of the path is known by its place among them, any other by its name. */
function named(parameters: Operation['parameters']): [string, Operation['parameters'][number]][] {
  const inPath = parameters.filter((each) => each.in === 'path');
  return parameters.map((each) => [
    each.in === 'path' ? `path parameter ${inPath.indexOf(each) + 1}` : `${each.in} ${each.name}`,
    each,
  ]);
}

const contentFacts = (content: Content, about: string): Fact[] =>
  Object.entries(content).flatMap(([type, { schema }]) => factsOf(schema, `${about} as ${type}`));
