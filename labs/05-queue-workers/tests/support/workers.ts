import { happens, type Lease, type StartedService, test as base } from '@backend-labs/testkit';
import { AmqpWire } from './amqp-wire.ts';
import type { Ledger } from './ledger.ts';
import { amqpUrl, Renderer, workerOf } from './media.ts';

type Env = Readonly<Record<string, string>>;

/** Until a worker has let go of what it is done with, in ms; far more than it takes. */
const LETS_GO_WITHIN = 5_000;
/** Until the broker delivers a message in the place of one that was let go of, in ms. Measured: 20 to 45. */
const NEXT_WITHIN = 1_000;

/** A statement that changes rows. */
const WRITE = /^\s*(?:insert|update|delete|merge|with)\b/iu;

/** A worker and what it says to the broker. */
export interface WiredWorker extends AsyncDisposable {
  readonly service: StartedService;
  readonly wire: AmqpWire;
}

/**
 * `test` with a `renderer` for the file, and with `worker(env)` and `wiredWorker(env)`: each call
 * starts one of media-worker. `onRefused` is called if one does not start, with what it and the broker
 * said; `broker` is another vhost.
 */
export const test = base
  .extend('renderer', { scope: 'file' }, async ({ cleanup }) => {
    return cleanup.use(await Renderer.open());
  })
  .extend('worker', { scope: 'file' }, ({ run, lease }) => {
    const worker = workerOf(run, lease);
    return (env: Env): Promise<StartedService> => worker.with(env).start();
  })
  .extend('wiredWorker', { scope: 'file' }, ({ run, lease }) => {
    const worker = workerOf(run, lease);
    return async (
      env: Env,
      onRefused?: (wire: AmqpWire) => void,
      broker: Pick<Lease, 'rabbitmq'> = lease,
    ): Promise<WiredWorker> => {
      await using held = new AsyncDisposableStack();
      const wire = held.use(await AmqpWire.open(amqpUrl(broker)));
      try {
        const service = held.use(await worker.with({ ...wire.env, ...env }).start());
        const both = held.move();
        return { service, wire, [Symbol.asyncDispose]: () => both.disposeAsync() };
      } catch (error) {
        onRefused?.(wire);
        throw error;
      }
    };
  });

/**
 * Waits until a worker that is done with its jobs has let go of their messages, so that what is looked
 * at next is not the end of what was before. One that never lets go is judged elsewhere.
 */
export async function idle({ wire }: WiredWorker): Promise<void> {
  await happens(() => wire.held <= 0, { within: LETS_GO_WITHIN });
}

/** How a worker ended that was killed as it acknowledged a message. */
export interface Death {
  readonly killed: boolean;
  /** What it had begun to write by then, and nobody has got: statements, and publishes. */
  readonly cutOff: readonly string[];
}

/**
 * Kills a worker as it acknowledges a message, the first one for which it is `due`. What the worker
 * said behind that, on a machine too busy to kill it at once, is as if it had not.
 *
 * A worker that acknowledges before its writes are answered has them lost: from when it is `due`, each
 * write waits until the worker has had the time to acknowledge beside it, and goes no further if it has.
 *
 * There should be a message for it to get next. RabbitMQ may drop an acknowledgement that it reads
 * right before the end of a connection (3.10: 2 of 800, busy). So the end waits until that message is
 * delivered, or a second is over: a worker may acknowledge in a transaction that it never commits.
 *
 * @param ledger the worker's way to Postgres.
 */
export function killAtAck(
  { service, wire }: WiredWorker,
  ledger: Ledger,
  due: () => boolean,
): Death {
  const death = { killed: false, cutOff: [] as string[] };
  const dead = Promise.withResolvers<void>();
  let heard = false;
  const write = async (what: string): Promise<'cut' | void> => {
    if (!due()) return;
    if (!death.killed) await turns(service);
    if (!death.killed) return;
    death.cutOff.push(what);
    await dead.promise;
    return 'cut';
  };
  ledger.before = (sql) => (WRITE.test(sql) ? write(sql) : undefined);
  wire.before = async ({ name, routingKey }, direction) => {
    if (direction === 'toClient') {
      heard ||= death.killed && name === 'basic.deliver';
      return undefined;
    }
    if (name === 'basic.publish') return write(`basic.publish to ${routingKey}`);
    if (death.killed || name !== 'basic.ack' || !due()) return undefined;
    death.killed = true;
    await turns(service);
    await service.kill();
    dead.resolve();
    return { lastUntil: happens(() => heard, { within: NEXT_WITHIN }) };
  };
  return death;
}

/** Resolves when a program has done, and its proxies have seen, what it was about to do. */
async function turns(service: StartedService): Promise<void> {
  // By the second answer, what it sent before the first has come.
  for (let turn = 0; turn < 2; turn += 1) await service.probe('/healthz').catch(() => {});
}
