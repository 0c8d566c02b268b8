import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  lesson,
  type Service,
  ServiceError,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { everyAnswer, expectDescribed, NEW } from './support/answers.ts';
import { addParcel } from './support/parcels.ts';
import { faultsOf } from './support/faults.ts';
import { type Json, plain } from './support/json.ts';
import { placesOf, RIGHT, WRONG } from './support/requests.ts';
import { Scratch } from './support/scratch.ts';
import { type OperationName, OPERATIONS, ServedDocument } from './support/served-document.ts';

/** `served` is the service's document, `scratch` a folder for others. */
const test = base
  .extend('served', { scope: 'file' }, ({ service }) => ServedDocument.of(service))
  .extend('scratch', { scope: 'file' }, async ({ cleanup, run }) =>
    cleanup.use(await Scratch.of(run)),
  );

/** A service that follows another document. */
async function following(
  definition: Service,
  scratch: Scratch,
  { json }: ServedDocument,
  env: Readonly<Record<string, string>> = {},
): Promise<StartedService> {
  const file = await scratch.write('openapi.json', json);
  return definition.with({ OPENAPI_FILE: file, ...env }).start();
}

test(
  'the document describes every answer of the service',
  judges('3.1'),
  async ({ draw, postgres, served, service }) => {
    await each('answers', await everyAnswer(service, postgres, draw), async ([name, answer]) => {
      await explain(
        () => {
          expectDescribed(served, name, answer);
        },
        () => {
          happyPathOnly(served, answer);
        },
      );
    });
    const tracking = OPERATIONS[3];
    await each('statuses of a tracking', [200, 400, 404, 502], (status) => {
      served.answer(tracking, status);
    });
    const shown = { state: 'unknown', updatedAt: '2026-11-27T18:02:11Z', lastStop: null };
    const { schema } = served.answer(tracking, 200);
    const faults = faultsOf(schema, shown).join('; ') || 'none';
    expect(faults, `faults that the document finds in the tracking ${JSON.stringify(shown)}`).toBe(
      'none',
    );
  },
);

function happyPathOnly(served: ServedDocument, { request, status }: Answer): void {
  if (status < 400) return;
  const described = OPERATIONS.flatMap((name) => Object.keys(served.operation(name).responses));
  if (described.some((code) => !code.startsWith('2'))) return;
  lesson('happy-path-only', {
    observed: `${request} answered ${status}. Of all statuses, the document describes ${[...new Set(described)].join(' and ')}.`,
    meaning:
      'Clients are generated from the document. For an answer that it leaves out, their code has no type and no branch, and it is read as if it were a parcel.',
    lookAt: 'which answers your service gives on a bad day.',
  });
}

test('the document describes the parameters', judges('3.2'), async ({ served }) => {
  const [list, one, tracking] = [OPERATIONS[0], OPERATIONS[2], OPERATIONS[3]];
  const id = {
    fit: [1, 7, 9_007_199_254_740_991],
    not: [0, -1, 1.5, 'abc', 9_007_199_254_740_992],
  };
  const parameters = [
    [list, 'query', 'limit', { fit: [1, 20, 100], not: [0, 101, 1.5, 'ten'] }],
    [
      list,
      'query',
      'status',
      { fit: ['created', 'in_transit', 'delivered', 'returned'], not: ['lost', '', 7] },
    ],
    [one, 'path', 'id', id],
    [tracking, 'path', 'id', id],
  ] as const;
  await each('parameters', parameters, ([name, place, parameter, { fit, not }]) => {
    const { required = false, schema } = served.parameter(name, place, parameter);
    expect(required, `required of ${parameter} of ${name}`).toBe(place === 'path');
    const wrong = [
      ...fit
        .filter((value) => faultsOf(schema, value).length > 0)
        .map((value) => `${value} does not fit`),
      ...not
        .filter((value) => faultsOf(schema, value).length === 0)
        .map((value) => `${value} fits`),
    ];
    expect(wrong.join(', ') || 'as in the ticket', `values of ${parameter} of ${name}`).toBe(
      'as in the ticket',
    );
  });
  const { schema } = served.parameter(list, 'query', 'limit');
  await explain(
    () => {
      expect(schema['default'], `default of limit of ${list}`).toBe(20);
    },
    () => {
      if (schema['default'] !== undefined) return;
      lesson('default-unsaid', {
        observed: `The document bounds limit of ${list}, and names no default.`,
        meaning:
          'Most clients send no limit and live on the default. If the document is silent about it, no tool notices when it changes.',
        lookAt: 'what a client relies on although it never sends it.',
      });
    },
  );
});

