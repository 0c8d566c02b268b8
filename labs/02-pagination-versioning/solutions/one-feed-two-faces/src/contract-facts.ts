/** JSON of an OpenAPI document, without references. */
export type Document = { readonly [name: string]: unknown };
type Json = Record<string, unknown>;

/** One thing that a contract says: `query limit`, `is at most`, `1000`. */
export interface Fact {
  readonly about: string;
  readonly rule: string;
  readonly value: string;
}

/** `GET /v1/events` → what is said of it. */
export type Facts = ReadonlyMap<string, readonly Fact[]>;

const words = (value: unknown): string => JSON.stringify(value);
const list = (value: string): unknown[] => [JSON.parse(value)].flat();
const within = (some: string, all: string): boolean =>
  list(some).every(
    (each) => list(all).includes(each) || (each === 'integer' && list(all).includes('number')),
  );

/** When a fact of one document makes another true; any other rule only when they are the same. */
const IMPLIES: Readonly<Record<string, (known: string, asked: string) => boolean>> = {
  'is of type': within,
  'is one of': within,
  'is at most': (known, asked) => Number(known) <= Number(asked),
  'is at least': (known, asked) => Number(known) >= Number(asked),
};

export function implied({ about, rule, value }: Fact, by: readonly Fact[]): boolean {
  const holds = IMPLIES[rule] ?? ((known, asked) => known === asked);
  return by.some((fact) => fact.about === about && fact.rule === rule && holds(fact.value, value));
}

/** What clients must do. */
export const demandsOf = (document: Document): Facts =>
  collect(document, (operation, parameters) => [
    ...parameters.flatMap((parameter) => {
      const about = nameOf(parameter);
      return [...there(parameter['required'], about), ...schemaFacts(parameter['schema'], about)];
    }),
    ...bodyFacts(operation['requestBody'] as Json | undefined),
  ]);

/** What clients can rely on. */
export const guaranteesOf = (document: Document): Facts =>
  collect(document, (operation, parameters) => [
    { about: 'the operation', rule: 'is there', value: '' },
    ...parameters.flatMap((parameter) => {
      const { default: value } = (parameter['schema'] ?? {}) as Json;
      return value === undefined
        ? []
        : [{ about: nameOf(parameter), rule: 'is, when left out,', value: words(value) }];
    }),
    ...Object.entries((operation['responses'] ?? {}) as Record<string, Json>).flatMap(
      ([status, { content }]) => [
        { about: status, rule: 'is answered', value: '' },
        ...contentFacts(content, status),
      ],
    ),
  ]);

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];

function collect(
  document: Document,
  factsOf: (operation: Json, parameters: Json[]) => Fact[],
): Facts {
  const paths = Object.entries((document['paths'] ?? {}) as Record<string, Json>);
  return new Map(
    paths.flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).map((method) => {
        const operation = item[method] as Json;
        const own = (operation['parameters'] ?? []) as Json[];
        const names = own.map(nameOf);
        // One of the operation stands in for one of the path that has its name.
        const shared = ((item['parameters'] ?? []) as Json[]).filter(
          (parameter) => !names.includes(nameOf(parameter)),
        );
        return [
          `${method.toUpperCase()} ${path}`,
          factsOf(operation, [...shared, ...own]),
        ] as const;
      }),
    ),
  );
}

const nameOf = (parameter: Json): string =>
  `${String(parameter['in'])} ${String(parameter['name'])}`;

const there = (required: unknown, about: string): Fact[] =>
  required === true ? [{ about, rule: 'must be there', value: '' }] : [];

function bodyFacts(body: Json | undefined): Fact[] {
  if (!body) return [];
  return [...there(body['required'], 'the body'), ...contentFacts(body['content'], 'the body')];
}

function contentFacts(content: unknown, about: string): Fact[] {
  return Object.entries((content ?? {}) as Record<string, Json>).flatMap(([type, { schema }]) =>
    schemaFacts(schema, `${about} as ${type}`),
  );
}

function schemaFacts(schema: unknown, about: string): Fact[] {
  const said = (schema ?? {}) as Json;
  const fact = (rule: string, keyword: string): Fact[] =>
    said[keyword] === undefined ? [] : [{ about, rule, value: words(said[keyword]) }];
  return [
    { about, rule: 'is known', value: '' },
    ...fact('is of type', 'type'),
    ...fact('is one of', 'enum'),
    ...fact('is at most', 'maximum'),
    ...fact('is at least', 'minimum'),
    ...['pattern', 'format', 'allOf', 'anyOf', 'oneOf'].flatMap((each) =>
      fact(`has the ${each}`, each),
    ),
    ...((said['required'] ?? []) as string[]).flatMap((name) => there(true, `${about}.${name}`)),
    ...Object.entries((said['properties'] ?? {}) as Json).flatMap(([name, each]) =>
      schemaFacts(each, `${about}.${name}`),
    ),
    ...(said['items'] === undefined ? [] : schemaFacts(said['items'], `${about}[]`)),
  ];
}
