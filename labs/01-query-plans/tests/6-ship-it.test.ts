import {
  beforeStatement,
  eventually,
  explain,
  expect,
  judges,
  lesson,
  PgSession,
  runScript,
  TcpProxy,
} from '@backend-labs/testkit';
import { type Obstacle, openWriter, runBesideCheckout, update } from './support/checkout.ts';
import { cutOffRun } from './support/cut-off.ts';
import { test } from './support/few-orders.ts';
import { HeldBuilds } from './support/held-builds.ts';
import { expectNoObstacle } from './support/in-the-way.ts';
import { expectLines } from './support/lines.ts';
import { asText, expectSuccess, indexesOf, invalidOf, oneLine } from './support/runs.ts';

const UPDATES_A_BUILD = 50;

test('no update waits for an index to be built', judges('6.1'), async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  await using builds = await HeldBuilds.open(lease.postgres.adminUrl);
  await using writer = await openWriter(lease.postgres.url);
  let ended = false;
  const running = runScript('migrate', { run, lease }).finally(() => (ended = true));
  // Awaited below: without this, an early failure would end the process.
  running.catch(() => {});
  let obstacle: Obstacle | undefined;
  let built = 0;
  while (!obstacle) {
    const build = await eventually(
      `npm run migrate to end, or to build an index for the ${built + 1}. time`,
      async () => (await builds.held(built + 1)) ?? (ended && 'ended'),
      { within: 40_000 },
    );
    if (build === 'ended') break;
    built += 1;
    for (let id = 1; id <= UPDATES_A_BUILD && !obstacle; id += 1) {
      if (!(await update(writer, id))) obstacle = build;
    }
    await builds.release(built);
  }
  await builds[Symbol.asyncDispose]();
  await running;
  await expectNoObstacle(obstacle, 'an index was being built');
});

test(
  'no update is refused beside a transaction that stays open',
  judges('6.2'),
  async ({ run, fewOrders }) => {
    await using lease = await fewOrders();
    const { obstacle } = await runBesideCheckout(run, lease.postgres);
    await expectNoObstacle(obstacle, 'a transaction of the checkout was open');
  },
);

test('a run ends well and leaves valid indexes', judges('6.3'), async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  expectSuccess(await runScript('migrate', { run, lease }), 'npm run migrate');
  const indexes = await indexesOf(session);
  await explain(
    () => {
      expect(indexes.length, 'indexes that npm run migrate builds on orders').toBeGreaterThan(0);
    },
    () =>
      lesson('not-built', {
        observed:
          'npm run migrate ended with exit code 0 on a new database with 20,000 orders. orders has its primary key and no other index.',
        meaning:
          'A deploy takes exit code 0 for "the indexes are there", and starts a version that needs them. The table then grows, and no other step of the deploy builds what is missing.',
        lookAt:
          'whether the indexes are built by this command, and what has to be true of a database for that.',
      }),
  );
  expect(await invalidOf(session), 'indexes that are kept up to date and never read').toEqual([]);
});

test('a second run changes no index', judges('6.4'), async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  await runScript('migrate', { run, lease });
  const before = await indexesOf(session);
  const again = await runScript('migrate', { run, lease });
  const after = await indexesOf(session);
  await explain(
    () => {
      expectSuccess(again, 'a second run');
      expectLines(after.map(asText), before.map(asText), 'indexes of orders after a second run');
    },
    () => {
      const rebuilt = after.find(({ definition, oid }) =>
        before.some((index) => index.definition === definition && index.oid !== oid),
      );
      if (!rebuilt) return;
      lesson('built-again', {
        observed: `A second run of the migrations dropped an index and built it again: ${rebuilt.definition}.`,
        meaning:
          'Each deploy then reads the whole table for each index, and while one is missing its route also reads the table: the incident, once for each deploy.',
        lookAt: 'how a run knows that its work is done already.',
      });
    },
  );
});

test(
  'a run that was cut off is repaired by the next',
  judges('6.5'),
  async ({ run, fewOrders }) => {
    await using lease = await fewOrders();
    await using session = await PgSession.open(lease.postgres.adminUrl);
    await cutOffRun(run, lease);
    const left = await invalidOf(session);
    const next = await runScript('migrate', { run, lease });
    const invalid = await invalidOf(session);
    await explain(
      () => {
        expectSuccess(next, 'the run after one that was cut off');
        expect(invalid, 'indexes that are kept up to date and never read').toEqual([]);
      },
      () => {
        if (left.length === 0 || invalid.length === 0 || next.code !== 0) return;
        const broken = left.join('; ');
        lesson('half-built-index', {
          observed: `The first run lost its connection while it built an index and left it INVALID: ${broken}. The second run ended with code ${next.code}, and the index is still INVALID.`,
          meaning:
            'CREATE INDEX CONCURRENTLY works in several transactions, so a failure cannot take it all back. What stays has the name of the index, costs every write, and no query may use it; IF NOT EXISTS sees the name only.',
          lookAt:
            'what the catalogue says of an index besides its name, before you build it or pass it over.',
        });
      },
    );
  },
);

test(
  'a run that was killed behind an index is completed by the next',
  judges('6.5'),
  async ({ run, fewOrders }) => {
    await using lease = await fewOrders();
    await using session = await PgSession.open(lease.postgres.adminUrl);
    const { url } = lease.postgres;
    let built: string | undefined;
    await using proxy = await TcpProxy.to(url, () =>
      beforeStatement((sql) => {
        // What it says after an index is built never arrives.
        if (built !== undefined) return 'cut';
        if (/\bCREATE\s+INDEX\b/iu.test(sql)) built = oneLine(sql);
        return undefined;
      }),
    );
    const killed = { env: { DATABASE_URL: proxy.rewrite(url) } };
    await runScript('migrate', { run, lease: killed });
    // Its backend may still be working on its last statement.
    await eventually('the session of the run that was killed to end', async () => {
      const [left] = await session.query<{ sessions: number }>(
        `SELECT count(*)::int AS sessions FROM pg_stat_activity
          WHERE datname = current_database() AND usename = $1`,
        [lease.postgres.role],
      );
      return left?.sessions === 0;
    });

    const next = await runScript('migrate', { run, lease });
    expectSuccess(next, `the run after one that was killed behind ${built}`);
    const broken = await invalidOf(session);
    expect(broken, 'indexes that are kept up to date and never read').toEqual([]);
  },
);

test(
  'a run that leaves an index invalid does not end well',
  judges('6.6'),
  async ({ run, fewOrders }) => {
    await using lease = await fewOrders();
    await using session = await PgSession.open(lease.postgres.adminUrl);
    const cut = await cutOffRun(run, lease);
    const left = (await invalidOf(session)).join('; ');
    if (left === '') return;
    await explain(
      () => {
        expect(
          `exit code ${cut.code}`,
          `how a run ended that was cut off and left ${left} INVALID`,
        ).not.toBe('exit code 0');
      },
      () =>
        lesson('failed-in-silence', {
          observed: `A run lost its connection while it built an index and left it INVALID: ${left}. It ended with exit code 0.`,
          meaning:
            'A deploy goes on when the migration says that it went well. The new version then runs on a table without its index, and nobody looks at the log of a green deploy.',
          lookAt: 'what becomes of an error on its way to the end of the process.',
        }),
    );
  },
);
