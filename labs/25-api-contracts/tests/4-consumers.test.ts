import {
  type Draw,
  each,
  expect,
  explain,
  judges,
  lesson,
  SomeWrong,
  LessonError,
  test as base,
} from '@backend-labs/testkit';
import {
  consumers,
  type Interaction,
  provider,
  type Replayed,
  replay,
} from './support/consumers.ts';
import { type Expectation, EXPECTATIONS } from './support/expectations.ts';
import type { Json } from './support/json.ts';
import { Scratch } from './support/scratch.ts';

const OK: Interaction = {
  description: 'a good answer',
  request: { method: 'GET', path: '/good' },
  response: { status: 200 },
};
const bad = (description: string): Interaction => ({
  ...OK,
  description,
  response: { status: 418 },
});

/** `replayed` is what the command says of all expectations, each an interaction of its own. */
const test = base.extend('replayed', { scope: 'file' }, async ({ run }): Promise<Replayed> => {
  const path = (what: string): string => `/${what.replaceAll(' ', '-')}`;
  const replies = EXPECTATIONS.map(({ what, reply }) => [path(what), reply] as const);
  await using double = await provider(Object.fromEntries(replies));
  const interactions = EXPECTATIONS.map(({ what, response }) => ({
    description: what,
    request: { method: 'GET', path: path(what) },
    response,
  }));
  return await replay(run, double.url, { client: interactions });
});

const about = (point: string): Expectation[] =>
  EXPECTATIONS.filter((expectation) => expectation.point === point);
const verdictOn = ({ said }: Replayed, { what }: Expectation): string =>
  said.get(`client: ${what}`) ?? 'not printed';
const right = (replayed: Replayed, expectation: Expectation): boolean =>
  verdictOn(replayed, expectation) === (expectation.fits ? 'ok' : 'failed');

/** Asserts that the command's verdicts on some expectations are right. If not, looks for the mistake. */
async function expectVerdicts(
  replayed: Replayed,
  expectations: readonly Expectation[],
): Promise<void> {
  try {
    await each('expectations', expectations, (expectation) => {
      const said = verdictOn(replayed, expectation);
      const { what, fits } = expectation;
      expect(said, `verdict on ${what}`).toBe(fits ? 'ok' : 'failed');
      if (fits) return;
      const [line = ''] = replayed.lines.filter((text) => text.includes(` client: ${what}`));
      expect(line, `the line about ${what}, with a reason`).toMatch(/^failed client: [^:]+: \S/u);
    });
  } catch (failure) {
    try {
      diagnose(replayed);
    } catch (taught) {
      if (failure instanceof SomeWrong && taught instanceof LessonError) {
        throw new SomeWrong(failure.tally, taught.lesson);
      }
      throw taught;
    }
    throw failure;
  }
}

function diagnose(replayed: Replayed): void {
  const mistaken = EXPECTATIONS.filter((expectation) => !right(replayed, expectation));
  const wrong = mistaken.map(({ what }) => what);
  /** Whether all wrong verdicts are this one, on expectations with this in their name. */
  const all = (said: 'ok' | 'failed', word: string): boolean =>
    mistaken.length > 0 &&
    mistaken.every((one) => verdictOn(replayed, one) === said && one.what.includes(word));
  if (all('ok', 'a header')) {
    lesson('headers-unread', {
      observed: `Of all answers that do not fit, the command said ok to ${wrong.join(' and ')}.`,
      meaning:
        'Clients read headers: they choose a parser by the content type, and follow a location. An answer whose header is gone breaks them like one whose field is gone.',
      lookAt: 'which parts an expected response can have.',
    });
  }
  if (all('failed', 'a further')) {
    lesson('more-is-a-failure', {
      observed: `The command failed ${wrong.join(' and ')}. Everything that the client needs is there.`,
      meaning:
        'A contract of a client says what it needs, and not what the provider may do for others. If every new field is a failure, the provider can never add one.',
      lookAt: 'which of the two bodies the comparison walks through.',
    });
  }
  if (all('ok', 'empty')) {
    lesson('empty-list-passes', {
      observed: `The command said ok to ${wrong.join(' and ')}.`,
      meaning:
        'Every element of an empty list is as expected: there is none. The client wrote down an example because it needs at least one, and nothing of it was compared.',
      lookAt: 'what the rule says about the number of elements.',
    });
  }
}