test('the document describes the body', judges('3.2'), async ({ served }) => {
  const { media, required } = served.body('POST /v1/parcels');
  expect(required, 'required of the body of POST /v1/parcels').toBe(true);
  const { recipient } = NEW;
  const bodies = [
    ['a parcel', NEW, true],
    ['a note of null', { ...NEW, note: null }, true],
    ['a note of 200 characters', { ...NEW, note: 'n'.repeat(200) }, true],
    ['a weight of 100,000', { ...NEW, weightGrams: 100_000 }, true],
    ['a note of 201 characters', { ...NEW, note: 'n'.repeat(201) }, false],
    ['a weight of 0', { ...NEW, weightGrams: 0 }, false],
    ['a weight of 100,001', { ...NEW, weightGrams: 100_001 }, false],
    ['a weight of "900"', { ...NEW, weightGrams: '900' }, false],
    ['no weight', { recipient }, false],
    ['no recipient', { weightGrams: 900 }, false],
    ['no postcode', { ...NEW, recipient: { city: 'Dresden' } }, false],
    ['an empty city', { ...NEW, recipient: { ...recipient, city: '' } }, false],
    [
      'a postcode of 11 characters',
      { ...NEW, recipient: { ...recipient, postcode: '01069012345' } },
      false,
    ],
  ] as const;
  await each('bodies', bodies, ([what, body, fits]) => {
    const faults = faultsOf(media.schema, body);
    expect(faults.length === 0, `whether a body with ${what} fits the document`).toBe(fits);
  });
});

test('a request that does not fit names all its faults', judges('3.3'), async ({ service }) => {
  await each('requests', WRONG, async ([what, places, send]) => {
    const answer = await send(service);
    await explain(
      () => {
        answer.expect(400);
        expect(answer.body, `the answer to a request with ${what}`).toMatchObject({
          error: 'invalid request',
        });
        expect(placesOf(answer).join(', '), `places of the faults of a request with ${what}`).toBe(
          places.join(', '),
        );
      },
      async () => {
        if (what === 'a weight of "900"' && answer.status === 201) {
          const half = await service.post('/v1/parcels', { ...NEW, weightGrams: 1.5 });
          if (half.status !== 400) return;
          lesson('body-coerced', {
            observed:
              'A body with "weightGrams": "900" got 201. One with the number 1.5 got 400: the service asks for a whole number.',
            meaning:
              'The query is text, so a reader has to turn text into numbers there. A body is JSON and has types of its own: a client that sends a text today is off contract, and the next server will refuse it.',
            lookAt: 'which inputs the option that converts types applies to.',
          });
        }
        if (answer.status !== 400 || places.length < 2) return;
        const named = placesOf(answer);
        if (named.length !== 1 || !places.includes(named[0] ?? '')) return;
        lesson('first-fault-only', {
          observed: `A request has faults at ${places.join(', ')}. The answer names ${named[0]} alone.`,
          meaning:
            'The developer of the client fixes one fault, sends the request again, and learns of the next one. A validator that stops at the first fault is faster, and that is all.',
          lookAt: 'where your validator stops.',
        });
      },
    );
  });
});

test('a request that fits is served', judges('3.4'), async ({ service }) => {
  await each('requests', RIGHT, async ([what, status, send]) => {
    const answer = await send(service);
    await explain(
      () => {
        expect(answer.status, `status of a request with ${what}`).toBe(status);
      },
      () => {
        if (!what.includes('of their own') || answer.status !== 400) return;
        lesson('refuses-the-unknown', {
          observed: `A request with ${what} got 400. The document does not mention it.`,
          meaning:
            'Clients send more than they should: cache busters, fields of the next version. They were served until yesterday, so refusing them now breaks them.',
          lookAt: 'whether your document, or your reader of it, closes objects that were open.',
        });
      },
    );
  });
  const lengths = [
    ['limit=7', 7],
    ['limit=100', 100],
    ['status=created', 20],
    ['', 20],
  ] as const;
  await each('lists', lengths, async ([query, length]) => {
    const { body } = (await service.get<{ items: unknown[] }>(`/v1/parcels?${query}`)).expect(200);
    expect(body.items.length, `items of GET /v1/parcels?${query}`).toBe(length);
  });
  const delivered = await service.get<{ items: Json[] }>('/v1/parcels?status=delivered');
  const others = delivered.expect(200).body.items.filter(({ status }) => status !== 'delivered');
  expect(others, 'items of GET /v1/parcels?status=delivered with another status').toEqual([]);
});

