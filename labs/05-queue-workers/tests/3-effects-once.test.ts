import {
  beforeStatement,
  eventually,
  expect,
  explain,
  gate,
  happens,
  judges,
  lesson,
  type PostgresProbe,
  type RabbitProbe,
  type StartedService,
  TcpProxy,
} from '@backend-labs/testkit';
import {
  addJobs,
  broken,
  DEAD_QUEUE,
  doneOf,
  enqueue,
  eventuallyDone,
  type JobRow,
  jobRows,
  rendered,
  told,
} from './support/media.ts';
import { expectSame } from './support/same.ts';
import { WorkerSlot } from './support/worker-slot.ts';
import { idle, test as base, type WiredWorker } from './support/workers.ts';

/** Far above the time of a job that nothing delays. */
const WITHIN = { within: 10_000 };
/** The render after which a job that always fails is given up. */
const LAST_RENDER = 6;
const EFFECT = /insert\s+into\s+(?:public\.)?"?(outputs|emails_sent)\b/u;
/** A statement that asks whether the work was done. */
const CHECK = /^\s*select\b.*\b(?:outputs|emails_sent|state|finished_at|exists)\b/isu;

/** A job whose message came twice to one worker, and what came of it. */
interface Repeated {
  readonly id: string;
  readonly seen: JobRow;
}

const test = base
  .extend('env', { scope: 'file' }, ({ renderer }) => ({
    ...renderer.env,
    PREFETCH: '1',
    RETRY_DELAYS_MS: '20,20,20,20,20',
  }))
  .extend(
    'repeated',
    { scope: 'file' },
    async ({ worker, env, rabbitmq, postgres }): Promise<Repeated> => {
      await using only = await worker(env);
      const [id = ''] = await addJobs(postgres, 1);
      await deliver(rabbitmq, postgres, [id, id]);
      const seen = await row(postgres, id);
      await only.kill();
      return { id, seen };
    },
  )
  .extend('one', { scope: 'file' }, ({ wiredWorker, env, rabbitmq, cleanup }) => {
    return cleanup.use(new WorkerSlot(() => wiredWorker(env), rabbitmq));
  })
  .extend('other', { scope: 'file' }, ({ wiredWorker, env, rabbitmq, cleanup }) => {
    return cleanup.use(new WorkerSlot(() => wiredWorker(env), rabbitmq));
  })
  .extend('second', async ({ one, renderer }) => {
    renderer.outcome = rendered;
    return one.take();
  })
  .extend('third', async ({ other }) => other.take())
  /** What earlier tests of the file have shown. */
  .extend('shown', { scope: 'file' }, () => ({ oneAfterTheOther: false, redelivered: false }));

async function row(postgres: PostgresProbe, id: string): Promise<JobRow> {
  const [found] = await jobRows(postgres, [id]);
  if (!found) throw new Error(`the job ${id} is gone`);
  return found;
}

const ONCE = told({ state: 'done', outputs: 1, emails: 1 });

function diagnoseHalf(seen: Pick<JobRow, 'outputs' | 'emails'>, what: string): void {
  if (seen.outputs !== 1 || seen.emails < 2) return;
  lesson('one-effect-guarded', {
    observed: `${what}: the job has ${seen.outputs} output and ${seen.emails} e-mails.`,
    meaning:
      'The database refused the second output, and the code went on to the e-mail as if it had been the first. An answer that says that the work is already done helps only code that looks at it.',
    lookAt: 'what else must not happen if the deciding write did not.',
  });
}

/** Throws a lesson when a job that was done was made to fail after that. */
function diagnoseFailedOverDone(state: string, dead: readonly string[]): void {
  if (state === 'done' && dead.length === 0) return;
  lesson('failed-over-done', {
    observed: `A job was done. Then another try of it failed, which had begun before. Its state is ${state} now, and ${dead.length} of its messages are in ${DEAD_QUEUE}.`,
    meaning:
      'A failure is about one try, not about the job. Between the start of the try and its failure, another worker may have done the job. If the failure is written without a check, it wins because it comes last.',
    lookAt: 'the state that the job must still have when its failure is written.',
  });
}

