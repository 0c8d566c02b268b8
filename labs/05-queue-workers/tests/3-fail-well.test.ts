import {
  eventually,
  expect,
  explain,
  happens,
  lesson,
  type RabbitMessage,
  thousands,
} from '@backend-labs/testkit';
import {
  diagnoseEndless,
  diagnoseForeignCount,
  diagnoseLostOnTheWay,
  diagnoseOwnExpiration,
  diagnoseRefusal,
  diagnoseTimer,
} from './support/diagnose-retries.ts';
import {
  addJobs,
  broken,
  DEAD_QUEUE,
  doneOf,
  enqueue,
  eventuallyDone,
  jobRows,
  publish,
  RENDER_QUEUE,
  Renderer,
  rendered,
  told,
} from './support/media.ts';
import { expectSame } from './support/same.ts';
import { idle, killAtAck, test as base } from './support/workers.ts';

/** In ms. Two of them are alike, as they may be. */
const DELAYS = [20, 40, 40, 160, 320];
const TRIES = DELAYS.length + 1;
/** What the sender of the message has put on it, who knows nothing of tries. */
const CAME_WITH = { 'x-request-id': 'r-508', 'x-attempts': 4 };
/** A time to live that a sender gives, longer than any test, and that no delay is. */
const SENDERS_EXPIRATION = 777_777;
/** No text in any encoding that a program would guess. */
const BYTES = Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0x7d]);
/** Longer than any test. */
const FOR_EVER = 600_000;
/** Until a worker that cannot put a message where it belongs does something about it. */
const SIGN_WITHIN = 1_000;
/** Far above what a job takes that nothing is in the way of. */
const WITHIN = { within: 5_000 };

const test = base
  /** As production is when this is deployed: the queue is there as it always was, with a job in it. */
  .extend('waiting', { scope: 'file' }, async ({ rabbitmq, postgres }) => {
    await rabbitmq.declare(RENDER_QUEUE, { durable: true });
    const [id = ''] = await addJobs(postgres, 1);
    await rabbitmq.publish({ jobId: id }, { routingKey: RENDER_QUEUE });
    return id;
  })
  /** A worker whose delays are short. */
  .extend('quick', { scope: 'file' }, async ({ waiting, wiredWorker, renderer, cleanup }) => {
    expect(waiting).not.toBe('');
    const env = { ...renderer.env, PREFETCH: '1', RETRY_DELAYS_MS: DELAYS.join(',') };
    return cleanup.use(await wiredWorker(env, diagnoseRefusal));
  });

test('a worker starts on the queue that production has', async ({ quick, waiting, postgres }) => {
  expect(quick.service.running).toBe(true);
  await eventuallyDone('the job that was in the queue to be done', postgres, [waiting], WITHIN);
  expectSame('what the worker has made that does not outlive the broker', quick.wire.fleeting, []);
});

