import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { Contract, faultsOf } from './support/contract.ts';
import { CHANGES, type Change, documents } from './support/contracts.ts';
import { crashIsOne, defaultUnsaid, diagnoseGate } from './support/diagnose-gate.ts';
import { recordEvent } from './support/events.ts';
import { gate, type Verdict } from './support/gate.ts';
import { okWithAnError } from './support/problem.ts';

const EVENT = { shipmentId: 4719, type: 'customs_hold', ts: '2026-02-08T09:00:00Z' };
const SHIPMENT = '/v1/shipments/{id}/events';

/** Answers of every kind, and the operation of the contract that each belongs to. */
const ANSWERS: readonly (readonly [
  method: string,
  path: string,
  send: (service: StartedService) => Promise<Answer>,
])[] = [
  ['GET', '/v1/events', (service) => service.get('/v1/events?limit=3')],
  ['GET', '/v1/events', (service) => service.get('/v1/events?limit=3&count=estimate')],
  ['GET', '/v1/events', (service) => service.get('/v1/events?since=2026-02-07T10:00:00Z&limit=60')],
  ['GET', '/v1/events', (service) => service.get('/v1/events?limit=abc')],
  ['POST', '/v1/events', (service) => service.post('/v1/events', EVENT)],
  ['POST', '/v1/events', (service) => service.post('/v1/events', { ...EVENT, type: 'teleported' })],
  ['GET', SHIPMENT, (service) => service.get(`/v1/shipments/${EVENT.shipmentId}/events`)],
  ['GET', SHIPMENT, (service) => service.get('/v1/shipments/abc/events')],
  ['GET', '/v2/events', (service) => service.get('/v2/events?limit=3')],
  ['GET', '/v2/events', (service) => service.get('/v2/events?type=customs_hold&limit=3')],
  ['GET', '/v2/events', (service) => service.get('/v2/events?cursor=page2')],
];

/** Statuses of the problems that each operation answers sooner or later. */
const PROBLEMS = [
  ['GET', '/v1/events', [400, 410, 500]],
  ['POST', '/v1/events', [400, 410, 500]],
  ['GET', SHIPMENT, [400, 404, 410, 500]],
  ['GET', '/v2/events', [400, 500]],
] as const;

/** `contract` is the document that the service serves; `named` is what the gate says of all changes. */
const test = base
  .extend('contract', { scope: 'file' }, ({ service }) => Contract.of(service))
  .extend('named', { scope: 'file' }, ({ run }) => {
    const both = documents(CHANGES);
    return gate(run, both.old, both.new);
  });

test(
  'the contract describes what the service answers',
  judges('7.1'),
  async ({ service, contract, postgres, draw }) => {
    // A type of next year, which v2 shows.
    await recordEvent(postgres, { type: `drone_${draw.word()}`, at: '2026-02-09T00:00:00Z' });
    await each('answers', ANSWERS, async ([method, path, send]) => {
      const answer = await send(service);
      await explain(
        () => {
          contract.expectDescribed(method, path, answer);
        },
        () => {
          okWithAnError(answer);
        },
      );
    });
    const problems = PROBLEMS.flatMap(([method, path, statuses]) =>
      statuses.map((status) => [method, path, status] as const),
    );
    await each('problems', problems, ([method, path, status]) => {
      contract.expectProblem(method, path, status);
    });
  },
);

test('the contract describes the parameters', judges('7.2'), async ({ contract }) => {
  const V1 = ['created', 'picked_up', 'in_transit', 'delivered', 'exception'];
  const V2 = [...V1, 'customs_hold', 'customs_released'];
  const all = ['type', 'since', 'limit', 'cursor', 'count'];
  const parameters = [
    ...all.map((name) => ['/v1/events', name, V1] as const),
    ...all.map((name) => ['/v2/events', name, V2] as const),
    ...['limit', 'cursor', 'count'].map((name) => [SHIPMENT, name, V1] as const),
  ];
  await each('parameters', parameters, async ([path, name, types]) => {
    const { required = false, schema } = contract.query('GET', path, name);
    expect(required, `that ${name} of GET ${path} is required`).toBe(false);
    const taken = (values: readonly string[]): string =>
      values.filter((value) => faultsOf(schema, value).length === 0).join(', ');
    const values = `values that the contract lets ${name} of GET ${path} have`;
    if (name === 'type') expect(taken([...V2, 'teleported']), values).toBe(types.join(', '));
    if (name === 'count') expect(taken(['estimate', 'exact']), values).toBe('estimate');
    if (name !== 'limit') return;
    const bounds = { minimum: 1, maximum: 1000, default: 50 };
    await explain(
      () => {
        expect(schema, `schema of limit of GET ${path}`).toMatchObject(bounds);
      },
      () => {
        defaultUnsaid(schema, path);
      },
    );
  });
});