test('another document has other rules', judges('3.5'), async ({ definition, scratch, served }) => {
  const other = served.copy();
  const [list, post] = [OPERATIONS[0], OPERATIONS[1]];
  other.parameter(list, 'query', 'limit').schema = {
    type: 'integer',
    minimum: 2,
    maximum: 7,
    default: 3,
    // Words of OpenAPI: they say nothing about a value.
    format: 'int32',
    example: 5,
  };
  other.parameter(list, 'query', 'status').schema = { enum: ['created', 'lost'] };
  other
    .operation(list)
    .parameters.push({ name: 'depot', in: 'query', required: true, schema: { type: 'string' } });
  const note = { type: 'string', maxLength: 5 };
  const { media } = other.body(post);
  media.schema = { allOf: [media.schema, { required: ['note'], properties: { note } }] };
  await using service = await following(definition, scratch, other);

  const { body } = (await service.get<Json>('/openapi.json')).expect(200);
  const refused: string[] = [];
  const wrong = [
    ['limit=8', 'query limit', () => service.get('/v1/parcels?depot=a&limit=8')],
    ['limit=1', 'query limit', () => service.get('/v1/parcels?depot=a&limit=1')],
    ['status=delivered', 'query status', () => service.get('/v1/parcels?depot=a&status=delivered')],
    ['no depot', 'query depot', () => service.get('/v1/parcels')],
    ['no note', 'body /note', () => service.post('/v1/parcels', NEW)],
    [
      'a note of 6 characters',
      'body /note',
      () => service.post('/v1/parcels', { ...NEW, note: '123456' }),
    ],
  ] as const;
  const right = [
    ['status=lost', 200, () => service.get('/v1/parcels?depot=a&status=lost')],
    ['a note of 5 characters', 201, () => service.post('/v1/parcels', { ...NEW, note: '12345' })],
  ] as const;
  const anotherDocument = async (what: string): Promise<void> => {
    if (refused.length > 0) return;
    // A service that refuses nothing has no other rules.
    const { status } = await service.get('/v1/parcels?depot=a&limit=101');
    if (status !== 400) return;
    lesson('another-document', {
      observed: `OPENAPI_FILE names a document in which limit goes from 2 to 7 and note is required. A request with ${what} was not refused, and one with limit=101 was.`,
      meaning:
        'The rules that the service follows are not those of the document that it was given. Two copies of a rule agree until somebody changes one of them.',
      lookAt: 'where the service reads its rules, and which file that is.',
    });
  };
  await each('requests that do not fit', wrong, async ([what, place, send]) => {
    const answer = await send();
    if (answer.status === 400) refused.push(what);
    await explain(
      () => {
        answer.expect(400);
        expect(placesOf(answer).join(', '), `places of the faults of a request with ${what}`).toBe(
          place,
        );
      },
      () => anotherDocument(what),
    );
  });
  await each('requests that fit', right, async ([what, status, send]) => {
    expect((await send()).status, `status of a request with ${what}`).toBe(status);
  });
  const shown = (await service.get<{ items: unknown[] }>('/v1/parcels?depot=a')).expect(200);
  expect(shown.body.items.length, 'items of a list without a limit, when the default is 3').toBe(3);
  expect(body, 'GET /openapi.json when OPENAPI_FILE is set').toEqual(plain(other.json));
});

