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
import { NEW } from './support/answers.ts';
import type { Json } from './support/json.ts';
import { Scratch } from './support/scratch.ts';
import { OPERATIONS, ServedDocument } from './support/served-document.ts';

const [LIST, POST, ONE] = OPERATIONS;
const DEPRECATED = '2026-12-01T00:00:00Z';
const SUNSET = '2027-03-31T21:59:59Z';
const HEADERS = { deprecation: '@1796083200', sunset: 'Wed, 31 Mar 2027 21:59:59 GMT' } as const;
const BEFORE = '2026-11-28T10:00:00Z';

interface Fixture {
  /** A service whose document marks some operations, at an instant. */
  start(marks: Readonly<Record<string, Json>>, clock?: string): Promise<StartedService>;
}

const test = base.extend(
  'marked',
  { scope: 'file' },
  async ({ cleanup, definition, run, service }): Promise<Fixture> => {
    const scratch = cleanup.use(await Scratch.of(run));
    const served = await ServedDocument.of(service);
    return {
      start: async (marks, CLOCK = BEFORE) => {
        const copy = served.copy();
        for (const name of OPERATIONS) Object.assign(copy.operation(name), marks[name]);
        const OPENAPI_FILE = await scratch.write('openapi.json', copy.json);
        return definition.with({ OPENAPI_FILE, CLOCK }).start();
      },
    };
  },
);

const ends = { deprecated: true, 'x-deprecated-at': DEPRECATED, 'x-sunset-at': SUNSET } as const;
const shown = ({ headers }: Answer) => ({
  deprecation: String(headers['deprecation'] ?? 'none'),
  sunset: String(headers['sunset'] ?? 'none'),
});

function isoDates(answer: Answer): void {
  const { deprecation, sunset } = shown(answer);
  if (!/^@?\d{4}-\d\d-\d\d/u.test(deprecation) && !/^\d{4}-\d\d-\d\d/u.test(sunset)) return;
  lesson('iso-dates', {
    observed: `${answer.request} has Deprecation: ${deprecation} and Sunset: ${sunset}.`,
    meaning:
      'A client library reads these headers by their RFCs, and those are of different times. RFC 9745 has a date of Structured Fields, RFC 8594 an HTTP date. Neither has the form of RFC 3339.',
    lookAt: 'the grammar of each of the two headers.',
  });
}

function onlyGoodAnswers(answer: Answer, good: Answer): void {
  if (answer.status < 400 || shown(answer).deprecation !== 'none') return;
  if (shown(good).deprecation === 'none') return;
  lesson('only-when-it-went-well', {
    observed: `${good.request} answered ${good.status} with a Deprecation header. ${answer.request} answered ${answer.status} without one.`,
    meaning:
      'An error is an answer of the operation. A client that gets nothing but errors is the one that nobody maintains, and it should hear about the end as well.',
    lookAt: 'at which moment the headers are set, and which answers are sent before it.',
  });
}

test('every answer says since when the operation is deprecated', judges('6.1'), ({ marked }) =>
  expectHeader(marked, 'deprecation'),
);

test('every answer says when the operation ends', judges('6.2'), ({ marked }) =>
  expectHeader(marked, 'sunset'),
);

async function expectHeader(marked: Fixture, name: 'deprecation' | 'sunset'): Promise<void> {
  await using service = await marked.start({ [LIST]: ends, [ONE]: ends });
  await using ended = await marked.start({ [LIST]: ends }, '2028-03-31T00:00:00Z');
  const good = await service.get('/v1/parcels');
  const answers = [
    good,
    await service.get('/v1/parcels?limit=0'),
    await service.get('/v1/parcels/7'),
    await service.get('/v1/parcels/abc'),
    await service.get('/v1/parcels/77777777'),
    await ended.get('/v1/parcels'),
  ];
  await each('answers', answers, async (answer) => {
    await explain(
      () => {
        expect(
          shown(answer)[name],
          `${name} of ${answer.request}, which answered ${answer.status}`,
        ).toBe(HEADERS[name]);
      },
      () => {
        isoDates(answer);
        onlyGoodAnswers(answer, good);
      },
    );
  });
  if (name === 'deprecation') return;
  await using endless = await marked.start({
    [LIST]: { deprecated: true, 'x-deprecated-at': DEPRECATED },
  });
  const answer = await endless.get('/v1/parcels');
  expect(shown(answer), 'headers of an operation without x-sunset-at').toEqual({
    ...HEADERS,
    sunset: 'none',
  });
}