test('states are set up before the request, in order', judges('4.1'), async ({ draw, run }) => {
  const [first, second, third] = [draw.word(), draw.word(), draw.word()];
  const sent = {
    method: 'PUT',
    path: '/a?x=1&y=2',
    headers: { 'x-client': 'c', 'content-type': 'application/json' },
    body: { z: [1] },
  };
  const interactions = [
    {
      ...OK,
      states: [state(first, draw), state(second, draw)],
      request: sent,
      response: { status: 204 },
    },
    { ...OK, description: 'another', states: [state(third, draw)] },
    { ...OK, description: 'one without states' },
  ];
  await using double = await provider({ '/a?x=1&y=2': { status: 204 }, '/good': {} });
  const replayed = await replay(run, double.url, { client: interactions });
  const heard = double.requests.map(({ method, path, json }) =>
    path === '/_states'
      ? `state ${(json as { state?: string } | undefined)?.state}`
      : `${method} ${path}`,
  );
  const expected = [
    `state ${first}`,
    `state ${second}`,
    'PUT /a?x=1&y=2',
    `state ${third}`,
    'GET /good',
    'GET /good',
  ];
  await explain(
    () => {
      expect(
        heard,
        `requests that the provider got. The command said: ${replayed.printed}`,
      ).toEqual(expected);
    },
    () => {
      const states = heard.filter((request) => request.startsWith('state'));
      if (
        states.length === 3 &&
        heard.slice(0, 3).every((request) => request.startsWith('state'))
      ) {
        lesson('states-at-the-start', {
          observed: `The provider got its three states first and then the requests: ${heard.join(', ')}.`,
          meaning:
            'A state is what one interaction begins with. The next one may need the opposite, so by then the first would be gone.',
          lookAt: 'for how long a state has to hold.',
        });
      }
    },
  );
  const [one, , put] = double.requests;
  expect(one?.json, 'body of the first POST to /_states').toEqual(interactions[0]?.states?.[0]);
  expect(one?.headers['content-type'], 'content-type of a POST to /_states').toContain(
    'application/json',
  );
  expect(put?.json, 'body of the PUT').toEqual(sent.body);
  expect(put?.headers['x-client'], 'x-client of the PUT').toBe('c');
});

const state = (name: string, draw: Draw) => ({
  state: name,
  params: { id: draw.int(1, 99), note: null },
});

const EXPECTED = [
  'ok printer: a good answer',
  'failed printer: a bad one',
  'ok printer: one more',
  'failed app: another bad one',
  'ok app: a good answer',
];

test('each interaction has one line', judges('4.2'), async ({ run }) => {
  await using double = await provider({ '/good': {} });
  const contracts = {
    printer: [OK, bad('a bad one'), { ...OK, description: 'one more' }],
    app: [bad('another bad one'), OK],
  };
  const { code, lines, printed } = await replay(run, double.url, contracts);
  const shown = lines
    .filter((line) => /^(?:ok|failed) /u.test(line))
    .map((line) => line.split(': ').slice(0, 2).join(': '));
  await explain(
    () => {
      expect(shown, `lines of the command. It printed: ${printed}`).toEqual(EXPECTED);
      expect(
        lines.find((line) => line.startsWith('failed')),
        'the line of a failed interaction',
      ).toMatch(/^failed printer: a bad one: \S/u);
      expect(code, 'exit code if an interaction failed').toBe(1);
    },
    () => {
      const failed = shown.findIndex((line) => line.startsWith('failed'));
      if (failed === -1 || shown.length >= 5 || !shown.every((line, at) => line === EXPECTED[at]))
        return;
      lesson('stops-at-the-first', {
        observed: `Two of five interactions in two files fail. The command printed ${shown.length} lines, and nothing after "${shown.at(-1)}".`,
        meaning:
          'One failure says that one client breaks. How many others break decides what to do next, and the command has not looked.',
        lookAt: 'where the loop ends when an interaction has failed.',
      });
    },
  );
  const green = await replay(run, double.url, { printer: [OK], app: [OK] });
  expect(green.code, `exit code if all are ok. It printed: ${green.printed}`).toBe(0);
});

