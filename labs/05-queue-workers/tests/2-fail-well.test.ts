import {
  each,
  eventually,
  expect,
  explain,
  gate,
  happens,
  judges,
  type RabbitMessage,
  thousands,
} from '@backend-labs/testkit';
import type { Publication } from './support/amqp-wire.ts';
import {
  diagnoseBeforeKept,
  diagnoseBuriedWhileAway,
  diagnoseCountLeft,
  diagnoseEndless,
  diagnoseForeignCount,
  diagnoseHeadersLost,
  diagnoseLostOnTheWay,
  diagnoseOneTooFew,
  diagnoseOwnExpiration,
  diagnoseRefusal,
  diagnoseRequeue,
  diagnoseSendersExpiration,
  diagnoseSleep,
  diagnoseTimer,
  isLostOnTheWay,
  ownHeaders,
} from './support/diagnose-retries.ts';
import { settledRow, test, untilGivenUp } from './support/failing-jobs.ts';
import { isGivenUp, liesWell, moveBack, waitsForItsThirdTry } from './support/given-up.ts';
import { DELAYS, FOR_EVER, SENDERS_EXPIRATION, TRIES, WITHIN } from './support/lives.ts';
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
  rendered,
  ROUTE,
} from './support/media.ts';
import { expectSame } from './support/same.ts';
import { idle, killAtAck } from './support/workers.ts';

const IN_TIME = { within: WITHIN };
/** Until what was to go to a deleted queue is there, in ms; the ticket's bound. */
const KEPT = { within: 45_000 };
/** Until a worker that cannot do what it should does something else, in ms. */
const SIGN_WITHIN = 1_000;
/** Longer than all tries of a job that fails take. In ms. */
const OUTAGE = 3_000;
/** No text in any encoding that a program would guess. */
const BYTES = Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0x7d]);

/** Whether it goes where workers take their jobs. */
function isForWorkers({ exchange, routingKey }: Publication): boolean {
  if (exchange === '') return routingKey === RENDER_QUEUE;
  return exchange === ROUTE.exchange && routingKey === ROUTE.routingKey;
}

test(
  'no try comes before its delay is over, or much later',
  judges('2.1'),
  async ({ lives: { clean, wire, published } }) => {
    const { begun, failed } = clean;
    const setting = `with RETRY_DELAYS_MS=${DELAYS.join(',')}`;
    await explain(
      async () => {
        await each('waits', DELAYS.entries(), ([index, delay]) => {
          const [from, to] = [failed[index], begun[index + 1]];
          const between = `ms between the failure of try ${index + 1} and try ${index + 2}, ${setting}`;
          if (from === undefined || to === undefined) {
            expect.fail(`try ${index + 2} did not come, ${setting}`);
          }
          expect(Math.ceil(to - from), between).toBeGreaterThanOrEqual(delay);
          expect(Math.floor(to - from), between).toBeLessThanOrEqual(delay + WITHIN);
        });
        const mortal = published.filter((one) => isForWorkers(one) && one.expiration);
        const what = `retries that a worker sent to ${RENDER_QUEUE} with an expiration, after which no worker gets them`;
        expectSame(what, mortal.length, 0);
      },
      () => {
        diagnoseEndless(wire, TRIES, begun.length);
        diagnoseForeignCount(clean);
        diagnoseOneTooFew(clean);
        diagnoseSendersExpiration(published);
      },
    );
  },
);

test(
  'a job that always fails is tried six times, and then given up',
  judges('2.2'),
  async ({ lives: { clean, wire } }) => {
    await explain(
      () => {
        expect(clean.begun.length, 'renders of a job that always fails').toBe(TRIES);
        isGivenUp(clean.row);
      },
      () => {
        diagnoseEndless(wire, TRIES, clean.begun.length);
        diagnoseForeignCount(clean);
        diagnoseOneTooFew(clean);
      },
    );
  },
);