test('no other operation has these headers', judges('6.3'), async ({ marked }) => {
  const { deprecated: _deprecated, ...unmarked } = ends;
  await using service = await marked.start({
    [LIST]: ends,
    [ONE]: { ...unmarked, deprecated: false },
  });
  const none = { deprecation: 'none', sunset: 'none' };
  const answers = [
    await service.post('/v1/parcels', NEW),
    await service.get('/v1/parcels/7'),
    await service.get('/v1/parcels/7/tracking'),
    await service.get('/openapi.json'),
  ];
  await each('answers', answers, async (answer) => {
    await explain(
      () => {
        expect(shown(answer), `headers of ${answer.request}`).toEqual(none);
      },
      () => {
        if (shown(answer).deprecation !== HEADERS.deprecation) return;
        lesson('ends-what-goes-on', {
          observed: `Only GET /v1/parcels is deprecated. ${answer.request} has Deprecation: ${HEADERS.deprecation} as well.`,
          meaning:
            'A client that reads the header moves away from an operation that stays. The next time, it does not believe the header.',
          lookAt: 'what the document says about this operation.',
        });
      },
    );
  });
});

test('an operation that has ended answers 410', judges('6.4'), async ({ marked, postgres }) => {
  const count = async (): Promise<number> => {
    const [row] = await postgres.query<{ n: number }>('SELECT count(*)::int AS n FROM parcels');
    return row?.n ?? -1;
  };
  await using last = await marked.start({ [LIST]: ends, [POST]: ends }, '2027-03-31T21:59:58Z');
  const late = await last.get('/v1/parcels');
  expect(late.status, 'status one second before the end').toBe(200);
  await using service = await marked.start({ [LIST]: ends, [POST]: ends }, SUNSET);
  const before = await count();
  const answers = [
    await service.get('/v1/parcels'),
    await service.get('/v1/parcels?limit=0'),
    await service.post('/v1/parcels', NEW),
    await service.post('/v1/parcels', {}),
  ];
  await each('answers', answers, async (answer) => {
    await explain(
      () => {
        expect(answer.status, `status of ${answer.request} after its end`).toBe(410);
        expect(answer.body, `body of ${answer.request} after its end`).toEqual({ error: 'gone' });
      },
      () => {
        if (answer.status !== 400 || answers[0]?.status !== 410) return;
        lesson('invalid-before-gone', {
          observed: `${answer.request} answered 400 after its end, and a valid request got 410.`,
          meaning:
            'The answer asks the client to correct a request that nobody will ever serve. After its end, an operation has one answer.',
          lookAt: 'in which order a request is checked.',
        });
      },
    );
  });
  expect(await count(), 'parcels after a POST to an operation that has ended').toBe(before);
  const other = await service.get('/v1/parcels/7');
  expect(other.status, 'status of an operation that goes on').toBe(200);
});

test(
  'the service does not start with an end that makes no sense',
  judges('6.5'),
  async ({ marked }) => {
    const marks = [
      ['no x-deprecated-at', { deprecated: true, 'x-sunset-at': SUNSET }],
      ['an x-deprecated-at that is not an instant', { ...ends, 'x-deprecated-at': 'soon' }],
      ['an x-sunset-at that is not an instant', { ...ends, 'x-sunset-at': 'never' }],
      ['an x-sunset-at before its x-deprecated-at', { ...ends, 'x-sunset-at': BEFORE }],
    ] as const;
    await using same = await marked.start({ [LIST]: { ...ends, 'x-sunset-at': DEPRECATED } });
    const { status } = await same.get('/v1/parcels');
    expect(status, 'status of an operation that ends at the instant of its x-deprecated-at').toBe(
      200,
    );
    await each('documents', marks, async ([what, mark]) => {
      const ended = await outcome(marked.start({ [LIST]: mark }));
      await explain(
        () => {
          expect(ended, `how a start ended when an operation has ${what}`).toBe('it exited');
        },
        () => {
          if (ended !== 'it serves') return;
          lesson('starts-anyway', {
            observed: `The service started with an operation that has ${what}, and serves it.`,
            meaning:
              'Clients plan by these two instants. If the service starts with a wrong one, the operation ends on another day than its owners think, or never, and nobody hears of it.',
            lookAt: 'what happens to an instant that cannot be right while the document is read.',
          });
        },
      );
    });
  },
);

async function outcome(starting: ReturnType<Service['start']>): Promise<string> {
  try {
    await using service = await starting;
    return service.running ? 'it serves' : 'it ended later';
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'CRASHED_AT_START') {
      return /code 0\b/u.test(error.message) ? 'it ended with code 0' : 'it exited';
    }
    throw error;
  }
}