test('an answer that lacks what a client needs fails', judges('4.3'), ({ replayed }) =>
  expectVerdicts(replayed, about('4.3')),
);

test('an answer that has more is ok', judges('4.4'), ({ replayed }) =>
  expectVerdicts(replayed, about('4.4')),
);

test('rules say how to compare', judges('4.5'), ({ replayed }) =>
  expectVerdicts(replayed, about('4.5')),
);

test('a state that cannot be set up is a failure', judges('4.6'), async ({ draw, run }) => {
  const unknown = {
    ...OK,
    description: 'of tomorrow',
    states: [state('a parcel', draw), state('an unknown one', draw)],
  };
  await using double = await provider({ '/good': {} });
  const { code, said, printed } = await replay(run, double.url, {
    client: [unknown, { ...OK, description: 'last' }],
  });
  const requests = double.requests.filter(({ path }) => path !== '/_states');
  await explain(
    () => {
      expect(
        said.get('client: of tomorrow'),
        `verdict on an interaction whose state is unknown. It printed: ${printed}`,
      ).toBe('failed');
      expect(
        requests.length,
        'requests of two interactions, one of which has an unknown state',
      ).toBe(1);
      expect(said.get('client: last'), 'verdict on the interaction after it').toBe('ok');
      expect(code, 'exit code').toBe(1);
    },
    () => {
      if (code !== 0 || requests.length !== 1) return;
      const how = said.get('client: of tomorrow') ?? 'nothing';
      lesson('skipped-is-not-green', {
        observed: `The provider answered 404 to the state "an unknown one". The command printed ${how} for the interaction, and ended with 0.`,
        meaning:
          'An expectation that was not checked looks like one that holds. Clients write down new states all the time, and each of them would be green until the day it breaks.',
        lookAt: 'how the command treats an answer to /_states that is not a 2xx.',
      });
    },
  );
});

const [{ response, ...unanswered }, { description: _, ...nameless }] = [OK, OK];
const one = (interaction: unknown): Json => ({ consumer: 'client', interactions: [interaction] });

/** Files that a client did not write as a contract. */
const NO_CONTRACTS: readonly (readonly [what: string, content: unknown])[] = [
  ['the file holds a list', [OK]],
  ['the file has no consumer', { interactions: [OK] }],
  ['the file has no interactions', { consumer: 'client' }],
  ['the interactions are not a list', { consumer: 'client', interactions: { '0': OK } }],
  ['an interaction is a text', one('GET /good')],
  ['an interaction has no description', one(nameless)],
  ['an interaction has no request', one({ description: 'x', response })],
  ['an interaction has no response', one(unanswered)],
  ['a request is a text', one({ ...OK, request: 'GET /good' })],
  ['a request has no method', one({ ...OK, request: { path: '/good' } })],
  ['a request has no path', one({ ...OK, request: { method: 'GET' } })],
  ['a response is a number', one({ ...OK, response: 200 })],
  ['a response has no status', one({ ...OK, response: {} })],
  ['a status is a text', one({ ...OK, response: { status: '200' } })],
  ['states are not a list', one({ ...OK, states: { state: 'a parcel' } })],
  ['a state is a text', one({ ...OK, states: ['a parcel'] })],
  ['a state has no name', one({ ...OK, states: [{ params: {} }] })],
];

/** Works through a list, four at a time. The results are in the order of the list. */
async function inLanes<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = list.entries();
  const lane = async (): Promise<void> => {
    for (const [at, item] of rest) results[at] = await work(item);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return results;
}

