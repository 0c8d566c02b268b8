import { eventually, explain, expect, judges, type StartedService } from '@backend-labs/testkit';
import { test } from './support/crowd.ts';
import {
  diagnoseCancelled,
  diagnoseHalfTopology,
  diagnoseOneByOne,
  diagnoseTooMany,
} from './support/diagnose-consuming.ts';
import {
  addJobs,
  bringBack,
  doneOf,
  enqueue,
  eventuallyDone,
  RENDER_QUEUE,
} from './support/media.ts';
import { expectSame } from './support/same.ts';

/** The ticket's bound, in ms. */
const WITHIN = { within: 10_000 };

test(
  'a worker makes the exchange and the queue on an empty broker',
  judges('1.5'),
  async ({ crowd: { published, first } }) => {
    await explain(
      () => expectSame('a message to the exchange media with the key render', published, 'routed'),
      () => diagnoseHalfTopology(first.wire, published),
    );
  },
);

test(
  'a worker works on PREFETCH jobs at the same time',
  judges('1.2'),
  async ({ crowd: { prefetch, first, atWork } }) => {
    await explain(
      () => {
        expect(atWork, `jobs at the renderer, with PREFETCH=${prefetch}`).toBeGreaterThanOrEqual(
          prefetch,
        );
      },
      () => diagnoseOneByOne(first.wire, atWork),
    );
  },
);

test(
  'a worker holds PREFETCH messages and leaves the rest',
  judges('1.1'),
  async ({ crowd: { prefetch, jobs, first, leftByFirst } }) => {
    const sent = jobs.length - leftByFirst;
    const held = `Of ${jobs.length} jobs a worker with PREFETCH=${prefetch} was sent ${sent} while none was finished`;
    await explain(
      () => {
        expect(sent, `${held}; jobs sent to it`).toBeLessThanOrEqual(prefetch);
      },
      () => diagnoseTooMany(first.wire, held, first.renderer),
    );
  },
);

test(
  'a second worker holds as many',
  judges('1.1'),
  async ({ crowd: { prefetch, jobs, first, second, leftByBoth } }) => {
    const sent = jobs.length - leftByBoth;
    const held = `Of ${jobs.length} jobs two workers with PREFETCH=${prefetch} were sent ${sent} while none was finished`;
    await explain(
      () => {
        expect(sent, `${held}; jobs sent to both`).toBeLessThanOrEqual(2 * prefetch);
      },
      () => {
        diagnoseTooMany(first.wire, held, first.renderer);
        diagnoseTooMany(second.wire, held, second.renderer);
      },
    );
  },
);

test(
  'jobs of a worker that is killed are done by another',
  judges('1.3'),
  async ({ crowd: { jobs, first, second }, postgres }) => {
    await first.service.kill();
    first.held.open();
    second.held.open();
    await explain(
      () => eventuallyDone('all jobs to be done by another worker', postgres, jobs, WITHIN),
      () =>
        diagnoseTooMany(
          first.wire,
          `A worker was killed with jobs in its hands, none finished, and ${jobs.length} were to be done`,
          first.renderer,
        ),
    );
  },
);

test(
  'a worker that loses its connection takes jobs again, or ends',
  judges('1.4'),
  async ({ crowd: { second } }) => {
    second.held.open();
    const consumers = second.wire.count('basic.consume');
    second.wire.cut();
    await eventually(
      'a worker whose connection broke to take jobs again, or to end',
      () => {
        const idle = second.service.running && second.wire.count('basic.consume') <= consumers;
        expectSame('what it did', idle ? 'neither' : 'one', 'one');
        return true;
      },
      WITHIN,
    );
    await endedBadly(second.service, 'A worker whose connection broke');
  },
);

test(
  'a worker whose queue was deleted takes jobs again, or ends',
  judges('1.4'),
  async ({ crowd: { prefetch, second }, busyWorker, rabbitmq, postgres }) => {
    const worker = second.service.running ? second : await busyWorker(prefetch);
    worker.held.open();
    await rabbitmq.deleteQueue(RENDER_QUEUE);
    await bringBack(rabbitmq);
    const after = await addJobs(postgres, 1);
    await enqueue(rabbitmq, after);
    const look = async (): Promise<boolean> => {
      const idle = worker.service.running && (await doneOf(postgres, after)) === 0;
      expectSame('what it did', idle ? 'neither' : 'one', 'one');
      return true;
    };
    await explain(
      async () => {
        await eventually(
          `a worker whose ${RENDER_QUEUE} was deleted, and is back, to take jobs again, or to end`,
          look,
          WITHIN,
        );
        await endedBadly(worker.service, `A worker whose ${RENDER_QUEUE} was deleted`);
      },
      () => diagnoseCancelled(worker.wire),
    );
  },
);

/** A worker may end when it loses the broker, if its exit code says so. */
async function endedBadly(service: StartedService, who: string): Promise<void> {
  if (service.running) return;
  const { code } = await service.exited;
  if (code === 0) expect.fail(`${who} ended with exit code 0, expected another.`);
}
