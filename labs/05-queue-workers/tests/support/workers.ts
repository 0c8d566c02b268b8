import { type StartedService, test as base } from '@backend-labs/testkit';
import { AmqpWire } from './amqp-wire.ts';
import { amqpUrl, Renderer, workerOf } from './media.ts';

type Env = Readonly<Record<string, string>>;

/** A worker and what it says to the broker. */
export interface WiredWorker extends AsyncDisposable {
  readonly service: StartedService;
  readonly wire: AmqpWire;
}

/**
 * `test` with a `renderer` of the file's, and with `worker(env)` and `wiredWorker(env)`: each call
 * starts one of media-worker. `onRefused` is told when one does not start, with what it and the broker
 * said.
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
    return async (env: Env, onRefused?: (wire: AmqpWire) => void): Promise<WiredWorker> => {
      await using held = new AsyncDisposableStack();
      const wire = held.use(await AmqpWire.open(amqpUrl(lease)));
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
