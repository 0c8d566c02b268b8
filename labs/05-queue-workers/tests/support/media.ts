import { randomUUID } from 'node:crypto';
import {
  Double,
  type Lease,
  eventually,
  expect,
  type Patience,
  type PostgresProbe,
  type PublishOptions,
  type RabbitProbe,
  type RecordedRequest,
  type Reply,
  type RunContext,
  Service,
  TestkitError,
} from '@backend-labs/testkit';
import { expectSame } from './same.ts';

export const RENDER_QUEUE = 'media.render';
export const DEAD_QUEUE = 'media.dead';

/** Where the render queue gets its messages from. */
export const ROUTE = { exchange: 'media', routingKey: 'render' } as const;

export interface JobRow {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly outputs: number;
  readonly emails: number;
}

/** A worker, to be started with its environment. */
export function workerOf(run: RunContext, lease: Lease): Service {
  return new Service({ run, lease, script: 'worker' });
}

/** The broker's address for this lease. */
export function amqpUrl({ rabbitmq }: Pick<Lease, 'rabbitmq'>): string {
  if (rabbitmq) return rabbitmq.url;
  throw new TestkitError('NOT_LEASED', 'This lab has no rabbitmq.', 'name it in lab.yaml');
}

/** Jobs as media-api writes them, not published. */
export async function addJobs(postgres: PostgresProbe, many: number): Promise<string[]> {
  const ids = Array.from({ length: many }, () => randomUUID());
  await postgres.query(
    `INSERT INTO jobs (id, account_id, email, source)
     SELECT id, 7, 'ann@mail.test', 'cat.jpg' FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
  return ids;
}

/** Puts a message for each job into the render queue, in that order. */
export async function enqueue(rabbitmq: RabbitProbe, ids: readonly string[]): Promise<void> {
  for (const jobId of ids) await publish(rabbitmq, { jobId });
}

/** Puts a message into the render queue, which a worker has made by now. */
export async function publish(
  rabbitmq: RabbitProbe,
  body: unknown,
  options: Readonly<Partial<PublishOptions>> = {},
): Promise<void> {
  const outcome = await rabbitmq.publish(body, { ...options, routingKey: RENDER_QUEUE });
  if (outcome === 'routed') return;
  expect.fail(`There is no queue ${RENDER_QUEUE}. Where it is missing, a worker makes it.`);
}

/** As operations does: makes what somebody has deleted. */
export async function bringBack(rabbitmq: RabbitProbe): Promise<void> {
  await rabbitmq.declareExchange(ROUTE.exchange, 'direct');
  await rabbitmq.declare(RENDER_QUEUE, { durable: true, ...ROUTE });
}

/** The jobs' rows, in the order of `ids`, with what came of them. */
export function jobRows(postgres: PostgresProbe, ids: readonly string[]): Promise<JobRow[]> {
  return postgres.query<JobRow>(
    `SELECT jobs.id, state, attempts, last_error,
            (SELECT count(*)::int FROM outputs WHERE job_id = jobs.id) AS outputs,
            (SELECT count(*)::int FROM emails_sent WHERE job_id = jobs.id) AS emails
       FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place) JOIN jobs USING (id)
      ORDER BY place`,
    [ids],
  );
}

/** How many of these jobs are done. */
export async function doneOf(postgres: PostgresProbe, ids: readonly string[]): Promise<number> {
  return (await jobRows(postgres, ids)).filter(({ state }) => state === 'done').length;
}

/** Waits until all of these jobs are done. `what` completes "Waited 5,000 ms for …". */
export async function eventuallyDone(
  what: string,
  postgres: PostgresProbe,
  ids: readonly string[],
  patience: Patience = {},
): Promise<void> {
  const look = async (): Promise<boolean> => {
    expectSame(`jobs of ${ids.length} that are done`, await doneOf(postgres, ids), ids.length);
    return true;
  };
  await eventually(what, look, patience);
}

/** What came of a job, in words. */
export const told = ({ state, outputs, emails }: Omit<JobRow, 'id' | 'attempts' | 'last_error'>) =>
  `${state}, rows in outputs: ${outputs}, rows in emails_sent: ${emails}`;

/** The renderer: renders all unless told otherwise. */
export class Renderer implements AsyncDisposable {
  /** When each render began, by job, in milliseconds of `performance.now()`. */
  readonly begun = new Map<string, number[]>();
  /** Renders that were not answered yet. */
  inFlight = 0;
  /** What comes of a job's n-th render, from 1 on; may wait at a gate. */
  outcome: (jobId: string, attempt: number) => Reply | Promise<Reply> = rendered;
  readonly #double: Double;

  private constructor(double: Double) {
    this.#double = double;
    double.handler = (request) => this.#serve(request);
  }

  static async open(): Promise<Renderer> {
    return new Renderer(await Double.open(() => ({ status: 500 })));
  }

  get env(): Readonly<Record<string, string>> {
    return { RENDERER_URL: this.#double.url };
  }

  /** Renders of all jobs, or of one. */
  renders(jobId?: string): number {
    if (jobId !== undefined) return this.begun.get(jobId)?.length ?? 0;
    return this.#double.requests.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#double[Symbol.asyncDispose]();
  }

  async #serve({ json }: RecordedRequest): Promise<Reply> {
    const { jobId } = json as { jobId: string };
    const times = this.begun.get(jobId) ?? [];
    times.push(performance.now());
    this.begun.set(jobId, times);
    this.inFlight += 1;
    try {
      return await this.outcome(jobId, times.length);
    } finally {
      this.inFlight -= 1;
    }
  }
}

export const rendered = (jobId: string): Reply => ({ body: { url: `https://cdn.test/${jobId}` } });
export const broken: Reply = { status: 500, body: { error: 'out of memory' } };