test('the contract describes the body', judges('7.2'), ({ contract }) => {
  const { requestBody } = contract.operation('POST', '/v1/events');
  expect(requestBody?.required, 'required of the body of POST /v1/events').toBe(true);
  const body = requestBody?.content['application/json']?.schema ?? {};
  expect(
    faultsOf(body, EVENT).join('; ') || 'nothing',
    'what the contract of POST /v1/events has against a customs_hold',
  ).toBe('nothing');
  const wrong = { ...EVENT, type: 'teleported' };
  expect(
    faultsOf(body, wrong).length,
    'number of faults of an event of type "teleported", by the contract of POST /v1/events',
  ).toBeGreaterThan(0);
});

/** The changes that one point is about. */
const about = (point: string): Change[] => CHANGES.filter((change) => change.point === point);

/** Asserts that the gate named each change in as many lines as it must, at least. */
const expectNamed = (verdict: Verdict, changes: readonly Change[]): Promise<void> =>
  diagnoseGate(verdict, () =>
    each('changes', changes, ({ operation, what, lines }) => {
      const found = verdict.named.get(operation) ?? 0;
      const said = lines === 1 ? '' : `; named in ${found} of ${lines} lines`;
      expect(found, `${operation} (${what}) was not named${said}`).toBeGreaterThanOrEqual(lines);
    }),
  );

test('the gate names each change of an answer that breaks', judges('7.3'), ({ named }) =>
  expectNamed(named, about('7.3')),
);

test('the gate names each change of an input that breaks', judges('7.4'), ({ named }) =>
  expectNamed(named, about('7.4')),
);

test('the gate finds a change wherever it stands', judges('7.6'), ({ named }) =>
  expectNamed(named, about('7.6')),
);

test('the gate names two changes of an operation in two lines', judges('7.7'), ({ named }) =>
  expectNamed(named, about('7.7')),
);

test('the gate names no change that breaks nobody', judges('7.5'), ({ named }) =>
  diagnoseGate(named, () =>
    each('changes', about('7.5'), ({ operation, what }) => {
      const found = named.named.get(operation) ?? 0;
      expect(found, `${operation} (${what}) was named, in so many lines`).toBe(0);
    }),
  ),
);

test('the gate ends with 0 when nothing breaks', judges('7.5'), async ({ run, named }) => {
  const { old, new: revised } = documents(about('7.5'));
  const { code, said } = await gate(run, old, revised);
  await diagnoseGate(named, () => {
    expect(code, `exit code where no change breaks. It said: ${said}`).toBe(0);
  });
});

test('the gate ends with 1 when it names a change', judges('7.8'), ({ named }) => {
  expect(named.code, `exit code where changes break. It said: ${named.said}`).toBe(1);
});

test('the gate ends with 2 when it cannot compare', judges('7.8'), async ({ run }) => {
  const { old, new: revised } = documents([]);
  const torn = '{ "openapi": ';
  const pairs = [
    ['the old document is cut short', torn, revised],
    ['the new document is cut short', old, torn],
  ] as const;
  await each('pairs', pairs, async ([what, before, after]) => {
    const { code, named, said } = await gate(run, before, after);
    await explain(
      () => {
        expect(code, `exit code where ${what}. It said: ${said}`).toBe(2);
      },
      () => {
        crashIsOne(code, named.size, what);
      },
    );
  });
});
