import {
  type Exit,
  expect,
  explain,
  type Gate,
  gate,
  happens,
  judges,
  lesson,
  type RabbitMessage,
  type RabbitProbe,
  type Reply,
  thousands,
} from '@backend-labs/testkit';
import type { AmqpWire } from './support/amqp-wire.ts';
import {
  addJobs,
  broken,
  doneOf,
  enqueue,
  eventuallyDone,
  jobRows,
  RENDER_QUEUE,
  Renderer,
  rendered,
} from './support/media.ts';
import { expectSame } from './support/same.ts';
import { test as base, type WiredWorker } from './support/workers.ts';

const PREFETCH = 3;
const GRACE = 300;
/** Longer than it takes to look what a worker that has ended left behind. In ms. */
const DELAY = 3_000;
/** The ticket's bounds, in ms. */
const ENDS_WITHIN = 5_000;
const TRIED_WITHIN = 10_000;
/** Until a worker that was sent SIGTERM says something to the broker, if it does. */
const SIGN_WITHIN = 5_000;

const by = (name: string) => (wire: AmqpWire) => wire.count(name) > 0;

/** A worker with as many jobs at its renderer as it takes, all held there until `held` opens. */
interface BusyWorker extends WiredWorker {
  readonly renderer: Renderer;
  readonly held: Gate;
  /** Lets one job go before that. */
  release(jobId: string): void;
  /** What comes of a job once `held` is open. */
  outcome: (jobId: string) => Reply | Promise<Reply>;
  /** At the renderer. */
  readonly begun: readonly string[];
  /** In the queue behind them. */
  readonly later: readonly string[];
}

/** `test` with `busyWorker(waiting, env)`: one that is busy, with so many jobs waiting behind. */
const test = base
  .extend(
    'busyWorker',
    { scope: 'file' },
    ({ wiredWorker, rabbitmq, postgres }) =>
      async (waiting: number, env: Readonly<Record<string, string>> = {}): Promise<BusyWorker> => {
        await using stack = new AsyncDisposableStack();
        const held = stack.use(gate(Number.POSITIVE_INFINITY, { opens: 'by hand' }));
        const renderer = stack.use(await Renderer.open());
        const told: Pick<BusyWorker, 'outcome'> = { outcome: rendered };
        const released = new Map<string, PromiseWithResolvers<void>>();
        renderer.outcome = async (id) => {
          const alone = released.get(id)?.promise;
          await (alone ? Promise.race([held.arrive(), alone]) : held.arrive());
          return told.outcome(id);
        };
        const settings = { ...renderer.env, PREFETCH: String(PREFETCH), ...env };
        const { service, wire } = stack.use(await wiredWorker(settings));
        const begun = await addJobs(postgres, PREFETCH);
        for (const id of begun) released.set(id, Promise.withResolvers());
        const release = (id: string): void => released.get(id)?.resolve();
        const later = await addJobs(postgres, waiting);
        await enqueue(rabbitmq, [...begun, ...later]);
        await held.reached(PREFETCH);
        wire.clear();
        const all = stack.move();
        const put = { [Symbol.asyncDispose]: () => all.disposeAsync() };
        return Object.assign(told, {
          service,
          wire,
          renderer,
          held,
          release,
          begun,
          later,
          ...put,
        });
      },
  )
  /** What came of a worker that was sent SIGTERM while it was busy, and of its jobs. */
  .extend('stopped', { scope: 'file' }, ({ file, busyWorker, rabbitmq, postgres, cleanup }) =>
    file.once('stopped', async () => {
      const delays = Array.from({ length: 5 }, () => DELAY).join(',');
      const worker = cleanup.use(await busyWorker(PREFETCH, { RETRY_DELAYS_MS: delays }));
      const { wire, service, renderer, held, begun, later } = worker;
      const [failing = '', ...others] = begun;
      let failedAt: number | undefined;
      worker.outcome = async (id) => {
        if (id !== failing) return rendered(id);
        const alone = async (): Promise<boolean> =>
          !service.running || (await doneOf(postgres, others)) === others.length;
        await happens(alone, { within: ENDS_WITHIN });
        failedAt ??= performance.now();
        return broken;
      };
      const closing = ['basic.cancel', 'channel.close', 'connection.close'].map(by);
      let deliveredFirst = 0;
      wire.before = ({ name }) => {
        if (name === 'basic.deliver' && !closing.some((said) => said(wire))) deliveredFirst += 1;
      };
      service.signal('SIGTERM');
      // Its acknowledgement makes room for another job. The worker has heard the signal by then: it came
      // before the answer of the renderer, and a job is written to Postgres before it is acknowledged.
      worker.release(others[0] ?? '');
      // One that only stops asking gives no sign; it has had far more time than a signal needs.
      const sign = (): boolean =>
        !service.running || closing.some((said) => said(wire)) || renderer.renders() > PREFETCH;
      await happens(sign, { within: SIGN_WITHIN });
      const open = service.running;
      const closedEarly = by('channel.close')(wire) || by('connection.close')(wire);
      held.open();
      const { ended, exit } = await ending(worker);
      const cancelled = by('basic.cancel')(wire);
      const acknowledged = wire.count('basic.ack');
      const left = await leftBehind(rabbitmq, begun.length + later.length - acknowledged);
      const due = (failedAt ?? performance.now()) + DELAY;
      const lookedEarly = performance.now() < due;
      const done = await doneOf(postgres, begun);
      const more = wire.received.filter(({ name }) => name === 'basic.deliver').length;
      return {
        worker,
        failing,
        others,
        open,
        closedEarly,
        cancelled,
        deliveredFirst,
        ended,
        exit,
        due,
        lookedEarly,
        left,
        done,
        more,
      };
    }),
  );

