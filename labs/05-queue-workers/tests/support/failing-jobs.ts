import { setTimeout as sleep } from 'node:timers/promises';
import {
  Draw,
  happens,
  type PostgresProbe,
  RabbitProbe,
  type RabbitMessage,
  TcpProxy,
} from '@backend-labs/testkit';
import { diagnoseRefusal } from './diagnose-retries.ts';
import { Ledger } from './ledger.ts';
import {
  DELAYS,
  FIRST_TRY_TAKES,
  FOREIGN_ATTEMPTS,
  FOREIGN_DEATHS,
  FOR_EVER,
  type Life,
  SENDERS_EXPIRATION,
  TRIES,
  WITHIN,
} from './lives.ts';
import {
  addJobs,
  broken,
  DEAD_QUEUE,
  type JobRow,
  jobRows,
  publish,
  RENDER_QUEUE,
  Renderer,
  rendered,
} from './media.ts';
import { WorkerSlot } from './worker-slot.ts';
import { test as base } from './workers.ts';

/**
 * As the broker writes it when messages come back from a waiting queue. Its versions before 4 go on
 * counting from it, and 4 does not: a worker that counts in it gives the job up immediately with both.
 */
const X_DEATH = [
  {
    count: { '!': 'long', value: FOREIGN_DEATHS },
    reason: 'expired',
    queue: `media.retry.${DELAYS[0]}`,
    time: { '!': 'timestamp', value: 1_700_000_000 },
    exchange: '',
    'routing-keys': [`media.retry.${DELAYS[0]}`],
  },
];

/**
 * `test` with
 *
 * - `quick`: a worker whose delays are short, in a vhost that was empty; its way to Postgres is `database`
 * - `lives`: jobs that always fail, which `quick` had; one message came with somebody else's count, and
 *   one with `oddBytes`
 * - `production`: a vhost as it is when this is deployed: with the queue, and a job in it
 * - `patient`: a worker there, whose first delay is short and whose others last for ever, with a
 *   renderer of its own, `studio`; its way to Postgres is `ledger`
 */
