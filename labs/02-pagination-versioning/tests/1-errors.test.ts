import {
  type Answer,
  each,
  expect,
  explain,
  judges,
  lesson,
  type StartedService,
  test,
} from '@backend-labs/testkit';
import {
  emptyCursor,
  emptyForUnknown,
  impossibleDay,
  payloadRequired,
  unstorableText,
  withoutAllow,
} from './support/diagnose-errors.ts';
import { withoutEvents } from './support/events.ts';
import {
  BODIES,
  CURSORS,
  EVENT,
  METHODS,
  type Mistake,
  NOT_FOUND,
  PARAMETERS,
} from './support/mistakes.ts';
import { expectForm, expectProblem, isError, withBody } from './support/problem.ts';

type Diagnosis = (service: StartedService, answer: Answer, body: string) => void | Promise<void>;

/** Asserts that each mistake has the status and type of its kind. */
const expectProblems = (
  service: StartedService,
  mistakes: readonly Mistake[],
  diagnosis: Diagnosis,
): Promise<void> =>
  each('requests', mistakes, async ({ send, status, code, body, orTaken = false }) => {
    const answer = await send(service);
    if (orTaken && answer.status === 201) return;
    await explain(
      () => expectProblem(answer, status, code, withBody(answer, body)),
      () => diagnosis(service, answer, body ?? ''),
    );
  });

test(
  'every error is a problem, and each type has one title',
  judges('1.1'),
  async ({ service, postgres }) => {
    const mistakes = [...PARAMETERS, ...CURSORS, ...BODIES, ...NOT_FOUND];
    const answers = [];
    for (const { send, body } of mistakes) answers.push({ answer: await send(service), body });
    for (const { method, path } of METHODS)
      answers.push({ answer: await service.request(method, path) });
    answers.push(
      ...(await withoutEvents(postgres, async () => [{ answer: await service.get('/v1/events') }])),
    );
    const titles = new Map<string, Set<string>>();
    // Whether a mistake is an error at all is judged by the other points.
    const errors = answers.filter(({ answer }) => isError(answer));
    expect(errors.length, `errors among the answers to ${answers.length} mistakes`).toBeGreaterThan(
      0,
    );
    await each('errors', errors, async ({ answer, body }) => {
      const { type, title } = await expectForm(answer, body);
      titles.set(type, (titles.get(type) ?? new Set()).add(title));
    });
    await each('types', titles, async ([type, seen]) => {
      await explain(
        () => {
          expect(seen.size, `number of titles of ${type}: ${[...seen].join(' / ')}`).toBe(1);
        },
        () =>
          lesson('title-per-answer', {
            observed: `Answers of type ${type} have ${seen.size} titles: ${[...seen].slice(0, 2).join(' / ')}`,
            meaning:
              'The type and its title name a kind of problem, which clients and dashboards group by. What is special about this one occurrence makes every answer a kind of its own.',
            lookAt: 'the member of RFC 9457 that is meant for this one occurrence.',
          }),
      );
    });
  },
);

test('a parameter that is not valid is refused', judges('1.2'), async ({ service }) => {
  await expectProblems(service, PARAMETERS, (_, answer) => {
    impossibleDay(answer);
  });
});

test('a cursor that this service did not issue is refused', judges('1.3'), async ({ service }) => {
  await expectProblems(service, CURSORS, emptyCursor);
});

test('a body that is not an event is refused', judges('1.4'), async ({ service }) => {
  await expectProblems(service, BODIES, unstorableText);
});

test('an unknown route or shipment is not found', judges('1.5'), async ({ service }) => {
  await expectProblems(service, NOT_FOUND, (_, answer) => {
    emptyForUnknown(answer);
  });
});

test(
  'a wrong method is refused, with the right ones in Allow',
  judges('1.6'),
  async ({ service }) => {
    await each('requests', METHODS, async ({ method, path, allowed }) => {
      const answer = await service.request(method, path);
      await expectProblem(answer, 405, 'method-not-allowed');
      await explain(
        () => {
          const listed = (answer.headers.allow ?? '').split(',').map((name) => name.trim());
          const what = `Allow of ${answer.request}`;
          expect(listed, what).toEqual(expect.arrayContaining([...allowed]));
          expect(listed, what).not.toContain(method);
        },
        () => {
          withoutAllow(answer);
        },
      );
    });
  },
);

test(
  'a database that fails is a 500 that shows nothing of it',
  judges('1.7'),
  async ({ service, postgres }) => {
    const answers = await withoutEvents(postgres, async () => [
      await service.get('/v1/events'),
      await service.get('/v1/shipments/4711/events'),
      await service.post('/v1/events', EVENT),
    ]);
    await each('requests', answers, async (answer) => {
      await expectProblem(answer, 500, 'internal');
      await explain(
        () => {
          expect(answer.text, `the problem of ${answer.request}`).not.toMatch(INSIDE);
        },
        () =>
          lesson('leaky-500', {
            observed: `A statement failed, and ${answer.request} answered: ${answer.text.slice(0, 200)}`,
            meaning:
              'The text of an unexpected error was written for your log. It tells a stranger about tables and statements, changes with every release, and helps no client to do better.',
            lookAt: 'which errors carry a text that was written for the sender of the request.',
          }),
      );
    });
  },
);

/** What Postgres said of the failed statement, its SQLSTATE, a statement, or a line of a stack trace. */
const INSIDE =
  /\brelation \\?"|\bevents\\?" does not exist|\b42P01\b|\bSELECT\b|\bINSERT INTO\b|\bat [^"]*\.[jt]s:\d/u;

test('everything that works today still works', judges('1.8'), async ({ service, draw }) => {
  const list = (await service.get('/v1/events?type=delivered&limit=1000')).expect(200);
  const { items, nextCursor } = list.body as { items: unknown[]; nextCursor: unknown };
  expect(items.length, 'number of items of a page of 1000').toBe(1000);
  expect(nextCursor, 'nextCursor of a page of 1000, of more').toEqual(expect.any(String));
  const shortest = (await service.get('/v1/events?limit=1')).expect(200);
  expect(
    (shortest.body as { items: unknown[] }).items.length,
    'number of items of a page of 1',
  ).toBe(1);
  const page = (await service.get('/v1/events')).expect(200);
  const shown = (page.body as { items: unknown[] }).items.length;
  expect(shown, 'number of items of a page without a limit').toBe(50);
  // Without a payload, as clients have always been free to send it.
  const event = { shipmentId: draw.int(1, 20_000), type: draw.pick(TYPES), ts: EVENT.ts };
  const created = await service.post('/v1/events', event);
  await explain(
    () => {
      created.expect(201);
    },
    () => payloadRequired(service, created, event),
  );
  const { type, ts } = created.body as Record<string, unknown>;
  expect({ type, ts }, `the answer to ${created.request} with ${JSON.stringify(event)}`).toEqual({
    type: event.type,
    ts: '2026-02-07T09:00:00.000Z',
  });
  // The ends of what a valid event can have. Whether the answer has a number is judged at 5.1.
  for (const shipmentId of [1, Number.MAX_SAFE_INTEGER]) {
    const answer = (await service.post('/v1/events', { ...EVENT, shipmentId })).expect(201);
    expect(
      String((answer.body as Record<string, unknown>)['shipmentId']),
      `shipmentId in the answer to an event of shipment ${shipmentId}`,
    ).toBe(String(shipmentId));
  }
});

const TYPES = ['created', 'picked_up', 'in_transit', 'delivered', 'exception'] as const;