test('the command ends with 2 if it cannot replay', judges('4.7'), async ({ run }) => {
  await using scratch = await Scratch.of(run);
  const good = await scratch.write('good.json', { consumer: 'client', interactions: [OK] });
  const torn = await scratch.write('torn.json', '{ "consumer": "client", "inter');
  await using double = await provider({ '/good': {} });
  const closed = await (async () => {
    await using brief = await provider({ '/good': {} });
    const { code } = await consumers(run, brief.url, [good]);
    expect(code, 'exit code of a good interaction').toBe(0);
    return brief.url;
  })();
  const unfit = await Promise.all(
    NO_CONTRACTS.map(async ([what, contract], at) => {
      return [what, [await scratch.write(`bad-${at}.json`, contract)]] as const;
    }),
  );
  const runs = [
    ['nobody listens at PROVIDER_URL', [good]],
    ['no file is named', []],
    ['the file is not there', [`${good}.gone`]],
    ['the file is cut short', [torn]],
    ...unfit,
  ] as const;
  const url = (what: string): string => (what.startsWith('nobody') ? closed : double.url);
  const ended = await inLanes(runs, ([what, files]) => consumers(run, url(what), files));
  await each('runs', runs, async (started) => {
    const [what] = started;
    const { code, said } = ended[runs.indexOf(started)] as Replayed;
    await explain(
      () => {
        expect(code, `exit code if ${what}`).toBe(2);
      },
      () => {
        if (code !== 1) return;
        lesson('unreachable-is-red', {
          observed: `If ${what}, the command prints ${said.size === 0 ? 'no verdict' : 'a verdict'} and ends with 1.`,
          meaning:
            '1 says that the service breaks a client. Here nothing was compared: the pipeline stops a release for a reason that is not there, and somebody searches for it in the service.',
          lookAt: 'how a caller tells the three ways apart in which the command can end.',
        });
      },
    );
  });
});

test(
  'our service can be brought into the states',
  judges('4.8'),
  async ({ definition, draw, postgres, service }) => {
    await using staged = await definition.with({ PROVIDER_STATES: 'on' }).start();
    const id = draw.int(10_000_000, 90_000_000);
    const set = (name: string, params: Json) => staged.post('/_states', { state: name, params });
    const shown = async (): Promise<string> => {
      const [row] = await postgres.query(
        'SELECT status, weight_grams, postcode, city, note, tracking FROM parcels WHERE id = $1',
        [id],
      );
      return row ? Object.values(row).map(String).join(', ') : 'no parcel';
    };
    const full = {
      id,
      status: 'returned',
      weightGrams: 77,
      postcode: '01067',
      city: 'Dresden',
      note: 'left',
      tracking: 'CX9',
    };
    const steps = [
      ['a parcel', full, 'returned, 77, 01067, Dresden, left, CX9'],
      [
        'a parcel',
        {
          id,
          status: 'created',
          weightGrams: 78,
          postcode: '10115',
          city: 'Berlin',
          note: null,
          tracking: 'CX10',
        },
        'created, 78, 10115, Berlin, null, CX10',
      ],
      ['no parcel', { id }, 'no parcel'],
      ['no parcel', { id }, 'no parcel'],
      ['a parcel', full, 'returned, 77, 01067, Dresden, left, CX9'],
    ] as const;
    const seen: string[] = [];
    await each('states', steps, async ([name, params, expected]) => {
      const { status } = await set(name, params);
      const before = seen.at(-1);
      const now = await shown();
      seen.push(now);
      await explain(
        () => {
          expect(status, `status of the state "${name}"`).toBe(204);
          expect(now, `the parcel after the state "${name}"`).toBe(expected);
        },
        () => {
          if (name !== 'a parcel' || before === undefined || before === 'no parcel') return;
          if (now !== before || now === expected) return;
          lesson('state-of-yesterday', {
            observed: `The state "${name}" was set up a second time with other params. The parcel is still ${now}.`,
            meaning:
              'Expectations are replayed with each release, against a database that still has the parcels of the last time. A state that only adds what is missing is right once.',
            lookAt: 'what the statement does if the id exists.',
          });
        },
      );
    });
    await set('no parcel', { id });
    expect((await set('a parcel', { id })).status, 'status of "a parcel" with an id alone').toBe(
      204,
    );
    await set('no parcel', { id: id + 1 });
    expect(
      await shown(),
      'the parcel after "a parcel" with an id alone and "no parcel" with another id',
    ).not.toBe('no parcel');
    expect((await set('a parcel of gold', { id })).status, 'status of an unknown state').toBe(404);
    const closed = await service.post('/_states', { state: 'no parcel', params: { id } });
    expect(closed.status, 'status of POST /_states without PROVIDER_STATES').toBe(404);
    expect(await shown(), 'the parcel after a state that was refused').not.toBe('no parcel');
  },
);
