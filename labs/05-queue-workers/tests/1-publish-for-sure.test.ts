import {
  type Answer,
  type CallOptions,
  eventually,
  explain,
  expect,
  gate,
  happens,
  lesson,
  type RabbitProbe,
  SpareRabbit,
  type StartedService,
  test as base,
} from '@backend-labs/testkit';
import { AmqpWire } from './support/amqp-wire.ts';
import { amqpUrl, RENDER_QUEUE, ROUTE } from './support/media.ts';
import { expectSame } from './support/same.ts';

/** Until media-api gives up on a confirm, in ms. */
const PUBLISH_TIMEOUT = 500;
/** Far above what a message takes that is already accepted. */
const ARRIVES_WITHIN = 3_000;
/** What a message is given by a media-api that takes no uploads any more. */
const STUCK = 500;
/** Far above what a publisher takes to knock again that keeps a connection. */
const RECONNECTS_WITHIN = 1_000;
/** The same, for what waits until a publisher has found the broker again. */
const ARRIVES_AFTER_RESTART = 15_000;

/** `test` with `api`, whose line to the broker is `wire`. */
const test = base
  .extend('wire', { scope: 'file' }, async ({ lease, cleanup }) => {
    return cleanup.use(await AmqpWire.open(amqpUrl(lease)));
  })
  .extend('api', { scope: 'file' }, async ({ definition, wire, cleanup }) => {
    const env = { ...wire.env, PUBLISH_TIMEOUT_MS: String(PUBLISH_TIMEOUT) };
    return cleanup.use(await definition.with(env).start());
  });

function upload(api: StartedService, options: CallOptions = {}): Promise<Answer> {
  return api.post('/uploads', { accountId: 7, email: 'ann@mail.test', source: 'cat.jpg' }, options);
}

/** The job that a 202 promises, or `undefined` for a 503. All else is a failed assertion. */
function promised(answer: Answer): string | undefined {
  if (answer.status === 503) return undefined;
  if (answer.status !== 202) {
    expect.fail(`${answer.request} answered ${answer.status}, expected 202 or 503: ${answer.text}`);
  }
  const { location } = answer.headers;
  expect(location, `Location of ${answer.request}`).toMatch(/^\/jobs\/[\da-f-]{36}$/u);
  return location?.slice('/jobs/'.length);
}

async function uploads(api: StartedService, many: number): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: many }, () => upload(api)));
  return answers.flatMap((answer) => promised(answer) ?? []);
}

/** Waits until media-api takes uploads, as it did before. Answers the job of the first. */
function takesUploads(api: StartedService, within = ARRIVES_WITHIN): Promise<string> {
  return eventually(
    'media-api, not started anew, to answer an upload with 202',
    async () => promised(await upload(api)) ?? expect.fail('it answered 503'),
    { within, every: 50 },
  );
}

/**
 * Of these jobs, those whose message does not come to the render queue. Takes all messages there.
 * Once the message of `fresh` is there, whatever was kept before it is given `ARRIVES_WITHIN`.
 */
async function missing(
  rabbitmq: RabbitProbe,
  jobs: readonly string[],
  within: number = ARRIVES_WITHIN,
  fresh?: string,
): Promise<string[]> {
  const left = new Set(jobs);
  let until = Number.POSITIVE_INFINITY;
  const arrived = async (): Promise<boolean> => {
    for (const { json } of await rabbitmq.drain(RENDER_QUEUE)) {
      const jobId = (json as { jobId: string } | undefined)?.jobId ?? '';
      left.delete(jobId);
      if (jobId === fresh) until = performance.now() + ARRIVES_WITHIN;
    }
    return left.size === 0 || performance.now() > until;
  };
  await happens(arrived, { within });
  return [...left];
}

test('an upload is answered 202, its job can be asked for, its message waits', async ({
  api,
  rabbitmq,
}) => {
  const id = promised((await upload(api)).expect(202)) ?? '';
  const { body } = (await api.get(`/jobs/${id}`)).expect(200);
  expect(body).toMatchObject({ id, state: 'queued', attempts: 0, lastError: null });
  expectSame(`jobs without a message in ${RENDER_QUEUE}`, await missing(rabbitmq, [id]), []);
  (await api.post('/uploads', { accountId: 7 })).expect(400);
});

const TRUE_SAYS_NOTHING = {
  meaning:
    'publish() puts the message into a buffer of this process and returns whether the buffer has room for more. Nothing has reached the broker by then, and what the connection takes with it is gone without an error.',
  lookAt: 'who can say that a message is safe, and when media-api hears it.',
} as const;

const MOMENTS = [
  { name: 'before the broker had the message', direction: 'toServer', method: 'basic.publish' },
  { name: 'before media-api had the confirm', direction: 'toClient', method: 'basic.ack' },
] as const;