test(
  'an answer off contract is not sent',
  judges('3.6'),
  async ({ definition, postgres, scratch, served }) => {
    const other = served.copy();
    const [list, post, one, tracking] = OPERATIONS;
    const demand = (media: { schema: Json }, more: Json): void => {
      media.schema = { allOf: [media.schema, more] };
    };
    demand(other.answer(one, 200), { properties: { weightGrams: { type: 'string' } } });
    demand(other.answer(list, 200), {
      properties: { items: { items: { properties: { note: { type: 'integer' } } } } },
    });
    demand(other.answer(post, 201), { required: ['depot'] });
    const { responses } = other.operation(one);
    for (const status of ['404', '4XX', 'default']) delete responses[status];
    describeErrorsAs('4XX', other, list);
    describeErrorsAs('default', other, post);
    const gone = other.operation(tracking).responses;
    gone['404'] = { description: 'Gone', content: { 'application/xml': { schema: {} } } } as never;
    const id = await addParcel(postgres, {
      status: 'created',
      weightGrams: 5,
      postcode: '1',
      city: 'A',
      note: null,
    });

    const cases = [
      [
        'a field of another type',
        'answer /weightGrams',
        200,
        (s: StartedService) => s.get(`/v1/parcels/${id}`),
      ],
      [
        'an item with a field of another type',
        'answer /items/0/note',
        200,
        (s: StartedService) => s.get('/v1/parcels?limit=1'),
      ],
      [
        'a required field that is missing',
        'answer /depot',
        201,
        (s: StartedService) => s.post('/v1/parcels', NEW),
      ],
      [
        'a status that is not described',
        'answer status',
        404,
        (s: StartedService) => s.get('/v1/parcels/77777777'),
      ],
      [
        'another content type',
        'answer content-type',
        404,
        (s: StartedService) => s.get(`/v1/parcels/${id}/tracking`),
      ],
    ] as const;
    await using checked = await following(definition, scratch, other, { CHECK_ANSWERS: 'on' });
    const stopped: number[] = [];
    await each('answers', cases, async ([what, place, status, send]) => {
      const answer = await send(checked);
      if (answer.status === 500) stopped.push(status);
      await explain(
        () => {
          expect(answer.status, `status of an answer with ${what}`).toBe(500);
          expect(answer.body, `the answer in the place of one with ${what}`).toMatchObject({
            error: 'answer off contract',
          });
          expect(
            placesOf(answer).join(', '),
            `places of the faults of an answer with ${what}`,
          ).toBe(place);
        },
        () => {
          if (answer.status !== status || status < 400) return;
          if (!stopped.includes(200) || stopped.includes(404)) return;
          lesson('errors-unchecked', {
            observed: `An answer 404 with ${what} was sent. An answer 200 that the document does not describe was stopped.`,
            meaning:
              'Errors are answers. They come from another place than the others, such as the error handler, so a check that sits in the routes never sees them.',
            lookAt: 'on which way an error reaches the client, and whether your check is on it.',
          });
        },
      );
    });
    const invalid = await checked.get('/v1/parcels?status=lost');
    expect(invalid.status, 'status of an answer 400 that is described as 4XX').toBe(400);
    const empty = await checked.post('/v1/parcels', {});
    expect(empty.status, 'status of an answer 400 that is described as default').toBe(400);
    await using unchecked = await following(definition, scratch, other);
    await each('answers without CHECK_ANSWERS', cases, async ([what, , status, send]) => {
      expect((await send(unchecked)).status, `status of an answer with ${what}`).toBe(status);
    });
  },
);

/** Describes the errors of an operation together: as `4XX` or as `default`. */
function describeErrorsAs(status: string, document: ServedDocument, name: OperationName): void {
  const media = document.answer(name, 400);
  const { responses } = document.operation(name);
  for (const key of ['400', '4XX', 'default']) delete responses[key];
  const described = { description: 'An error', content: { 'application/json': media } };
  Object.assign(responses, { [status]: described });
}

test(
  'an answer on contract is sent with CHECK_ANSWERS',
  judges('3.6'),
  async ({ definition, draw, postgres }) => {
    await using service = await definition.with({ CHECK_ANSWERS: 'on' }).start();
    await each('answers', await everyAnswer(service, postgres, draw), ([, answer]) => {
      expect(answer.status, `status of ${answer.request} with CHECK_ANSWERS=on`).toBeLessThan(500);
    });
  },
);

test(
  'the service does not start with a bad document',
  judges('3.7'),
  async ({ definition, scratch, served }) => {
    const lacking = served.copy();
    delete (lacking.json['paths'] as Record<string, unknown>)['/v1/parcels/{id}/tracking'];
    const documents = [
      ['that is cut short', '{ "openapi": "3.1.0", '],
      ['without info', { ...served.json, info: undefined }],
      ['of OpenAPI 3.0', asOpenApi30(served.json)],
      ['that lacks the tracking', lacking.json],
    ] as const;
    await each('documents', documents, async ([what, document]) => {
      const OPENAPI_FILE = await scratch.write('bad.json', document);
      const started = await startOrCode(definition.with({ OPENAPI_FILE }));
      await explain(
        () => {
          expect(started, `how a start with a document ${what} ended`).toBe('it exited');
        },
        () => {
          if (!started.startsWith('it serves')) return;
          lesson('starts-anyway', {
            observed: `The service started with a document ${what}, and answers requests.`,
            meaning:
              'A service that follows a document has no rules without one. If it starts anyway, a deploy with a broken document is seen by clients first.',
            lookAt: 'what happens to an error while the document is read.',
          });
        },
      );
    });
  },
);

/** As much like OpenAPI 3.0 as it can be: a schema of it has one type. */
const asOpenApi30 = (document: Json): unknown =>
  JSON.parse(
    JSON.stringify({ ...document, openapi: '3.0.3' }, (name, value: unknown) =>
      name === 'schema' ? {} : name === 'schemas' ? undefined : value,
    ),
  );

/** Starts a service that should not start. */
async function startOrCode(definition: Service): Promise<string> {
  try {
    await using service = await definition.start();
    return `it serves at port ${service.port === 0 ? 'none' : 'its own'}`;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'CRASHED_AT_START') {
      return /code 0\b/u.test(error.message) ? 'it ended with code 0' : 'it exited';
    }
    throw error;
  }
}
