import {
  Draw,
  type Gate,
  gate,
  happens,
  type Published,
  type RabbitProbe,
} from '@backend-labs/testkit';
import { addJobs, enqueue, RENDER_QUEUE, Renderer, rendered, ROUTE } from './media.ts';
import { test as base, type WiredWorker } from './workers.ts';

/** Until a worker that takes as many jobs as it may has them all at its renderer. */
const BUSY_WITHIN = 5_000;
/** Until the broker has handed out what a second worker may have. */
const HANDED_WITHIN = 2_000;

/** A worker with a renderer of its own, which answers nothing until `held` opens. */
interface Busy extends WiredWorker {
  readonly renderer: Renderer;
  readonly held: Gate;
}

/** Two workers, one after the other, and more jobs than both may have. */
export interface Crowd {
  readonly prefetch: number;
  readonly jobs: readonly string[];
  readonly first: Busy;
  readonly second: Busy;
  /** What came of a message that was sent as media-api sends it. */
  readonly published: Published;
  /** Jobs at the renderer of the first, and messages left in the queue, before the second started. */
  readonly atWork: number;
  readonly leftByFirst: number;
  readonly leftByBoth: number;
}

/** `test` with the `crowd`, in a vhost that was empty. */
export const test = base
  .extend(
    'busyWorker',
    { scope: 'file' },
    ({ wiredWorker, cleanup }) =>
      async (prefetch: number) => {
        const held = cleanup.use(gate(Number.POSITIVE_INFINITY, { opens: 'by hand' }));
        const renderer = cleanup.use(await Renderer.open());
        renderer.outcome = async (id) => {
          await held.arrive();
          return rendered(id);
        };
        const worker = cleanup.use(
          await wiredWorker({ ...renderer.env, PREFETCH: String(prefetch) }),
        );
        return { ...worker, renderer, held };
      },
  )
  .extend('crowd', { scope: 'file' }, async ({ run, file, busyWorker, rabbitmq, postgres }) => {
    return file.once('crowd', async (): Promise<Crowd> => {
      // Not the default, which a worker may have learned by heart; and more than its pool has connections.
      const prefetch = new Draw(run.seed, 'prefetch').int(11, 14);
      const jobs = await addJobs(postgres, 2 * prefetch + 2);
      const first = await busyWorker(prefetch);
      const published = await send(rabbitmq, jobs);
      await happens(() => first.held.arrived >= prefetch, { within: BUSY_WITHIN });
      const atWork = first.renderer.inFlight;
      // The queue hands out every message that it may before it answers how many are left.
      const leftByFirst = await left(rabbitmq);
      const second = await busyWorker(prefetch);
      const due = jobs.length - 2 * prefetch;
      await happens(async () => (await left(rabbitmq)) <= due, { within: HANDED_WITHIN });
      const leftByBoth = await left(rabbitmq);
      return { prefetch, jobs, first, second, published, atWork, leftByFirst, leftByBoth };
    });
  });

async function send(rabbitmq: RabbitProbe, jobs: readonly string[]): Promise<Published> {
  const [first = '', ...others] = jobs;
  const outcome = await rabbitmq.publish({ jobId: first }, ROUTE);
  await enqueue(rabbitmq, outcome === 'routed' ? others : jobs);
  return outcome;
}

async function left(rabbitmq: RabbitProbe): Promise<number> {
  return (await rabbitmq.queue(RENDER_QUEUE))?.ready ?? 0;
}