/** Waits for the process to end, if it does, and then ends it. Answers whether it did, and how. */
async function ending({ service }: WiredWorker): Promise<{ ended: boolean; exit: Exit }> {
  const ended = await happens(() => !service.running, { within: ENDS_WITHIN });
  if (!ended) await service.kill();
  return { ended, exit: await service.exited };
}

/**
 * The messages in the queue when a worker is gone, in their order. Messages come back when the broker
 * has heard of the end, which may be later than the test: it waits for so `many`.
 */
async function leftBehind(rabbitmq: RabbitProbe, many: number): Promise<RabbitMessage[]> {
  const left: RabbitMessage[] = [];
  const all = async (): Promise<boolean> => {
    left.push(...(await rabbitmq.drain(RENDER_QUEUE)));
    return left.length >= many;
  };
  await happens(all, { within: 2_000 });
  return left;
}

/** The exit code of a worker that left jobs undone must say so. */
function endedBadly({ code }: Exit): void {
  if (code !== 0) return;
  expect.fail('A worker that did not finish its jobs ended with exit code 0, expected another.');
}

const inOrder = (a: string, b: string): number => a.localeCompare(b);

const jobOf = ({ json }: RabbitMessage): string =>
  String((json as { jobId?: unknown } | null | undefined)?.jobId);

test('jobs that were not begun stay in the queue', judges('4.1'), async ({ stopped }) => {
  const { worker, left } = stopped;
  const { later } = worker;
  const notBegun = left.filter((message) => later.some((job) => job === jobOf(message)));
  await explain(
    () => {
      expectSame('jobs that were not begun, and are left in the queue', notBegun.map(jobOf), later);
      const delivered = notBegun.filter(({ redelivered }) => redelivered);
      expectSame('of these, those whose message was delivered', delivered.map(jobOf), []);
    },
    () => diagnoseStop(stopped),
  );
});

test(
  'jobs in flight are finished, and the worker ends with 0',
  judges('4.2'),
  async ({ stopped, postgres }) => {
    const { others, left, ended, exit } = stopped;
    await explain(
      async () => {
        const states = (await jobRows(postgres, others)).map(({ state }) => state);
        expectSame(
          'states of the jobs that were in flight',
          states,
          others.map(() => 'done'),
        );
        const back = left.map(jobOf).filter((job) => others.some((other) => other === job));
        expectSame('of these, those whose message came back', back, []);
        expect(ended, `whether the worker ended within ${ENDS_WITHIN} ms of its last job`).toBe(
          true,
        );
        const { code, signal } = exit;
        const what = 'how a worker ended that finished its jobs';
        expectSame(what, { code, signal }, { code: 0, signal: null });
      },
      () => diagnoseStop(stopped),
    );
  },
);