test('a job that always fails is tried six times, later and later, and then lies in media.dead', async ({
  quick,
  renderer,
  rabbitmq,
  postgres,
}) => {
  const [poison = '', healthy = ''] = await addJobs(postgres, 2);
  renderer.outcome = (id) => (id === poison ? broken : rendered(id));
  quick.wire.clear();
  // Not as JSON.stringify writes it, to see it come out as it went in.
  const body = `{ "jobId": "${poison}" }`;
  await publish(rabbitmq, body, {
    headers: CAME_WITH,
    persistent: false,
    expiration: SENDERS_EXPIRATION,
  });
  const dead: RabbitMessage[] = [];
  await eventually(
    'the message in media.dead',
    async () => {
      dead.push(...(await rabbitmq.drain(DEAD_QUEUE)));
      const tries = renderer.renders(poison);
      if (tries <= TRIES) {
        expect(dead.length, `messages in ${DEAD_QUEUE} after ${tries} renders`).toBeGreaterThan(0);
      }
      return true;
    },
    WITHIN,
  );
  await explain(
    () => {
      expect(renderer.renders(poison), 'renders of a job that always fails').toBe(TRIES);
    },
    () => {
      const renders = renderer.renders(poison);
      diagnoseEndless(quick.wire, TRIES, renders);
      diagnoseForeignCount(dead[0], CAME_WITH['x-attempts'], renders);
    },
  );
  const begun = renderer.begun.get(poison) ?? [];
  for (const [index, delay] of DELAYS.entries()) {
    const waited = (begun[index + 1] ?? 0) - (begun[index] ?? 0);
    expect(
      waited,
      `ms between try ${index + 1} and ${index + 2} with RETRY_DELAYS_MS=${DELAYS.join(',')}`,
    ).toBeGreaterThanOrEqual(delay);
  }
  await enqueue(rabbitmq, [healthy]);
  await eventuallyDone('a later job to be done', postgres, [healthy], WITHIN);
  dead.push(...(await rabbitmq.drain(DEAD_QUEUE)));
  expectSame(
    `bodies of the messages in ${DEAD_QUEUE}`,
    dead.map(({ text }) => text),
    [body],
  );
  const { headers = {}, persistent } = dead[0] ?? {};
  const lies = `of the message in ${DEAD_QUEUE}`;
  expectSame(`header x-request-id ${lies}, which it came with`, headers['x-request-id'], 'r-508');
  expectSame(`header x-attempts ${lies}, a number`, headers['x-attempts'], TRIES);
  expect(headers['x-last-error'], `header x-last-error ${lies}`).toMatch(/./u);
  expect(persistent, `whether the message in ${DEAD_QUEUE} is persistent`).toBe(true);
  expectSame('what the worker has made that does not outlive the broker', quick.wire.fleeting, []);
  const kept = quick.wire.published.filter(
    ({ expiration }) => expiration === String(SENDERS_EXPIRATION),
  );
  expectSame(
    `messages that the worker published with the expiration of their sender, ${SENDERS_EXPIRATION}`,
    kept.length,
    0,
  );
  await eventually(
    'the job to say that it failed',
    async () => {
      const [job] = await jobRows(postgres, [poison]);
      if (!job) return false;
      expectSame('its row', told(job), told({ state: 'failed', outputs: 0, emails: 0 }));
      expectSame('its attempts', job.attempts, TRIES);
      expect(job.last_error, 'its last_error').toMatch(/./u);
      return true;
    },
    WITHIN,
  );
  renderer.outcome = rendered;
  await publish(rabbitmq, body, { headers });
  await eventuallyDone(
    `a job that was given up, and whose message was moved back from ${DEAD_QUEUE}, to be done`,
    postgres,
    [poison],
    WITHIN,
  );
});

test('what can never succeed goes to media.dead at once', async ({ quick, rabbitmq, postgres }) => {
  expect(quick.service.running, 'the worker still runs').toBe(true);
  const hopeless = [
    'not JSON',
    'null',
    '{ "job": 7 }',
    '{ "jobId": "cat.jpg" }',
    '{ "jobId": "00000000-0000-4000-8000-000000000000" }',
    `{ "jobId": "${'-'.repeat(36)}" }`,
    BYTES,
  ];
  quick.wire.clear();
  // Its sender gives it some time to live; where it is to lie, nothing may end it.
  for (const body of hopeless) {
    await publish(rabbitmq, body, { expiration: SENDERS_EXPIRATION });
  }
  const [healthy = ''] = await addJobs(postgres, 1);
  await enqueue(rabbitmq, [healthy.toUpperCase()]);
  const dead: RabbitMessage[] = [];
  await happens(async () => {
    dead.push(...(await rabbitmq.drain(DEAD_QUEUE)));
    return dead.length >= hopeless.length;
  }, WITHIN);
  expectSame(
    `messages in ${DEAD_QUEUE}, and their x-attempts`,
    dead.map(({ text, headers }) => [text, headers['x-attempts']]),
    hopeless.map((body) => [body.toString(), 1]),
  );
  expectSame(
    'bytes of the last of them, which is no text',
    dead.at(-1)?.bytes.toString('hex'),
    BYTES.toString('hex'),
  );
  await eventuallyDone(
    'a later job, whose jobId came in capitals, to be done',
    postgres,
    [healthy],
    WITHIN,
  );
  const mortal = quick.wire.published.filter(({ expiration }) => expiration !== undefined).length;
  expect(mortal, `messages that were put into ${DEAD_QUEUE} and expire`).toBe(0);
});

test('nothing is lost on its way to media.dead', async ({
  quick,
  renderer,
  wiredWorker,
  rabbitmq,
}) => {
  expect(quick.service.running, 'the worker still runs').toBe(true);
  await idle(quick);
  quick.wire.clear();
  await rabbitmq.deleteQueue(DEAD_QUEUE);
  await publish(rabbitmq, 'not JSON either');
  // It ends, keeps the message in its hands, gives it back, has it somewhere else, or has lost it.
  await happens(() => !quick.service.running || quick.wire.settled > 0, { within: SIGN_WITHIN });
  await rabbitmq.declare(DEAD_QUEUE, { durable: true });
  await quick.service.stop();
  await using next = await wiredWorker({ ...renderer.env, PREFETCH: '1' });
  const dead: RabbitMessage[] = [];
  await happens(async () => {
    dead.push(...(await rabbitmq.drain(DEAD_QUEUE)));
    return dead.length > 0;
  }, WITHIN);
  // One that ends at once at SIGTERM would leave the message to the next test.
  await idle(next);
  await explain(
    () => {
      expectSame(
        `messages in ${DEAD_QUEUE}, which had been deleted when one was to go there, and is back`,
        dead.map(({ text }) => text),
        ['not JSON either'],
      );
    },
    () => diagnoseLostOnTheWay(quick.wire),
  );
});