/** Sends these messages and then one of another job, and waits until that is done. */
async function deliver(
  rabbitmq: RabbitProbe,
  postgres: PostgresProbe,
  ids: readonly string[],
): Promise<void> {
  const last = await addJobs(postgres, 1);
  await enqueue(rabbitmq, [...ids, ...last]);
  // A worker handles them one by one, so the messages before it are settled.
  await eventuallyDone('a later job to be done', postgres, last, WITHIN);
}

/** Does a job as another worker would. `false` when somebody holds its row. */
async function doneByAnother(postgres: PostgresProbe, id: string): Promise<boolean> {
  const done = await postgres.query(
    `WITH free AS (SELECT id, email FROM jobs WHERE id = $1 FOR UPDATE SKIP LOCKED),
          output AS (INSERT INTO outputs (job_id, url) SELECT id, 'https://cdn.test/' || id FROM free),
          email AS (INSERT INTO emails_sent (job_id, address) SELECT id, email FROM free)
     UPDATE jobs SET state = 'done', attempts = 1, finished_at = now()
       FROM free WHERE jobs.id = free.id
  RETURNING jobs.id`,
    [id],
  );
  return done.length > 0;
}

/** How often workers have settled a message. */
function settled(...workers: readonly WiredWorker[]): number {
  return workers.reduce((sum, { wire }) => sum + wire.settled, 0);
}

/** Sessions of the service that wait for a lock. */
async function waiting(postgres: PostgresProbe): Promise<number> {
  const pids = await postgres.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return pids.length;
}

/** Waits for what may not come; the verdict does not depend on it. */
async function atMost(look: () => Promise<boolean>): Promise<void> {
  await happens(look, { within: 2_000 });
}

test(
  'a message that comes twice to one worker has one effect',
  judges('3.1'),
  async ({ repeated: { seen } }) => {
    await explain(
      () => {
        expectSame('a job whose message came twice, one after the other', told(seen), ONCE);
      },
      () => diagnoseHalf(seen, 'A message was delivered twice, one after the other'),
    );
  },
);

test(
  'a message that comes again to another worker has no effect',
  judges('3.2'),
  async ({ second, repeated: { id, seen: before }, shown, rabbitmq, postgres }) => {
    const settledBefore = settled(second);
    await deliver(rabbitmq, postgres, [id]);
    await eventually(
      'both messages to be acknowledged',
      () => settled(second) >= settledBefore + 2,
      WITHIN,
    );
    const after = await row(postgres, id);
    const gained = {
      state: after.state,
      outputs: 1 + after.outputs - before.outputs,
      emails: 1 + after.emails - before.emails,
    };
    await explain(
      () => {
        expectSame('a job whose message came again when it was done', told(gained), ONCE);
      },
      () => {
        diagnoseHalf(gained, 'The message of a job that was done came again');
        if (before.outputs !== 1 || before.emails !== 1 || after.outputs === 1) return;
        lesson('dedupe-in-memory', {
          observed: `One worker got a message twice and made ${before.outputs} output. Then another worker got it, and now there are ${after.outputs} outputs and ${after.emails} e-mails.`,
          meaning:
            'Only the first worker remembered the job. Another worker, or the same one after a restart, knows nothing about it. And most messages come twice because the first worker is gone.',
          lookAt: 'a place that all workers share, and that changes together with the effect.',
        });
      },
    );
    shown.oneAfterTheOther = before.outputs === 1;
  },
);

test(
  'a worker that dies between its work and its acknowledgement leaves no second effect',
  judges('3.4'),
  async ({ second, third, shown, rabbitmq, postgres }) => {
    const [id = ''] = await addJobs(postgres, 1);
    await Promise.all([idle(second), idle(third)]);
    let killed = false;
    for (const { wire, service } of [second, third]) {
      wire.before = async ({ name }, direction) => {
        if (killed || direction !== 'toServer' || name !== 'basic.ack') return;
        killed = true;
        await service.kill();
        return 'cut';
      };
    }
    const before = settled(second, third);
    await enqueue(rabbitmq, [id]);
    await eventually('the message to be acknowledged by one worker, and again by the other', () => {
      return settled(second, third) >= before + 2;
    });
    const seen = await row(postgres, id);
    expectSame('a job whose first worker died before its ack', told(seen), ONCE);
    shown.redelivered = true;
  },
);

