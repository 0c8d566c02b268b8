import {
  eventually,
  expect,
  explain,
  happens,
  type RabbitMessage,
  type RabbitProbe,
} from '@backend-labs/testkit';
import { diagnoseOwnExpiration } from './diagnose-retries.ts';
import { FOR_EVER, TRIES, WITHIN } from './lives.ts';
import {
  broken,
  DEAD_QUEUE,
  type JobRow,
  publish,
  type Renderer,
  rendered,
  told,
} from './media.ts';
import { expectSame } from './same.ts';
import { idle, type WiredWorker } from './workers.ts';

/** Until a worker has let go of what it does not work on, in ms. */
const LETS_GO_WITHIN = 5_000;

/** The row of a job that was given up. */
export function isGivenUp(row: JobRow | undefined): void {
  if (!row) expect.fail('The job was not given up.');
  expectSame('its row', told(row), told({ state: 'failed', outputs: 0, emails: 0 }));
  expectSame('its attempts', row.attempts, TRIES);
  expect(row.last_error, 'its last_error').toMatch(/./u);
}

/** A message in media.dead, after so many tries. */
export function liesWell(message: RabbitMessage | undefined, tries: number): void {
  const lies = `of the message in ${DEAD_QUEUE}`;
  expectSame(`header x-attempts ${lies}, a number`, message?.headers['x-attempts'], tries);
  expect(message?.headers['x-last-error'], `header x-last-error ${lies}`).toMatch(/./u);
  expect(message?.persistent, `whether the message in ${DEAD_QUEUE} is persistent`).toBe(true);
  expectSame(`expiration ${lies}`, message?.properties.expiration, undefined);
}

/** As an operator does, with all of its headers. One that is lost is sent as it was first. */
export async function moveBack(
  rabbitmq: RabbitProbe,
  message: RabbitMessage | undefined,
  body: string,
  headers: Readonly<Record<string, unknown>>,
): Promise<void> {
  await publish(rabbitmq, message?.bytes ?? body, message?.properties ?? { headers });
}

/** Has a job fail twice, so that it waits longer than any test. */
export async function waitsForItsThirdTry(
  job: string,
  worker: WiredWorker,
  studio: Renderer,
  rabbitmq: RabbitProbe,
): Promise<void> {
  studio.outcome = (id) => (id === job ? broken : rendered(id));
  await idle(worker);
  worker.wire.clear();
  // A message that is not persistent itself: its retries are.
  await publish(rabbitmq, { jobId: job }, { persistent: false });
  const look = (): boolean => {
    expect(studio.renders(job), 'renders of that job').toBeGreaterThanOrEqual(2);
    return true;
  };
  await explain(
    async () => {
      await eventually('the second try of a job', look, { within: WITHIN });
    },
    () => {
      if (studio.renders(job) === 1) diagnoseOwnExpiration(worker.wire, FOR_EVER, WITHIN);
    },
  );
  // What it has in its hands now, it keeps.
  await happens(() => worker.wire.held <= 0, { within: LETS_GO_WITHIN });
  worker.wire.clear();
}
