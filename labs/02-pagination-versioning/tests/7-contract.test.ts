import {
  type Answer,
  expect,
  explain,
  lesson,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { Contract, faultsOf } from './support/contract.ts';
import { type Change, CHANGES, documents } from './support/contracts.ts';
import { recordEvent } from './support/events.ts';
import { gate, type Verdict } from './support/gate.ts';

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
const PROBLEMS: readonly (readonly [method: string, path: string, statuses: readonly number[]])[] =
  [
    ['GET', '/v1/events', [400, 410, 500]],
    ['POST', '/v1/events', [400, 410, 500]],
    ['GET', SHIPMENT, [400, 404, 410, 500]],
    ['GET', '/v2/events', [400, 500]],
  ];

const BREAKS = CHANGES.filter(({ breaking }) => breaking).length;
const HARMLESS = CHANGES.length - BREAKS;

/** `contract` is the document that the service serves. */
const test = base.extend('contract', { scope: 'file' }, ({ service }) => Contract.of(service));

test('the contract describes what the service answers', async ({ service, contract, postgres }) => {
  // A type of next year, which v2 shows.
  await recordEvent(postgres, { type: 'drone_handover', at: '2026-02-09T00:00:00Z' });
  for (const [method, path, send] of ANSWERS) {
    contract.expectDescribed(method, path, await send(service));
  }
  for (const [method, path, statuses] of PROBLEMS) {
    for (const status of statuses) contract.expectProblem(method, path, status);
  }
});

test('the contract describes what the service takes', ({ contract }) => {
  const V1 = ['created', 'picked_up', 'in_transit', 'delivered', 'exception'];
  for (const [path, types] of [
    ['/v1/events', V1],
    ['/v2/events', [...V1, 'customs_hold', 'customs_released']],
  ] as const) {
    for (const name of ['type', 'since', 'limit', 'cursor', 'count']) {
      const { required = false } = contract.query('GET', path, name);
      expect(required, `that ${name} of GET ${path} is required`).toBe(false);
    }
    const { schema: limit } = contract.query('GET', path, 'limit');
    expect(limit, `schema of limit of GET ${path}`).toMatchObject({
      minimum: 1,
      maximum: 1000,
      default: 50,
    });
    const { schema: type } = contract.query('GET', path, 'type');
    const takes = ([...types, 'teleported'] as string[]).filter(
      (each) => faultsOf(type, each).length === 0,
    );
    expect(
      takes.join(', '),
      `types that the contract lets GET ${path} be filtered by, of those and "teleported"`,
    ).toBe(types.join(', '));
  }
  for (const name of ['limit', 'cursor', 'count']) contract.query('GET', SHIPMENT, name);
  for (const path of ['/v1/events', SHIPMENT, '/v2/events']) {
    const { schema } = contract.query('GET', path, 'count');
    const takes = ['estimate', 'exact'].filter((each) => faultsOf(schema, each).length === 0);
    expect(takes.join(', '), `values that the contract lets count of GET ${path} have`).toBe(
      'estimate',
    );
  }
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

test('the gate names each change that breaks, and no other', async ({ run }) => {
  const both = documents(CHANGES);
  const verdict = await gate(run, both.old, both.new);
  const missed = CHANGES.filter(
    ({ operation, lines }) => (verdict.named.get(operation) ?? 0) < lines,
  );
  const blamed = CHANGES.filter(
    ({ operation, breaking }) => !breaking && verdict.named.has(operation),
  );
  const list = (changes: readonly Change[]) =>
    changes.map(({ operation, what }) => `${operation} (${what})`).join(', ') || 'nothing';
  await explain(
    () => {
      expect(
        [missed.length, blamed.length],
        `what the gate got wrong of ${BREAKS} changes that break and ${HARMLESS} that do not. It let pass: ${list(missed)}. It refused: ${list(blamed)}. It said: ${verdict.said}`,
      ).toEqual([0, 0]);
    },
    () => {
      diagnoseGate(verdict, missed, blamed);
    },
  );
  expect(verdict.code, `exit code where ${BREAKS} changes break`).toBe(1);
});

function diagnoseGate(
  verdict: Verdict,
  missed: readonly Change[],
  blamed: readonly Change[],
): void {
  const { named } = verdict;
  if (blamed.length === 0) firstFindingOnly(verdict, missed);
  // One of them is no change at all.
  if (missed.every(({ lines }) => lines > 1) && blamed.length >= HARMLESS - 2) {
    lesson('every-change-breaks', {
      observed: `The gate named ${blamed.length} of ${HARMLESS} harmless changes, among them a field more in an answer and a parameter that may be left out.`,
      meaning:
        'A gate that refuses what nobody would notice is opened by hand each time, and soon for the change that matters, too.',
      lookAt:
        'for each change, whether a client that follows the old document still gets on with the new one.',
    });
  }
  if (
    CHANGES.every((change) => !change.breaking || !change.byReference || missed.includes(change)) &&
    missed.every(({ byReference }) => byReference) &&
    blamed.every(
      ({ byReference, operation }) => byReference || operation.endsWith('/words-and-order'),
    )
  ) {
    lesson('references-not-followed', {
      observed: `Of the changes that break, the gate missed ${missed.map(({ operation }) => operation).join(' and ')}. In each the operation is the same as before; the component that it refers to changed.`,
      meaning:
        'A $ref is a name. Two documents can say the same name and mean different things by it, and most of a real contract stands in its components.',
      lookAt: 'what your OpenAPI library offers to put in the place of references.',
    });
  }
  const mirrored = [
    ['GET /value-removed-from-input', 'GET /value-removed-from-answer'],
    ['GET /value-added-to-input', 'GET /value-added-to-answer'],
  ];
  if (
    // Most of what breaks was seen: it is no gate that says little.
    named.size > BREAKS / 2 &&
    mirrored.every(([input = '', output = '']) => named.has(input) === named.has(output))
  ) {
    lesson('direction-blind', {
      observed: `The gate ${named.has('GET /value-removed-from-answer') ? 'refused' : 'let pass'} a value that went from a parameter and from an answer alike, and ${named.has('GET /value-added-to-input') ? 'refused' : 'let pass'} a value that came to a parameter and to an answer.`,
      meaning:
        'What clients send and what they get are opposites. A service may take more than before and must not take less; it may say less than before and must not say more.',
      lookAt: 'on which side of the service a schema stands when you compare it.',
    });
  }
}

/** Two breaks of one operation, of which the gate told one. */
function firstFindingOnly({ named }: Verdict, missed: readonly Change[]): void {
  if (missed.length === 0 || missed.some(({ operation }) => named.get(operation) !== 1)) return;
  const many = [...named.values()].filter((lines) => lines > 1);
  if (many.length > 0) return;
  lesson('first-finding-only', {
    observed: `The gate named ${named.size} operations, each in one line. In ${missed.map(({ operation }) => operation).join(' and ')} two things break.`,
    meaning:
      'Whoever is told of one break mends that one, or talks with the clients about it, and lets the change through. What the gate has not said is found by the clients.',
    lookAt: 'where the search for what breaks ends, and what it has not looked at by then.',
  });
}

test('the gate lets harmless changes pass', async ({ run }) => {
  const { old, new: revised } = documents(CHANGES.filter(({ breaking }) => !breaking));
  const { code, said } = await gate(run, old, revised);
  expect(code, `exit code where ${HARMLESS} changes are harmless. It said: ${said}`).toBe(0);
});

test('the gate says when it cannot compare', async ({ run }) => {
  const { new: revised } = documents([]);
  const { code, said } = await gate(run, '{ "openapi": ', revised);
  expect(code, `exit code where the old document is cut short. It said: ${said}`).toBe(2);
});