test(
  'a job that fails by then waits for its next try',
  judges('4.3'),
  async ({ stopped, worker, rabbitmq, postgres }) => {
    const { worker: gone, failing, left, due, lookedEarly } = stopped;
    const { renderer } = gone;
    gone.outcome = rendered;
    const back = left.filter((message) => jobOf(message) === failing);
    await explain(
      async () => {
        if (lookedEarly) {
          expectSame('messages in the queue of the job that had just failed', back.length, 0);
        }
        // On a machine too busy to look before its time it may be back.
        if (back.length > 0) await enqueue(rabbitmq, [failing]);
        const delays = Array.from({ length: 5 }, () => DELAY).join(',');
        await using _next = await worker({ ...renderer.env, RETRY_DELAYS_MS: delays });
        const what = 'the job that failed to be tried again by another worker';
        const within = { within: DELAY + TRIED_WITHIN };
        await eventuallyDone(what, postgres, [failing], within);
        const early = due - (renderer.begun.get(failing)?.[1] ?? 0);
        const sooner = `ms by which its second try came before its delay of ${DELAY} ms was over`;
        expect(Math.round(early), sooner).toBeLessThanOrEqual(0);
      },
      () => {
        diagnoseStop(stopped);
        diagnoseGivenBack(gone.wire, back);
      },
    );
  },
);

test(
  'a second SIGTERM ends it, and its jobs come back',
  judges('4.4'),
  async ({ busyWorker, rabbitmq }) => {
    await using worker = await busyWorker(0);
    worker.service.signal('SIGTERM');
    await happens(() => !worker.service.running || worker.wire.sent.length > 0, {
      within: SIGN_WITHIN,
    });
    worker.service.signal('SIGTERM');
    const { ended, exit } = await ending(worker);
    const left = await leftBehind(rabbitmq, PREFETCH);
    await explain(
      () => {
        expect(ended, `whether the worker ended within ${ENDS_WITHIN} ms of a second SIGTERM`).toBe(
          true,
        );
      },
      () => {
        lesson('second-signal-ignored', {
          observed: `A worker got SIGTERM while ${worker.renderer.inFlight} renders hung, and then SIGTERM again. ${thousands(ENDS_WITHIN)} ms later, it still waited for them.`,
          meaning:
            'A person who sends the signal again does not want to wait any more. If the worker treats the second signal like the first, only SIGKILL is left. After that, nothing is logged and no exit code explains the end.',
          lookAt: 'what the handler does when it is called again.',
        });
      },
    );
    endedBadly(exit);
    expectSame(
      'jobs that came back',
      left.map(jobOf).toSorted(inOrder),
      worker.begun.toSorted(inOrder),
    );
  },
);

test(
  'a job that takes longer than SHUTDOWN_GRACE_MS comes back',
  judges('4.5'),
  async ({ busyWorker, rabbitmq }) => {
    await using worker = await busyWorker(0, { SHUTDOWN_GRACE_MS: String(GRACE) });
    worker.service.signal('SIGTERM');
    const { ended, exit } = await ending(worker);
    const left = await leftBehind(rabbitmq, PREFETCH);
    await explain(
      () => {
        expect(ended, `the worker ended with SHUTDOWN_GRACE_MS=${GRACE}, its jobs unfinished`).toBe(
          true,
        );
      },
      () => {
        lesson('no-deadline', {
          observed: `A worker with SHUTDOWN_GRACE_MS=${GRACE} got SIGTERM while ${worker.renderer.inFlight} renders hung. ${thousands(ENDS_WITHIN)} ms later, it still waited for them.`,
          meaning:
            'The orchestrator has a limit of its own: it sends SIGKILL when that is over, and then nothing is closed, logged or given back in order. Until then, a render that hangs blocks the deploy.',
          lookAt: 'how the wait ends, and where the messages go that are not acknowledged.',
        });
      },
    );
    endedBadly(exit);
    expectSame(
      'jobs that came back',
      left.map(jobOf).toSorted(inOrder),
      worker.begun.toSorted(inOrder),
    );
  },
);