export const test = base
  .extend('database', { scope: 'file' }, async ({ lease, cleanup }) => {
    return cleanup.use(await TcpProxy.to(lease.postgres?.url ?? ''));
  })
  .extend(
    'quicks',
    { scope: 'file' },
    ({ lease, database, wiredWorker, renderer, rabbitmq, cleanup }) => {
      const env = {
        ...renderer.env,
        DATABASE_URL: database.rewrite(lease.postgres?.url ?? ''),
        PREFETCH: '1',
        RETRY_DELAYS_MS: DELAYS.join(','),
      };
      return cleanup.use(new WorkerSlot(() => wiredWorker(env, diagnoseRefusal), rabbitmq));
    },
  )
  .extend('production', { scope: 'file' }, async ({ run, stack, postgres, cleanup }) => {
    const lease = cleanup.use(await stack.lease({ lab: run.lab, servers: ['rabbitmq'] }));
    const rabbitmq = cleanup.use(await RabbitProbe.of(lease));
    await rabbitmq.declare(RENDER_QUEUE, { durable: true });
    const [waiting = ''] = await addJobs(postgres, 1);
    await publish(rabbitmq, { jobId: waiting });
    return { lease, rabbitmq, waiting };
  })
  .extend('studio', { scope: 'file' }, async ({ cleanup }) => cleanup.use(await Renderer.open()))
  .extend('ledger', { scope: 'file' }, async ({ lease, cleanup }) => {
    return cleanup.use(await Ledger.open(lease.postgres?.url ?? ''));
  })
  .extend(
    'patientEnv',
    { scope: 'file' },
    ({ studio, ledger }): Readonly<Record<string, string>> => ({
      ...studio.env,
      ...ledger.env,
      PREFETCH: '1',
      RETRY_DELAYS_MS: `50,${[FOR_EVER, FOR_EVER, FOR_EVER, FOR_EVER].join(',')}`,
    }),
  )
  .extend(
    'patients',
    { scope: 'file' },
    ({ wiredWorker, patientEnv, production: { lease, rabbitmq }, cleanup }) => {
      const start = () => wiredWorker(patientEnv, diagnoseRefusal, lease);
      return cleanup.use(new WorkerSlot(start, rabbitmq));
    },
  )
  // One at a time: a worker that keeps what waits in Postgres would send what the other keeps there.
  .extend('quick', async ({ quicks, patients, renderer, onTestFailed }) => {
    onTestFailed(() => quicks.spoil());
    await patients.rest();
    renderer.outcome = rendered;
    return quicks.take();
  })
  .extend('patient', async ({ patients, quicks, studio, ledger, onTestFailed }) => {
    onTestFailed(() => patients.spoil());
    ledger.before = () => {};
    await quicks.rest();
    studio.outcome = rendered;
    return patients.take();
  })
  .extend(
    'firstLives',
    { scope: 'file' },
    async ({ file, run, quicks, renderer, rabbitmq, postgres }) => {
      return file.once('lives', async () => {
        const worker = await quicks.take();
        const draw = new Draw(run.seed, 'lives');
        const headers = {
          'x-request-id': `r-${draw.word()}`,
          'x-sender': { host: draw.word() },
          'x-tags': [draw.word(), draw.word()],
          'x-death': X_DEATH,
        };
        const [clean = '', foreign = '', odd = ''] = await addJobs(postgres, 3);
        const sent = [
          { id: clean, headers, expiration: SENDERS_EXPIRATION },
          // Without one: it may have to wait for the other.
          { id: foreign, headers: { ...headers, 'x-attempts': FOREIGN_ATTEMPTS } },
        ].map((one) => ({ ...one, body: oddly(one.id) }));
        const oddBytes = notUtf8(odd);
        const failed = new Map<string, number[]>();
        renderer.outcome = async (id, attempt) => {
          if (![clean, foreign, odd].includes(id)) return rendered(id);
          if (id === clean && attempt === 1) await sleep(FIRST_TRY_TAKES);
          failed.set(id, [...(failed.get(id) ?? []), performance.now()]);
          return broken;
        };
        worker.wire.clear();
        for (const { id: _id, body, ...options } of sent) {
          await publish(rabbitmq, body, { ...options, persistent: false });
        }
        await publish(rabbitmq, oddBytes, { persistent: false });
        const dead = await untilGivenUp([clean, foreign, odd], renderer, rabbitmq);
        const [one, other] = await Promise.all(
          sent.map(async ({ id, body, headers: own }): Promise<Life> => {
            const buried = dead.filter(({ text }) => text.includes(id));
            const row = buried.length > 0 ? await settledRow(postgres, id) : undefined;
            return {
              id,
              body,
              headers: own,
              begun: renderer.begun.get(id) ?? [],
              failed: failed.get(id) ?? [],
              dead: buried,
              row,
            };
          }),
        );
        if (!one || !other) throw new TypeError('two lives were begun');
        return {
          clean: one,
          foreign: other,
          odd: { bytes: oddBytes, dead: dead.filter(({ text }) => text.includes(odd)) },
          wire: worker.wire,
          published: [...worker.wire.published],
        };
      });
    },
  )
  .extend('lives', async ({ firstLives, quicks, onTestFailed }) => {
    onTestFailed(() => quicks.spoil());
    return firstLives;
  });

/** Not as JSON.stringify writes it, to see it come out as it went in. */
function oddly(id: string): string {
  return `{ "jobId": "${id}" }`;
}

/** JSON but for two bytes that no program reads as text: it may be tried, or be "not JSON". */
function notUtf8(id: string): Buffer {
  const [before, after] = [Buffer.from(`{ "jobId": "${id}", "note": "`), Buffer.from('" }')];
  return Buffer.concat([before, Buffer.from([0xff, 0xfe]), after]);
}

/** After so many ms without another try or message nothing more is to come. */
const SILENCE = Math.max(...DELAYS) + WITHIN + 1_000;

/**
 * What comes to media.dead until all of these jobs are given up, or one is tried more than `most`
 * times, or nothing happens any more.
 */
export async function untilGivenUp(
  ids: readonly string[],
  renderer: Renderer,
  rabbitmq: RabbitProbe,
  most: number = TRIES,
): Promise<RabbitMessage[]> {
  const dead: RabbitMessage[] = [];
  let [seen, since] = [0, performance.now()];
  const look = async (): Promise<boolean> => {
    dead.push(...(await rabbitmq.drain(DEAD_QUEUE)));
    const tries = ids.map((id) => renderer.renders(id));
    const now = tries.reduce((sum, each) => sum + each, dead.length);
    if (now > seen) [seen, since] = [now, performance.now()];
    const buried = ids.every((id) => dead.some(({ text }) => text.includes(id)));
    return buried || tries.some((each) => each > most) || performance.now() - since > SILENCE;
  };
  await happens(look, { within: 100_000 });
  return dead;
}

/** The row of a job that was given up, when it says so, otherwise as it is. */
export async function settledRow(postgres: PostgresProbe, id: string): Promise<JobRow | undefined> {
  let row: JobRow | undefined;
  const failed = async (): Promise<boolean> => {
    [row] = await jobRows(postgres, [id]);
    return row?.state === 'failed';
  };
  await happens(failed, { within: WITHIN });
  return row;
}
