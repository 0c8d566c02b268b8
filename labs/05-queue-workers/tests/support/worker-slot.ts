import { happens, type RabbitProbe } from '@backend-labs/testkit';
import { DEAD_QUEUE, RENDER_QUEUE } from './media.ts';
import type { WiredWorker } from './workers.ts';

/** Until a worker that ends by itself has ended, in ms. */
const ENDS_WITHIN = 200;

/**
 * The worker of several tests, one after the other. When a test has failed, or the worker has ended,
 * the next one gets a new worker, and empty queues: what is wrong with one test is not counted twice.
 */
export class WorkerSlot implements AsyncDisposable {
  readonly #start: () => Promise<WiredWorker>;
  readonly #rabbitmq: RabbitProbe;
  #worker: WiredWorker | undefined;
  #spoilt = false;

  constructor(start: () => Promise<WiredWorker>, rabbitmq: RabbitProbe) {
    this.#start = start;
    this.#rabbitmq = rabbitmq;
  }

  spoil(): void {
    this.#spoilt = true;
  }

  async take(): Promise<WiredWorker> {
    const old = this.#worker;
    if (old?.service.running === true && !this.#spoilt) {
      old.wire.before = () => {};
      return old;
    }
    if (old) {
      await happens(() => !old.service.running, { within: this.#spoilt ? 0 : ENDS_WITHIN });
      await this.rest();
    }
    if (this.#spoilt) {
      // With it goes what the old worker had in its hands.
      await this.#rabbitmq.deleteQueue(RENDER_QUEUE);
      await this.#rabbitmq.drain(DEAD_QUEUE);
    }
    this.#spoilt = false;
    this.#worker = await this.#start();
    return this.#worker;
  }

  /** Ends the worker; the next test that takes one gets a new one. */
  async rest(): Promise<void> {
    await this.#worker?.service.kill();
    await this.#worker?.[Symbol.asyncDispose]();
    this.#worker = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]();
  }
}