for (const moment of MOMENTS) {
  test(`a connection that breaks ${moment.name} loses no upload that was answered 202`, async ({
    api,
    wire,
    rabbitmq,
  }) => {
    let cuts = 0;
    wire.before = ({ name }, direction) => {
      if (cuts > 0 || direction !== moment.direction || name !== moment.method) return;
      cuts += 1;
      return 'cut';
    };
    const answers = await Promise.all(Array.from({ length: 5 }, () => upload(api)));
    const back = await takesUploads(api).then(
      (job) => ({ job }),
      (error: unknown) => ({ error }),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const jobs = accepted.flatMap((answer) => promised(answer) ?? []);
    if ('job' in back) jobs.push(back.job);
    const lost = await missing(rabbitmq, jobs, 'job' in back ? ARRIVES_WITHIN : STUCK);
    // Not before: who waits for no confirm has answered before the first byte came by here.
    wire.before = () => {};
    await explain(
      () => {
        expectSame(`jobs that were answered 202 and have no message in ${RENDER_QUEUE}`, lost, []);
      },
      () => {
        if (cuts === 0 || wire.count('confirm.select') > 0) return;
        lesson('publish-true', {
          observed: `The connection was cut before the first basic.publish reached the broker. Of ${jobs.length} uploads that were answered 202, ${lost.length} have no message. media-api never asked the broker for confirms.`,
          ...TRUE_SAYS_NOTHING,
        });
      },
    );
    for (const answer of answers) promised(answer);
    if ('error' in back) throw back.error;
  });
}

/** An upload that is answered in time, whatever the broker does. Answers its job, if it was accepted. */
async function answered(api: StartedService): Promise<string | undefined> {
  return promised(await upload(api, { within: PUBLISH_TIMEOUT * 10 }));
}

test('a broker that says nothing keeps no upload waiting', async ({ api, wire, rabbitmq }) => {
  await takesUploads(api);
  using silence = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
  wire.before = async ({ name }, direction) => {
    if (direction !== 'toServer' || name !== 'basic.publish') return;
    await silence.arrive();
    // What a silent broker was sent, it never had.
    return 'cut';
  };
  const jobs = [await answered(api)];
  using mute = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
  wire.before = ({ name }, direction) =>
    direction === 'toClient' && name === 'connection.start' ? mute.arrive() : undefined;
  silence.open();
  // The connection is gone, and the broker does not greet who comes anew.
  await happens(() => mute.arrived > 0, { within: RECONNECTS_WITHIN });
  jobs.push(await answered(api));
  // It greets who comes from now on. Whom it has kept waiting waits until the test is over.
  wire.before = () => {};
  const fresh = await takesUploads(api, ARRIVES_AFTER_RESTART);
  const accepted = [...jobs, fresh].filter((job) => job !== undefined);
  expectSame(
    'jobs that were answered 202 while the broker was silent, and have no message after that',
    await missing(rabbitmq, accepted, ARRIVES_AFTER_RESTART, fresh),
    [],
  );
});

test('uploads that no queue wants are not answered 202', async ({ api, wire, rabbitmq }) => {
  await takesUploads(api);
  await rabbitmq.deleteQueue(RENDER_QUEUE);
  const asksForConfirms = wire.count('confirm.select') > 0;
  wire.clear();
  const jobs = await uploads(api, 10);
  // Who keeps them has to be told, too, before the queue is there again.
  const heard = (): boolean =>
    wire.received.some(({ name }) => name === 'basic.return' || name === 'basic.ack');
  if (jobs.length > 0) await happens(heard, { within: RECONNECTS_WITHIN });
  if ((await rabbitmq.publish({}, ROUTE)) === 'no exchange') {
    expect.fail(
      `media-api answered an upload with 202, and there is no exchange ${ROUTE.exchange}. Where it is missing, media-api makes it.`,
    );
  }
  // One that keeps the message until it is wanted may answer 202.
  await rabbitmq.declare(RENDER_QUEUE, { durable: true, ...ROUTE });
  const lost = await missing(rabbitmq, jobs);
  await explain(
    () => {
      expectSame('jobs that were answered 202 while their message went nowhere', lost, []);
    },
    () => {
      const published = wire.sent.find(({ name }) => name === 'basic.publish');
      if (published && !asksForConfirms) {
        lesson('publish-true', {
          observed: `The queue ${RENDER_QUEUE} was gone. Of 10 uploads ${jobs.length} were answered 202, and ${lost.length} of their messages are in no queue. media-api never asked the broker for confirms.`,
          ...TRUE_SAYS_NOTHING,
        });
      }
      const confirmed = wire.received.some(({ name }) => name === 'basic.ack');
      if (!confirmed || published?.mandatory !== false) return;
      lesson('confirm-not-mandatory', {
        observed: `The queue ${RENDER_QUEUE} was gone. Of 10 uploads ${jobs.length} were answered 202; their messages were published without "mandatory", the broker confirmed them, and ${lost.length} are in no queue.`,
        meaning:
          'A confirm says that the broker took responsibility for the message. If no queue is bound for it, that is over at once: it is dropped, and dropping it is confirmed like a success.',
        lookAt:
          'how a publisher can ask to get such a message back, and in which order the two answers come.',
      });
    },
  );
  await takesUploads(api);

  wire.clear();
  await rabbitmq.deleteExchange(ROUTE.exchange);
  const kept = await answered(api);
  await rabbitmq.declareExchange(ROUTE.exchange, 'direct');
  await rabbitmq.declare(RENDER_QUEUE, { durable: true, ...ROUTE });
  let fresh = '';
  await explain(
    async () => {
      fresh = await takesUploads(api);
    },
    () => {
      const { refusal } = wire;
      if (refusal?.code !== 404 || wire.count('channel.open') > 0) return;
      lesson('channel-closed-alone', {
        observed: `The exchange ${ROUTE.exchange} was gone for one upload, and the broker closed the channel: ${refusal.code} ${refusal.text}. The exchange is back, the connection stands, and media-api has not opened another channel on it.`,
        meaning:
          'A broker answers an error on a channel by closing that channel. The connection lives on, so that whoever listens for its end alone hears nothing, and goes on publishing into a channel that is no more.',
        lookAt:
          'what else than a connection can be closed, and what of yours has to be made anew then.',
      });
    },
  );
  const accepted = kept === undefined ? [fresh] : [kept, fresh];
  expectSame(
    `jobs that were answered 202 while or after the exchange ${ROUTE.exchange} was gone, and have no message now`,
    await missing(rabbitmq, accepted, ARRIVES_WITHIN, fresh),
    [],
  );
});

test('a broker or a media-api that is killed loses no upload that was answered 202', async ({
  api: other,
  wire,
  file,
  definition,
  run,
  skip,
}) => {
  // To kill a broker takes as long as all the rest, and what failed before says enough.
  skip(file.failed, 'an earlier test has failed');
  using silence = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
  wire.before = async ({ name }, direction) => {
    if (direction !== 'toServer' || name !== 'basic.publish') return;
    await silence.arrive();
    return 'cut';
  };
  const kept = await answered(other);
  // Who has kept it is about to send it, when it is killed.
  if (kept !== undefined) await happens(() => silence.arrived > 0, { within: RECONNECTS_WITHIN });
  await other.kill();
  silence.open();
  await using broker = await SpareRabbit.open(run);
  await using api = await definition.with(broker.env).start();
  const jobs: string[] = [];
  while (jobs.length < 200) {
    const taken = await uploads(api, 20);
    expect(taken, '20 uploads that were answered 202').toHaveLength(20);
    jobs.push(...taken);
  }
  await broker.kill();
  await broker.start();
  await using rabbitmq = await broker.probe();
  // It was accepted for another broker, and is sent to this one by whoever has kept it.
  const all = kept === undefined ? jobs : [...jobs, kept];
  const fresh = await takesUploads(api, ARRIVES_AFTER_RESTART);
  const left = await missing(rabbitmq, [...all, fresh], ARRIVES_AFTER_RESTART, fresh);
  const lost = left.filter((job) => job !== kept);
  await explain(
    () => {
      expect(lost.length, 'jobs of 200 that were answered 202 and have no message').toBe(0);
    },
    async () => {
      await api.stop();
      // One that is not shaken by what happened.
      await using again = await definition.with(broker.env).start();
      await upload(again);
      const [message] = await eventually(
        'the message of one more upload',
        async () => {
          const messages = await rabbitmq.drain(RENDER_QUEUE);
          return messages.length > 0 && messages;
        },
        { within: ARRIVES_WITHIN },
      );
      if (message?.persistent !== false) return;
      lesson('not-persistent', {
        observed: `200 uploads were answered 202, the broker was killed and started again: ${lost.length} of them have no message. The queue is durable; the messages are published with delivery mode 1.`,
        meaning:
          'Durable says that the queue itself outlives a restart. Each message says for itself whether it does: one that is not persistent lives in memory, and a confirm for it means no more than that.',
        lookAt: 'the options of the publish, beside the options of the queue.',
      });
    },
  );
  expectSame(
    'jobs that were answered 202 while the broker was silent, and whose message media-api does not send when it was killed and runs again',
    left,
    [],
  );
});
