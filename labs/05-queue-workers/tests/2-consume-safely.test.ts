import {
  eventually,
  explain,
  expect,
  gate,
  lesson,
  type StartedService,
} from '@backend-labs/testkit';
import type { AmqpWire } from './support/amqp-wire.ts';
import {
  addJobs,
  doneOf,
  enqueue,
  eventuallyDone,
  RENDER_QUEUE,
  Renderer,
  rendered,
  ROUTE,
} from './support/media.ts';
import { expectSame } from './support/same.ts';
import { test } from './support/workers.ts';

/** Not the default, which a worker may have learned by heart; and more than its pool has connections. */
const PREFETCH = 12;

/** Throws a lesson when the line shows why a worker had more than it may. */
function diagnose(wire: AmqpWire, held: string, renderer: Renderer): void {
  const at = (name: string): number => wire.sent.findIndex((method) => method.name === name);
  const consume = wire.sent[at('basic.consume')];
  const acked = wire.count('basic.ack');
  if (consume?.noAck === true) {
    lesson('no-ack', {
      observed: `${held}. It consumes with "no ack".`,
      meaning:
        'The broker forgets such a message as soon as it is sent. Prefetch limits what is not acknowledged, and here nothing ever is: the whole queue goes to whoever asks first, and dies with it.',
      lookAt: 'who is responsible for a message between delivery and acknowledgement.',
    });
  }
  if (acked > renderer.renders() - renderer.inFlight) {
    lesson('ack-first', {
      observed: `${held}. It has acknowledged ${acked} messages, and the renderer has finished ${renderer.renders() - renderer.inFlight} jobs.`,
      meaning:
        'An acknowledgement tells the broker to forget the message. From then on the job exists only in the memory of this process; if that is killed, nobody knows of the job.',
      lookAt: 'what must be true before the queue may forget a job.',
    });
  }
  if (at('basic.qos') > at('basic.consume')) {
    lesson('prefetch-late', {
      observed: `${held}. It set a prefetch of ${wire.sent[at('basic.qos')]?.prefetch}, after it had begun to consume.`,
      meaning:
        'A prefetch count is given to consumers when they start. One that consumes already keeps what it began with: no limit.',
      lookAt: 'the order of the two calls.',
    });
  }
  if (at('basic.qos') === -1 && at('basic.consume') !== -1) {
    lesson('no-prefetch', {
      observed: `${held}. It never told the broker how many it wants.`,
      meaning:
        'Without a prefetch count the broker sends a consumer all that the queue holds. Other workers find the queue empty and idle, and what one was given waits in its memory.',
      lookAt: 'how a consumer promises to hold only a few messages at a time.',
    });
  }
}

test('a worker holds PREFETCH jobs and leaves the rest to others', async ({
  rabbitmq,
  postgres,
  wiredWorker,
  worker,
}) => {
  await using busy = await Renderer.open();
  await using calm = await Renderer.open();
  using held = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
  for (const renderer of [busy, calm]) {
    renderer.outcome = async (id) => {
      await held.arrive();
      return rendered(id);
    };
  }
  const many = 2 * PREFETCH + 2;
  await using first = await wiredWorker({ ...busy.env, PREFETCH: String(PREFETCH) });
  const jobs = await addJobs(postgres, many);
  await enqueue(rabbitmq, jobs);
  await held.reached(PREFETCH);

  // The queue hands out all that it may before it answers how many are left.
  const left = (await rabbitmq.queue(RENDER_QUEUE))?.ready ?? 0;
  const held1 = `Of ${many} jobs a worker with PREFETCH=${PREFETCH} was sent ${many - left} while none was finished`;
  await explain(
    () => {
      expect(many - left, `${held1}; jobs sent to it`).toBe(PREFETCH);
    },
    () => diagnose(first.wire, held1, busy),
  );
  await using _second = await worker({ ...calm.env, PREFETCH: String(PREFETCH) });
  await held.reached(2 * PREFETCH);
  expect(calm.inFlight, 'jobs in the hands of a second worker').toBe(PREFETCH);
  expect(busy.inFlight, 'jobs in the hands of the first worker').toBe(PREFETCH);
  held.open();
  await eventuallyDone('all jobs to be done', postgres, jobs);

  const consumers = first.wire.count('basic.consume');
  first.wire.cut();
  await eventually(
    'a worker whose connection broke to end, or to consume again',
    () => {
      const idle = first.service.running && first.wire.count('basic.consume') <= consumers;
      expectSame('what it did', idle ? 'neither' : 'one', 'one');
      return true;
    },
    { within: 5_000 },
  );
  await endedBadly(first.service, 'A worker whose connection broke');
});

/** A worker may end when it loses the broker, if it says so to whoever started it. */
async function endedBadly(service: StartedService, who: string): Promise<void> {
  if (service.running) return;
  const { code } = await service.exited;
  if (code === 0) expect.fail(`${who} ended with exit code 0, expected another.`);
}

test('jobs in the hands of a worker that is killed are done by another', async ({
  rabbitmq,
  postgres,
  wiredWorker,
  worker,
}) => {
  await using stuck = await Renderer.open();
  await using calm = await Renderer.open();
  using held = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
  stuck.outcome = async (id) => {
    await held.arrive();
    return rendered(id);
  };
  await using doomed = await wiredWorker({ ...stuck.env, PREFETCH: String(PREFETCH) });
  const jobs = await addJobs(postgres, PREFETCH);
  await enqueue(rabbitmq, jobs);
  await held.reached(PREFETCH);
  await doomed.service.kill();
  await using other = await worker({ ...calm.env, PREFETCH: String(PREFETCH) });
  // What a killed worker had goes back to the head of the queue, so this one is sent last.
  const [last = ''] = await addJobs(postgres, 1);
  await enqueue(rabbitmq, [last]);
  await eventuallyDone('a later job to be done', postgres, [last]);
  await explain(
    () =>
      eventuallyDone(`all ${PREFETCH} jobs of the killed worker to be done`, postgres, jobs, {
        within: 3_000,
      }),
    () =>
      diagnose(
        doomed.wire,
        `A worker was killed with ${PREFETCH} jobs in its hands, none finished, and nobody does them`,
        stuck,
      ),
  );

  await rabbitmq.deleteQueue(RENDER_QUEUE);
  await rabbitmq.declare(RENDER_QUEUE, { durable: true, ...ROUTE });
  const [after = ''] = await addJobs(postgres, 1);
  await enqueue(rabbitmq, [after]);
  await eventually(
    `a worker whose ${RENDER_QUEUE} was deleted, and is back, to end or to take jobs from it`,
    async () => {
      const idle = other.running && (await doneOf(postgres, [after])) === 0;
      expectSame('what it did', idle ? 'neither' : 'one', 'one');
      return true;
    },
    { within: 5_000 },
  );
  await endedBadly(other, `A worker whose ${RENDER_QUEUE} was deleted`);
});
