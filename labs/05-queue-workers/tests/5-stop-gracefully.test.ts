import {
  type Exit,
  expect,
  explain,
  type Gate,
  gate,
  happens,
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
  jobRows,
  RENDER_QUEUE,
  Renderer,
  rendered,
} from './support/media.ts';
import { expectSame } from './support/same.ts';
import { test as base, type WiredWorker } from './support/workers.ts';

const PREFETCH = 3;
const GRACE = 300;
/** So long that a job that fails does not come back before the test is over. */
const DELAYS = Array.from({ length: 5 }, () => 600_000).join(',');
/** Far above what a process takes to end that may end. */
const ENDS_WITHIN = 5_000;
/** Until a worker that was sent SIGTERM says something to the broker, if it does. */
const SIGN_WITHIN = 1_000;

const by = (name: string) => (wire: AmqpWire) => wire.count(name) > 0;

/** A worker with as many jobs at its renderer as it takes, all held there until `held` opens. */
interface BusyWorker extends WiredWorker {
  readonly renderer: Renderer;
  readonly held: Gate;
  /** What comes of a job once `held` is open. */
  outcome: (jobId: string) => Reply | Promise<Reply>;
  /** At the renderer. */
  readonly begun: readonly string[];
  /** In the queue behind them. */
  readonly later: readonly string[];
}

/** `test` with `busyWorker(waiting, env)`: one that is busy, with so many jobs waiting behind. */
const test = base.extend(
  'busyWorker',
  { scope: 'file' },
  ({ wiredWorker, rabbitmq, postgres }) =>
    async (waiting: number, env: Readonly<Record<string, string>> = {}): Promise<BusyWorker> => {
      await using stack = new AsyncDisposableStack();
      const held = stack.use(gate(Number.POSITIVE_INFINITY, { opens: 'by hand' }));
      const renderer = stack.use(await Renderer.open());
      const told: Pick<BusyWorker, 'outcome'> = { outcome: rendered };
      renderer.outcome = async (id) => {
        await held.arrive();
        return told.outcome(id);
      };
      const settings = { ...renderer.env, PREFETCH: String(PREFETCH), ...env };
      const { service, wire } = stack.use(await wiredWorker(settings));
      const begun = await addJobs(postgres, PREFETCH);
      const later = await addJobs(postgres, waiting);
      await enqueue(rabbitmq, [...begun, ...later]);
      await held.reached(PREFETCH);
      wire.clear();
      const all = stack.move();
      const put = { [Symbol.asyncDispose]: () => all.disposeAsync() };
      return Object.assign(told, { service, wire, renderer, held, begun, later, ...put });
    },
);

/** Waits for the process to end, if it does, and then ends it. Answers whether it did, and how. */
async function ending({ service }: WiredWorker): Promise<{ ended: boolean; exit: Exit }> {
  const ended = await happens(() => !service.running, { within: ENDS_WITHIN });
  if (!ended) await service.kill();
  return { ended, exit: await service.exited };
}

/**
 * All that waits in the queue when a worker is gone, in its order. Messages come back when the broker
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

/** A worker that left jobs undone has to say so to whoever started it. */
function endedBadly({ code }: Exit): void {
  if (code !== 0) return;
  expect.fail('A worker that did not finish its jobs ended with exit code 0, expected another.');
}

const jobOf = ({ json }: RabbitMessage): unknown => (json as { jobId: string } | undefined)?.jobId;

