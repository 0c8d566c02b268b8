import { AssertionError } from 'node:assert';
import {
  type Answer,
  Draw,
  eventually,
  expect,
  happens,
  type RabbitProbe,
  type Service,
  ServiceError,
  type StartedService,
} from '@backend-labs/testkit';
import type { AmqpWire } from './amqp-wire.ts';
import { RENDER_QUEUE } from './media.ts';

/** Until media-api gives up on a confirm, in ms. */
export const PUBLISH_TIMEOUT = 500;
/** Bounds of the ticket, in ms. */
export const ANSWERS_WITHIN = PUBLISH_TIMEOUT + 2_000;
export const ARRIVES_WITHIN = 15_000;
export const AGAIN_WITHIN = 15_000;
export const AGAIN_AFTER_SILENCE_WITHIN = 30_000;
export const KEPT_WITHIN = 45_000;
/** Until a media-api that works well has answered a first upload; one that does not is started again. */
const WELL_WITHIN = 2_000;
/** Until the message of such an upload has passed, if it is sent at once. */
const PASSES_WITHIN = 10_000;
/** A media-api that has answered only errors for this part of the time does not come back by itself. */
const BROKEN_FOR = 1 / 3;
/** An upload costs a row; one that is refused is sent again this much later. */
const EVERY = 100;

export interface Upload {
  /** The job that was promised; `undefined` when nothing was. */
  readonly job: string | undefined;
  /** Until the answer, or until nobody waited any more. */
  readonly ms: number;
  /** When that was, an instant of `performance.now()`. */
  readonly at: number;
  readonly answered: boolean;
}

/** Whether media-api took an upload again, and which. */
export type Again = { readonly job: string } | { readonly error: unknown };

/** One media-api, what it was asked and what it promised. */
export class MediaApi implements AsyncDisposable {
  readonly wire: AmqpWire;
  /** Answers that are neither 202 nor 503, and uploads without one. */
  readonly odd: string[] = [];
  #service: StartedService;
  readonly #draw: Draw;

  private constructor(wire: AmqpWire, service: StartedService, seed: string) {
    this.wire = wire;
    this.#service = service;
    this.#draw = new Draw(seed, 'uploads');
  }

  static async start(definition: Service, wire: AmqpWire, seed: string): Promise<MediaApi> {
    const env = { ...wire.env, PUBLISH_TIMEOUT_MS: String(PUBLISH_TIMEOUT) };
    return new MediaApi(wire, await definition.with(env).start(), seed);
  }

  get service(): StartedService {
    return this.#service;
  }

  async upload(within: number = ANSWERS_WITHIN): Promise<Upload> {
    const begun = performance.now();
    const ended = (job: string | undefined, answered: boolean): Upload => {
      const at = performance.now();
      return { job, answered, at, ms: at - begun };
    };
    try {
      const answer = await upload(this.#service, this.#draw, within);
      const job = promised(answer);
      if (job === undefined && answer.status !== 503) this.odd.push(inWords(answer));
      return ended(job, true);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // How long one may take is another question.
      if (error.code !== 'NO_ANSWER') this.odd.push(error.message.split('\n', 1)[0] ?? '');
      return ended(undefined, false);
    }
  }

  /** So many uploads at a time. */
  uploads(many: number): Promise<Upload[]> {
    return Promise.all(Array.from({ length: many }, () => this.upload()));
  }

  /** Waits until it takes an upload, as it did before. */
  async takesUploads(within: number): Promise<Again> {
    const what = 'media-api, not started again, to answer an upload with 202';
    let lastSane = performance.now();
    const look = async (): Promise<Again> => {
      const errors = this.odd.length;
      const { job } = await this.upload();
      if (job !== undefined) return { job };
      if (this.odd.length === errors) lastSane = performance.now();
      const seen = this.odd.length === errors ? 'it answered 503, or not at all' : this.odd.at(-1);
      if (performance.now() - lastSane < within * BROKEN_FOR) expect.fail(seen ?? '');
      return { error: new AssertionError({ message: `Waited for ${what}; ${seen}.` }) };
    };
    return eventually(what, look, { within, every: EVERY }).catch((error: unknown) => ({ error }));
  }

  /** How long to wait for promised messages. A media-api that asks for no confirms does not know which to send again. */
  get patience(): number {
    const asks = this.wire.ever('confirm.select') + this.wire.ever('tx.select');
    return asks > 0 ? KEPT_WITHIN : ARRIVES_WITHIN;
  }

  /** Makes sure that what happens next does not come from what was before. */
  async ready(): Promise<void> {
    this.wire.before = () => {};
    const before = this.wire.ever('basic.publish');
    if (!this.#service.running || 'error' in (await this.takesUploads(WELL_WITHIN))) {
      await this.restart();
      const again = await this.takesUploads(AGAIN_WITHIN);
      if ('error' in again) throw again.error;
    }
    // A media-api that waits for no confirm has answered before the message came by.
    await happens(() => this.wire.ever('basic.publish') > before, { within: PASSES_WITHIN });
  }

  async kill(): Promise<void> {
    await this.#service.kill();
  }

  async restart(): Promise<void> {
    this.#service = await this.#service.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }
}

function upload(service: StartedService, draw: Draw, within: number): Promise<Answer> {
  const body = {
    accountId: draw.int(1, 9_999),
    email: `${draw.word()}@mail.test`,
    source: `${draw.word()}.jpg`,
  };
  return service.post('/uploads', body, { within });
}

const LOCATION = /^\/jobs\/(?<id>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/u;

function promised({ status, headers }: Answer): string | undefined {
  return status === 202 ? LOCATION.exec(headers['location'] ?? '')?.groups?.['id'] : undefined;
}

function inWords({ status, headers, text }: Answer): string {
  if (status !== 202) return `${status}: ${text.slice(0, 200)}`;
  return `202 with the Location ${headers['location'] ?? '(none)'}`;
}

/** Which messages have come to the render queue. */
export class Arrivals {
  readonly #rabbitmq: RabbitProbe;
  readonly #seen = new Set<unknown>();

  constructor(rabbitmq: RabbitProbe) {
    this.#rabbitmq = rabbitmq;
  }

  /** Of these jobs, those whose message has not come when it is `due`, an instant of `performance.now()`. */
  async missing(jobs: readonly string[], due: number): Promise<string[]> {
    const left = (): string[] => jobs.filter((job) => !this.#seen.has(job));
    const all = async (): Promise<boolean> => {
      await this.#look();
      return left().length === 0;
    };
    await happens(all, { within: Math.max(0, due - performance.now()), every: EVERY });
    return left();
  }

  async #look(): Promise<void> {
    for (const { json } of await this.#rabbitmq.drain(RENDER_QUEUE)) {
      this.#seen.add((json as { jobId?: unknown } | null | undefined)?.jobId);
    }
  }
}