test(
  'the message of a job that is given up lies in media.dead as it came',
  judges('2.3'),
  async ({ lives: { clean, odd, wire, published } }) => {
    const { body, headers, dead, begun } = clean;
    await explain(
      () => {
        expectSame(
          `bodies of its messages in ${DEAD_QUEUE}`,
          dead.map(({ text }) => text),
          [body],
        );
        const lies = `of its message in ${DEAD_QUEUE}`;
        for (const name of ownHeaders(headers)) {
          const what = `header ${name} ${lies}, which it came with`;
          expectSame(what, dead[0]?.headers[name], headers[name]);
        }
        liesWell(dead[0], TRIES);
        expectSame(
          `bodies in ${DEAD_QUEUE} of a message whose body is not UTF-8, in hexadecimal`,
          odd.dead.map(({ bytes }) => bytes.toString('hex')),
          [odd.bytes.toString('hex')],
        );
      },
      () => {
        diagnoseEndless(wire, TRIES, begun.length);
        diagnoseForeignCount(clean);
        diagnoseOneTooFew(clean);
        diagnoseHeadersLost(clean);
        diagnoseSendersExpiration(published);
      },
    );
  },
);

test(
  'a message that can never succeed goes to media.dead without a second try',
  judges('2.4'),
  async ({ quick, draw, rabbitmq, postgres }) => {
    const [id = ''] = await addJobs(postgres, 1);
    const hopeless = draw.shuffle([
      'not JSON',
      '',
      'null',
      '[]',
      `"${draw.word()}"`,
      '{}',
      '{ "job": 7 }',
      '{ "jobId": null }',
      '{ "jobId": 7 }',
      '{ "jobId": "cat.jpg" }',
      `{ "jobId": ["${id}"] }`,
      '{ "jobId": "00000000-0000-4000-8000-000000000000" }',
      `{ "jobId": "${'-'.repeat(36)}" }`,
      BYTES,
    ]);
    await idle(quick);
    quick.wire.clear();
    // Its sender gives it some time to live; where it is to lie, nothing may end it.
    for (const body of hopeless) {
      await publish(rabbitmq, body, { expiration: 60 * SENDERS_EXPIRATION });
    }
    const dead: RabbitMessage[] = [];
    await happens(async () => {
      dead.push(...(await rabbitmq.drain(DEAD_QUEUE)));
      return dead.length >= hopeless.length;
    }, IN_TIME);
    await explain(
      () =>
        each('messages', hopeless, (body) => {
          const bytes = Buffer.from(body);
          const found = dead.filter((message) => message.bytes.equals(bytes));
          const name = Buffer.isBuffer(body) ? `the bytes ${bytes.toString('hex')}` : body;
          expectSame(`messages ${name} in ${DEAD_QUEUE}`, found.length, 1);
          liesWell(found[0], 1);
        }),
      () => {
        diagnoseRequeue(quick.wire, TRIES, 0);
        diagnoseSendersExpiration(quick.wire.published);
      },
    );
  },
);

test(
  'a jobId in capitals is that of a job',
  judges('2.4'),
  async ({ quick, rabbitmq, postgres }) => {
    await idle(quick);
    const [id = ''] = await addJobs(postgres, 1);
    await enqueue(rabbitmq, [id.toUpperCase()]);
    const what = 'a job whose jobId came in capitals to be done';
    await eventuallyDone(what, postgres, [id], IN_TIME);
  },
);

test(
  'nothing is lost on its way to a media.dead that was deleted',
  judges('2.5'),
  async ({ quick, draw, renderer, wiredWorker, rabbitmq }) => {
    await idle(quick);
    quick.wire.clear();
    const body = `not JSON ${draw.word()}`;
    await rabbitmq.deleteQueue(DEAD_QUEUE);
    await publish(rabbitmq, body);
    // It ends, keeps the message in its hands, gives it back, has it somewhere else, or has lost it.
    await happens(() => !quick.service.running || quick.wire.settled > 0, { within: SIGN_WITHIN });
    await rabbitmq.declare(DEAD_QUEUE, { durable: true });
    await quick.service.stop();
    const env = { ...renderer.env, PREFETCH: '1', RETRY_DELAYS_MS: DELAYS.join(',') };
    await using next = await wiredWorker(env);
    const dead: RabbitMessage[] = [];
    await happens(
      async () => {
        dead.push(...(await rabbitmq.drain(DEAD_QUEUE)).filter(({ text }) => text === body));
        return dead.length > 0;
      },
      isLostOnTheWay(quick.wire) ? IN_TIME : KEPT,
    );
    // One that ends at once at SIGTERM would leave the message to the next test.
    await idle(next);
    await explain(
      () => {
        if (dead.length > 0) return;
        expect.fail(
          `A message is lost. ${DEAD_QUEUE} had been deleted when it was to go there. The queue is back, a worker was started again, and the message is not in ${DEAD_QUEUE}.`,
        );
      },
      () => diagnoseLostOnTheWay(quick.wire),
    );
  },
);

