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

/** More than half of the changes that break. */
const MOST = 7;

/** `contract` is the document that the service serves. */
const test = base.extend('contract', { scope: 'file' }, ({ service }) => Contract.of(service));

test('the contract describes what the service answers', async ({ service, contract }) => {
  for (const [method, path, send] of ANSWERS) {
    contract.expectDescribed(method, path, await send(service));
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
    expect(takes, `types that the contract lets GET ${path} be filtered by`).toEqual(types);
  }
  const { requestBody } = contract.operation('POST', '/v1/events');
  const body = requestBody?.content['application/json']?.schema ?? {};
  expect(
    faultsOf(body, EVENT),
    'faults of a customs_hold, by the contract of POST /v1/events',
  ).toEqual([]);
  const wrong = { ...EVENT, type: 'teleported' };
  expect(
    faultsOf(body, wrong),
    'faults of an unknown type, by the contract of POST /v1/events',
  ).not.toEqual([]);
});

test('the gate names each change that breaks, and no other', async ({ run }) => {
  const both = documents(CHANGES);
  const verdict = await gate(run, both.old, both.new);
  const missed = CHANGES.filter(
    ({ operation, breaking }) => breaking && !verdict.named.has(operation),
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
        `what the gate got wrong of twelve changes that break and eight that do not. It let pass: ${list(missed)}. It refused: ${list(blamed)}. It said: ${verdict.said}`,
      ).toEqual([0, 0]);
    },
    () => {
      diagnoseGate(verdict, missed, blamed);
    },
  );
  expect(verdict.code, 'exit code where twelve changes break').toBe(1);
});

function diagnoseGate(
  { named }: Verdict,
  missed: readonly Change[],
  blamed: readonly Change[],
): void {
  const total = CHANGES.filter(({ breaking }) => !breaking).length;
  if (missed.length === 0 && blamed.length >= total - 1) {
    lesson('every-change-breaks', {
      observed: `The gate named ${blamed.length} of ${total} harmless changes, among them a field more in an answer and a parameter that may be left out.`,
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
      observed: `Of the changes that break, the gate missed ${missed.map(({ operation }) => operation).join(' and ')}. In both the operation is the same as before; the component that it refers to changed.`,
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
    named.size >= MOST &&
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

test('the gate lets harmless changes pass', async ({ run }) => {
  const { old, new: revised } = documents(CHANGES.filter(({ breaking }) => !breaking));
  const { code, said } = await gate(run, old, revised);
  expect(code, `exit code where eight changes are harmless. It said: ${said}`).toBe(0);
});

test('the gate says when it cannot compare', async ({ run }) => {
  const { new: revised } = documents([]);
  const { code, said } = await gate(run, '{ "openapi": ', revised);
  expect(code, `exit code where the old document is cut short. It said: ${said}`).toBe(2);
});