test(
  'a worker that dies between the output and the e-mail loses neither',
  judges('3.5'),
  async ({ one, other, env, lease, worker, wiredWorker, rabbitmq, postgres }) => {
    await Promise.all([one.rest(), other.rest()]);
    const { url = '' } = lease.postgres ?? {};
    const doomed: { worker?: StartedService; table?: string; killed: boolean } = { killed: false };
    await using proxy = await TcpProxy.to(url, () =>
      beforeStatement(async (sql) => {
        const [, table] = EFFECT.exec(sql.toLowerCase()) ?? [];
        if (doomed.killed) return 'cut';
        if (table === undefined) return;
        doomed.table ??= table;
        if (doomed.table === table) return;
        doomed.killed = true;
        await doomed.worker?.kill();
        return 'cut';
      }),
    );
    doomed.worker = await worker({ ...env, DATABASE_URL: proxy.rewrite(url) });
    await using _doomed = doomed.worker;
    const [id = ''] = await addJobs(postgres, 1);
    await enqueue(rabbitmq, [id]);
    await eventually('the job to be done, or half done', async () => {
      const done = doomed.killed || (await doneOf(postgres, [id])) === 1;
      expect(done, 'whether its worker was killed between the two, or has done it').toBe(true);
      return true;
    });
    const half = await row(postgres, id);
    await doomed.worker.kill();
    await using next = await wiredWorker(env);
    if (doomed.killed)
      await eventually('another worker to settle the message', () => settled(next));
    const seen = await row(postgres, id);
    await explain(
      () => {
        expectSame('a job whose worker died between its two effects', told(seen), ONCE);
      },
      () => {
        if (!doomed.killed || half.outputs + half.emails !== 1) return;
        if (seen.outputs > 0 && seen.emails > 0) return;
        lesson('effects-apart', {
          observed: `A worker was killed between its two writes. At that moment, the job had ${half.outputs} output and ${half.emails} e-mails. After another worker got the message, it has ${seen.outputs} and ${seen.emails}.`,
          meaning:
            'The first write was committed alone, and the next worker takes it for a finished job. Nobody makes the second write any more.',
          lookAt: 'which writes must be there together or not at all.',
        });
      },
    );
  },
);

test(
  'a message that comes again is not a failure, even if the renderer is broken',
  judges('3.6'),
  async ({ second: _second, renderer, rabbitmq, postgres }) => {
    const [id = ''] = await addJobs(postgres, 1);
    await deliver(rabbitmq, postgres, [id]);
    const renders = renderer.renders(id);
    await rabbitmq.drain(DEAD_QUEUE);
    renderer.outcome = (job) => (job === id ? broken : rendered(job));
    await deliver(rabbitmq, postgres, [id]);
    const dead: string[] = [];
    const buried = async (): Promise<boolean> => {
      const texts = (await rabbitmq.drain(DEAD_QUEUE)).map(({ text }) => text);
      dead.push(...texts.filter((text) => text.includes(id)));
      return dead.length > 0;
    };
    // A worker that renders it again may need more tries before it gives up.
    if (renderer.renders(id) > renders) await atMost(buried);
    else await buried();
    const { state } = await row(postgres, id);
    await explain(
      () => {
        const what =
          'state of a job that is done, whose message came again when the renderer was broken';
        expectSame(what, state, 'done');
        expectSame(`its messages in ${DEAD_QUEUE}`, dead, []);
      },
      () => diagnoseFailedOverDone(state, dead),
    );
  },
);

test(
  'a job that another worker did stays done when its sixth try fails',
  judges('3.7'),
  async ({ second, renderer, rabbitmq, postgres }) => {
    const [beaten = ''] = await addJobs(postgres, 1);
    await idle(second);
    const late = { done: false, settled: Number.POSITIVE_INFINITY };
    renderer.outcome = async (job, attempt) => {
      if (job !== beaten) return rendered(job);
      if (attempt === LAST_RENDER) {
        late.done = await doneByAnother(postgres, beaten);
        late.settled = settled(second);
      }
      return broken;
    };
    await enqueue(rabbitmq, [beaten]);
    // Another test judges a worker that gives a job up earlier.
    await happens(() => settled(second) > late.settled, WITHIN);
    const dead = (await rabbitmq.drain(DEAD_QUEUE))
      .map(({ text }) => text)
      // Whose row was held by its worker could not be done by another, and is given up.
      .filter((text) => late.done && text.includes(beaten));
    const { state } = await row(postgres, beaten);
    await explain(
      () => {
        const by =
          'state of a job that another worker did while its sixth try, which failed, was under way';
        if (late.done) expectSame(by, state, 'done');
        expectSame(`its messages in ${DEAD_QUEUE}`, dead, []);
      },
      () => diagnoseFailedOverDone(state, dead),
    );
  },
);