test(
  'a count that a message comes with is not the worker’s',
  judges('2.6'),
  async ({ lives: { foreign, wire } }) => {
    await explain(
      () => {
        const what =
          'renders of a job that always fails, whose message came with x-attempts and x-death';
        expect(foreign.begun.length, what).toBe(TRIES);
        expectSame('x-attempts of its message', foreign.dead[0]?.headers['x-attempts'], TRIES);
      },
      () => {
        diagnoseEndless(wire, TRIES, foreign.begun.length);
        diagnoseForeignCount(foreign);
        diagnoseOneTooFew(foreign);
      },
    );
  },
);

test(
  'a message that is moved back from media.dead begins again',
  judges('2.6'),
  async ({ quick, lives: { clean }, renderer, rabbitmq, postgres }) => {
    const { id, body, headers } = clean;
    const [first] = clean.dead;
    const before = renderer.renders(id);
    const states = new Set<string | undefined>();
    renderer.outcome = async (job, attempt) => {
      if (job !== id) return rendered(job);
      // It has failed and waited since it was moved.
      if (attempt > before + 1) states.add((await jobRows(postgres, [id]))[0]?.state);
      return broken;
    };
    quick.wire.clear();
    await moveBack(rabbitmq, first, body, headers);
    const [again] = await untilGivenUp([id], renderer, rabbitmq, before + TRIES);
    const renders = renderer.renders(id) - before;
    await explain(
      () => {
        expect(renders, 'renders of a job that always fails, in its second life').toBe(TRIES);
        expectSame('x-attempts of its message', again?.headers['x-attempts'], TRIES);
        expectSame('its state while it waited', [...states], ['queued']);
      },
      () => {
        diagnoseEndless(quick.wire, TRIES, renders);
        diagnoseForeignCount({ ...clean, begun: clean.begun.slice(0, renders) });
        diagnoseOneTooFew({ ...clean, begun: clean.begun.slice(0, renders) });
        diagnoseCountLeft(first, renders);
      },
    );
    isGivenUp(await settledRow(postgres, id));
    renderer.outcome = rendered;
    await moveBack(rabbitmq, again, body, headers);
    await eventuallyDone('a job that was moved back twice to be done', postgres, [id], IN_TIME);
  },
);

test(
  'a worker with other delays starts beside the queues of another',
  judges('2.9'),
  async ({ quick, renderer, wiredWorker }) => {
    expect(quick.service.running, 'the worker runs').toBe(true);
    const delays = DELAYS.map((delay) => delay + 1).join(',');
    const env = { ...renderer.env, RETRY_DELAYS_MS: delays };
    await using other = await wiredWorker(env, diagnoseRefusal);
    expect(other.service.running, 'a worker with other delays runs').toBe(true);
  },
);

test(
  'no job is given up while Postgres is away',
  judges('2.10'),
  async ({ quick, quicks, database, rabbitmq, postgres }) => {
    await idle(quick);
    const [id = ''] = await addJobs(postgres, 1);
    const dead: RabbitMessage[] = [];
    const buried = async (): Promise<boolean> => {
      dead.push(...(await rabbitmq.drain(DEAD_QUEUE)).filter(({ text }) => text.includes(id)));
      return dead.length > 0;
    };
    database.refuse();
    database.cut();
    try {
      await enqueue(rabbitmq, [id]);
      await happens(async () => (await buried()) || !quick.service.running, { within: OUTAGE });
    } finally {
      await database.resume();
    }
    await explain(
      async () => {
        await buried();
        expect(dead.length, `messages in ${DEAD_QUEUE} after Postgres was away`).toBe(0);
      },
      () => diagnoseBuriedWhileAway(dead),
    );
    await quicks.take();
    await eventuallyDone('a job to be done when Postgres is back', postgres, [id], IN_TIME);
  },
);