/** Throws a lesson when the line shows what a worker did at SIGTERM instead of finishing its jobs. */
function diagnoseStop(stopped: {
  readonly worker: BusyWorker;
  readonly open: boolean;
  readonly closedEarly: boolean;
  readonly cancelled: boolean;
  readonly deliveredFirst: number;
  readonly exit: Exit;
  readonly left: readonly RabbitMessage[];
  readonly done: number;
  readonly more: number;
}): void {
  const { worker, open, closedEarly, cancelled, deliveredFirst, exit, left, done, more } = stopped;
  const again = left.filter(({ redelivered }) => redelivered);
  // A worker that cannot acknowledge any more may end before the others are finished.
  if (closedEarly && again.length > 0 && done > 0) {
    lesson('close-before-ack', {
      observed: `After SIGTERM, the worker closed its channel with ${PREFETCH} jobs in flight. ${done} of them were finished after that, and ${again.length} messages came back to the queue, to be done again.`,
      meaning:
        'A channel that closes gives every message that it has not acknowledged back to the queue. An acknowledgement must go through the channel that delivered the message.',
      lookAt: 'the order: what must be over before the channel may close.',
    });
  }
  if (!open && again.length > 0) {
    lesson('exit-on-sigterm', {
      observed: `A worker with ${PREFETCH} jobs in flight got SIGTERM and ended immediately, with ${exit.signal ?? `exit code ${exit.code}`}. ${again.length} messages came back to the queue.`,
      meaning:
        'The work on these jobs is lost, and each of them is delivered and begun again. No message is lost, but every deploy makes duplicates of the jobs that were in flight.',
      lookAt: 'the steps that a job in flight still needs between the signal and the exit.',
    });
  }
  if (open && !cancelled && !closedEarly && more > 0) {
    lesson('no-cancel', {
      observed: `After SIGTERM, the worker went on consuming: the broker sent it ${more} more messages. It finished ${done} jobs of ${PREFETCH}, began ${worker.renderer.renders() - PREFETCH} others, and ${again.length} messages came back to the queue.`,
      meaning:
        'Every acknowledgement makes room for the next delivery, so a worker that still consumes does not finish while there is work. The last jobs are begun for nothing, or given back.',
      lookAt: 'how a consumer can end its deliveries and keep its channel.',
    });
  }
  if (open && cancelled && deliveredFirst > 0) {
    lesson('cancelled-late', {
      observed: `A worker with ${PREFETCH} jobs in flight got SIGTERM. One of them was finished, and the broker sent the worker ${deliveredFirst} more messages. Only after that did the worker cancel its consumer.`,
      meaning:
        'A web server may wait after SIGTERM, because its load balancer goes on sending requests until it has heard. Nobody has to tell the broker anything except the worker itself. Until it does, each acknowledgement makes room for another job, and that job takes a part of the grace period.',
      lookAt: 'what happens between the signal and the end of the deliveries.',
    });
  }
}

/** Throws a lesson when a worker has given back the message of a job that failed. */
function diagnoseGivenBack(wire: AmqpWire, back: readonly RabbitMessage[]): void {
  if (back.length === 0 || wire.count('basic.nack') + wire.count('basic.reject') === 0) return;
  lesson('given-back-on-stop', {
    observed:
      'A job failed after SIGTERM. The worker gave its message back, and the message was at the head of the queue, not counted and without its delay.',
    meaning:
      'A worker that stops has its whole grace period for the jobs that it has begun, even for the failed ones. If it gives such a job back, the next worker tries it immediately, as if it had not failed.',
    lookAt: 'the steps that follow a failure, and whether a stop skips them.',
  });
}