test('a job that waits for its next try is in nobody’s way, and outlives its worker', async ({
  quick,
  wiredWorker,
  worker,
  rabbitmq,
  postgres,
}) => {
  await quick.service.stop();
  await using renderer = await Renderer.open();
  const jobs = await addJobs(postgres, 25);
  const [first = '', slow = '', brief = '', doomed = '', next = '', ...healthy] = jobs;
  const letGo: number[] = [];
  renderer.outcome = (id, attempt) => {
    if (id === slow) letGo.push(patient.wire.settled);
    return id === slow || (id === brief && attempt === 1) || id === doomed ? broken : rendered(id);
  };
  const env = {
    ...renderer.env,
    PREFETCH: '1',
    RETRY_DELAYS_MS: `50,${[FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER].join(',')}`,
  };
  // Its delays are not those of the worker before it, as after a change of configuration.
  await using patient = await wiredWorker(env, diagnoseRefusal);
  // Behind what a worker before it may have left.
  await enqueue(rabbitmq, [first]);
  await eventuallyDone('a first job to be done', postgres, [first], WITHIN);
  await idle(patient);
  patient.wire.clear();
  await enqueue(rabbitmq, [slow]);
  await eventually(
    'the second try of a job',
    () => {
      expect(renderer.renders(slow), 'renders of that job').toBeGreaterThanOrEqual(2);
      return true;
    },
    WITHIN,
  );

  expectSame(
    'messages of a job that the worker had let go of when its first and its second try began',
    letGo.slice(0, 2),
    [0, 1],
  );

  patient.wire.clear();
  await enqueue(rabbitmq, healthy);
  await explain(
    () =>
      eventuallyDone(
        `${healthy.length} jobs to be done behind one that waits for its third try`,
        postgres,
        healthy,
        WITHIN,
      ),
    async () => {
      diagnoseEndless(patient.wire, TRIES, renderer.renders(slow));
      const done = await doneOf(postgres, healthy);
      const ready = (await rabbitmq.queue(RENDER_QUEUE))?.ready ?? 0;
      if (done > 0 || ready !== healthy.length || renderer.inFlight > 0) return;
      if (patient.wire.settled + patient.wire.count('basic.publish') > 0) return;
      lesson('sleep-in-consumer', {
        observed: `A job failed for the second time. ${WITHIN.within.toLocaleString('en-US')} ms later its message was still in the worker's hands, not acknowledged, and ${ready} other jobs waited; the renderer had nothing to do.`,
        meaning:
          'A worker that waits with a message in its hands waits for all: the message takes a place of its prefetch, and the next one is not delivered. With a long delay the broker gives up on the consumer itself.',
        lookAt: 'where else than in the worker a message can wait.',
      });
    },
  );

  const [waitingRow] = await jobRows(postgres, [slow]);
  expect(waitingRow?.state, 'state of a job that waits for its third try').toBe('queued');

  patient.wire.clear();
  await enqueue(rabbitmq, [brief]);
  await explain(
    () =>
      eventuallyDone(
        `a job that failed once to be tried again after 50 ms, while another waits ${thousands(FOR_EVER)} ms`,
        postgres,
        [brief],
        WITHIN,
      ),
    () => {
      if (renderer.renders(brief) === 1)
        diagnoseOwnExpiration(patient.wire, FOR_EVER, WITHIN.within);
    },
  );

  // The message goes on waiting, or is redelivered.
  patient.wire.clear();
  // The acknowledgement of the job before may still be on its way.
  const killed = killAtAck(patient, () => renderer.renders(doomed) > 0);
  await enqueue(rabbitmq, [doomed, next]);
  await eventually('the worker to let go of a job that failed', killed, WITHIN);
  renderer.outcome = (id) => (id === slow ? broken : rendered(id));
  await using _next = await worker(env);
  const published = patient.wire.count('basic.publish');
  await explain(
    () =>
      eventuallyDone(
        'a job that waited for its second try to be done by another worker',
        postgres,
        [doomed],
        WITHIN,
      ),
    () => diagnoseTimer(published),
  );
});