test('SIGTERM: what is in flight is finished, what is not begun stays for others', async ({
  busyWorker,
  rabbitmq,
  postgres,
}) => {
  await using worker = await busyWorker(PREFETCH, { RETRY_DELAYS_MS: DELAYS });
  const { renderer, held, begun, later } = worker;
  const [failing = '', ...others] = begun;
  worker.outcome = async (id) => {
    if (id !== failing) return rendered(id);
    const alone = async (): Promise<boolean> =>
      !worker.service.running || (await doneOf(postgres, others)) === others.length;
    await happens(alone, { within: ENDS_WITHIN });
    return broken;
  };
  worker.service.signal('SIGTERM');
  const closing = ['basic.cancel', 'channel.close', 'connection.close'].map(by);
  // One that goes on consuming gives no sign; it has had far more time than a signal needs.
  await happens(() => !worker.service.running || closing.some((said) => said(worker.wire)), {
    within: SIGN_WITHIN,
  });
  const open = worker.service.running;
  const closedEarly = by('channel.close')(worker.wire) || by('connection.close')(worker.wire);
  const cancelled = by('basic.cancel')(worker.wire);
  held.open();
  const { ended, exit } = await ending(worker);
  const acknowledged = worker.wire.count('basic.ack');
  const left = await leftBehind(rabbitmq, begun.length + later.length - acknowledged);
  const again = left.filter(({ redelivered }) => redelivered);

  await explain(
    async () => {
      expectSame('jobs whose message was delivered and came back', again.map(jobOf), []);
      expectSame('jobs left in the queue: those that were not begun', left.map(jobOf), later);
      const rows = await jobRows(postgres, begun);
      expectSame(
        'states of the jobs that were in flight, the first of which failed and waits for its second try',
        rows.map(({ state }) => state),
        ['queued', ...others.map(() => 'done')],
      );
    },
    async () => {
      const done = await doneOf(postgres, begun);
      if (!open && again.length > 0) {
        lesson('exit-on-sigterm', {
          observed: `A worker with ${PREFETCH} jobs in flight was sent SIGTERM and ended at once, with ${exit.signal ?? `exit code ${exit.code}`}; ${again.length} messages came back to the queue.`,
          meaning:
            'The work on these jobs is thrown away, and each is delivered and begun again. No message is lost that way, but every deploy makes duplicates of whatever was under way.',
          lookAt: 'what has to happen to a job in flight between the signal and the exit.',
        });
      }
      if (closedEarly && again.length > 0 && done > 0) {
        lesson('close-before-ack', {
          observed: `After SIGTERM the worker closed its channel with ${PREFETCH} jobs in flight. ${done} of them were finished after that, and ${again.length} messages came back to the queue, to be done again.`,
          meaning:
            'Closing a channel gives all that it has not acknowledged back to the queue at once. An acknowledgement can only be sent on the channel that the message came by.',
          lookAt: 'the order: who must be done before the channel may close.',
        });
      }
      const more = worker.wire.received.filter(({ name }) => name === 'basic.deliver').length;
      if (open && !cancelled && !closedEarly && more > 0) {
        lesson('no-cancel', {
          observed: `After SIGTERM the worker went on consuming: the broker sent it ${more} more messages. It finished ${done} jobs of ${PREFETCH}, began ${renderer.renders() - PREFETCH} others, and ${again.length} messages came back to the queue.`,
          meaning:
            'Every acknowledgement makes room for the next delivery, so a worker that still consumes is never done while there is work. What comes last is begun in vain, or given back.',
          lookAt: 'how to tell the broker that this consumer wants no more.',
        });
      }
    },
  );
  expect(ended, `the worker ended within ${ENDS_WITHIN} ms of its last job`).toBe(true);
  const { code, signal } = exit;
  expectSame(
    'how a worker ended that finished its jobs',
    { code, signal },
    { code: 0, signal: null },
  );
});

test('a second SIGTERM ends it at once, and its jobs come back', async ({
  busyWorker,
  rabbitmq,
}) => {
  await using worker = await busyWorker(0);
  worker.service.signal('SIGTERM');
  await happens(() => !worker.service.running || worker.wire.sent.length > 0, {
    within: SIGN_WITHIN,
  });
  worker.service.signal('SIGTERM');
  const { ended, exit } = await ending(worker);
  const left = await leftBehind(rabbitmq, PREFETCH);
  expect(ended, 'the worker ended at a second SIGTERM').toBe(true);
  endedBadly(exit);
  expectSame('jobs that came back', left.map(jobOf), worker.begun);
});

test('a job that takes longer than SHUTDOWN_GRACE_MS comes back', async ({
  busyWorker,
  rabbitmq,
}) => {
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
        observed: `A worker with SHUTDOWN_GRACE_MS=${GRACE} was sent SIGTERM while ${worker.renderer.inFlight} renders hung. ${thousands(ENDS_WITHIN)} ms later it still waited for them.`,
        meaning:
          'Somebody else has a limit: the orchestrator sends SIGKILL when its own time is up, and then nothing is closed, logged or handed back in order. A render that hangs holds the deploy until then.',
        lookAt: 'who ends the wait, and what becomes of the messages that are not acknowledged.',
      });
    },
  );
  endedBadly(exit);
  expectSame('jobs that came back', left.map(jobOf), worker.begun);
});