test(
  'two workers with the same message at the same time have one effect',
  judges('3.3'),
  async ({ second, third, shown, renderer, rabbitmq, postgres }) => {
    const [id = ''] = await addJobs(postgres, 1);
    using both = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
    renderer.outcome = async (job) => {
      await both.arrive();
      return rendered(job);
    };
    await Promise.all([idle(second), idle(third)]);
    const before = settled(second, third);
    const { statements } = await postgres.measure(async () => {
      await enqueue(rabbitmq, [id, id]);
      // One of them may have to wait for the other in the database, before it renders.
      await both.reached(1);
      await atMost(
        async () =>
          both.arrived >= 2 || settled(second, third) > before || (await waiting(postgres)) > 0,
      );
      // Neither can write until both have looked: each of their rows refers to the job's row, or changes it.
      // A lock on the tables would have them wait before they look.
      await using lock = await postgres.session('administrator');
      await lock.query('BEGIN');
      // A worker that keeps it locked while it renders needs no help in taking turns.
      await lock.query('SELECT id FROM jobs WHERE id = $1 FOR UPDATE SKIP LOCKED', [id]);
      both.open();
      await atMost(async () => (await waiting(postgres)) >= 2 || settled(second, third) > before);
      await lock.query('COMMIT');
      await eventually('both messages to be settled', () => settled(second, third) >= before + 2);
    });
    renderer.outcome = rendered;
    const seen = await row(postgres, id);
    await explain(
      () => {
        expectSame('a job whose message two workers had at the same time', told(seen), ONCE);
      },
      () => {
        diagnoseHalf(seen, 'Two workers had the message at the same time');
        if (seen.outputs > 1 && shown.redelivered && !shown.oneAfterTheOther) {
          lesson('redelivered-only', {
            observed: `A worker died before its acknowledgement, the broker delivered the message again, and the job was done once. Two workers had two messages of one job, neither of them redelivered: there are ${seen.outputs} outputs.`,
            meaning:
              '"redelivered" is about one message that the broker has delivered before. A publisher that did not get its confirm, or an operator who moves messages, makes another message of the same job, and that one comes for the first time.',
            lookAt: 'the value that two messages of one job have in common.',
          });
        }
        const check = statements.find(({ query, calls }) => CHECK.test(query) && calls >= 2);
        if (seen.outputs < 2 || !check || !shown.oneAfterTheOther) return;
        lesson('check-then-insert', {
          observed: `Two workers had the same message. Each asked whether it was done ("${check.query.replaceAll(/\s+/gu, ' ').slice(0, 80)}…"), and both made an output: there are ${seen.outputs}, and ${seen.emails} e-mails.`,
          meaning:
            'Both workers asked before either had written. Both got the answer no, and both were right. By the time a worker writes, its read may be out of date.',
          lookAt:
            'something that can decide, at the moment of the write, which of two workers is the first.',
        });
      },
    );
  },
);

test(
  'a job that another worker did stays done when an earlier try fails',
  judges('3.7'),
  async ({ second, other, renderer, rabbitmq, postgres }) => {
    await other.rest();
    const [beaten = ''] = await addJobs(postgres, 1);
    await idle(second);
    using again = gate(Number.POSITIVE_INFINITY, { opens: 'by hand' });
    const late = { done: false, settled: Number.POSITIVE_INFINITY };
    renderer.outcome = async (job, attempt) => {
      if (job !== beaten) return rendered(job);
      if (attempt === 1) {
        late.done = await doneByAnother(postgres, beaten);
        late.settled = settled(second);
        return broken;
      }
      // A worker that tries it again has not done it when the test looks.
      await again.arrive();
      return rendered(job);
    };
    await enqueue(rabbitmq, [beaten]);
    await happens(() => settled(second) > late.settled, WITHIN);
    const { state } = await row(postgres, beaten);
    again.open();
    await explain(
      () => {
        const by =
          'state of a job that another worker did while its first try, which failed, was under way';
        if (late.done) expectSame(by, state, 'done');
      },
      () => diagnoseFailedOverDone(state, []),
    );
  },
);