test(
  'a job that waits outlives the worker that tried it',
  judges('2.8'),
  async ({ patient, studio, ledger, production: { rabbitmq }, patients, postgres }) => {
    const [doomed = '', next = ''] = await addJobs(postgres, 2);
    studio.outcome = (id) => (id === doomed ? broken : rendered(id));
    await idle(patient);
    patient.wire.clear();
    // The acknowledgement of the job before may still be on its way.
    const death = killAtAck(patient, ledger, () => studio.renders(doomed) > 0);
    await enqueue(rabbitmq, [doomed, next]);
    await eventually('the worker to let go of a job that failed', () => death.killed, IN_TIME);
    await patient.service.exited;
    studio.outcome = rendered;
    ledger.before = () => {};
    const published = patient.wire.count('basic.publish');
    await patients.take();
    const what = 'a job that waited for its second try to be done by another worker';
    await explain(
      () => eventuallyDone(what, postgres, [doomed], IN_TIME),
      () => {
        diagnoseBeforeKept(death);
        diagnoseTimer(published);
      },
    );
  },
);

test(
  'a job outlives a worker that is killed during a later try',
  judges('2.8'),
  async ({ patient, studio, production: { rabbitmq }, patients, postgres }) => {
    const [late = ''] = await addJobs(postgres, 1);
    using held = gate(1, { opens: 'by hand' });
    studio.outcome = async (id, attempt) => {
      if (id !== late || attempt > 2) return rendered(id);
      if (attempt === 2) await held.arrive();
      return broken;
    };
    await idle(patient);
    patient.wire.clear();
    await enqueue(rabbitmq, [late]);
    await held.reached(1, IN_TIME);
    const published = patient.wire.count('basic.publish');
    await patient.service.kill();
    held.open();
    await patients.take();
    const what = 'a job whose worker was killed during its second try to be done by another';
    await explain(
      () => eventuallyDone(what, postgres, [late], IN_TIME),
      () => diagnoseTimer(published),
    );
  },
);

test(
  'a job that waits is queued, and outlives the broker',
  judges('2.8'),
  async ({ patient, studio, production: { rabbitmq }, postgres }) => {
    const [slow = ''] = await addJobs(postgres, 1);
    await waitsForItsThirdTry(slow, patient, studio, rabbitmq);
    const [row] = await jobRows(postgres, [slow]);
    expectSame('state of a job that waits for its third try', row?.state, 'queued');
    const what = 'what the worker has made that does not outlive the broker';
    expectSame(what, patient.wire.fleeting, []);
  },
);

test(
  'a job that waits delays no new job',
  judges('2.7'),
  async ({ patient, studio, production: { rabbitmq }, postgres }) => {
    const [slow = '', ...healthy] = await addJobs(postgres, 21);
    await waitsForItsThirdTry(slow, patient, studio, rabbitmq);
    await enqueue(rabbitmq, healthy);
    await explain(
      () =>
        eventuallyDone(
          `${healthy.length} jobs to be done behind one that waits for its third try`,
          postgres,
          healthy,
          IN_TIME,
        ),
      async () => {
        diagnoseEndless(patient.wire, TRIES, studio.renders(slow));
        const done = await doneOf(postgres, healthy);
        const ready = (await rabbitmq.queue(RENDER_QUEUE))?.ready ?? 0;
        if (done > 0 || ready !== healthy.length || studio.inFlight > 0) return;
        diagnoseSleep(patient, ready);
      },
    );
  },
);

test(
  'a job that waits delays none that waits for less',
  judges('2.7'),
  async ({ patient, studio, production: { rabbitmq }, postgres }) => {
    const [slow = '', brief = ''] = await addJobs(postgres, 2);
    await waitsForItsThirdTry(slow, patient, studio, rabbitmq);
    studio.outcome = (id, attempt) =>
      id === slow || (id === brief && attempt === 1) ? broken : rendered(id);
    await enqueue(rabbitmq, [brief]);
    const what = `a job that failed once to be tried again after 50 ms, while another waits ${thousands(FOR_EVER)} ms`;
    await explain(
      () => eventuallyDone(what, postgres, [brief], IN_TIME),
      async () => {
        diagnoseEndless(patient.wire, TRIES, studio.renders(slow));
        if (studio.renders(brief) === 1) diagnoseOwnExpiration(patient.wire, FOR_EVER, WITHIN);
        const ready = (await rabbitmq.queue(RENDER_QUEUE))?.ready ?? 0;
        if (studio.renders(brief) === 0) diagnoseSleep(patient, ready);
      },
    );
  },
);

test(
  'a worker starts on the queue that production has',
  judges('2.9'),
  async ({ patient, production: { waiting }, postgres }) => {
    expect(patient.service.running, 'the worker runs').toBe(true);
    await eventuallyDone('the job that was in the queue to be done', postgres, [waiting], IN_TIME);
  },
);
