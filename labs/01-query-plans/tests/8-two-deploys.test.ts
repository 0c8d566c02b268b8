import { explain, expect, judges, lesson, PgSession, runScript } from '@backend-labs/testkit';
import { runBesideCheckout } from './support/checkout.ts';
import { cutOffRun } from './support/cut-off.ts';
import { test } from './support/few-orders.ts';
import { expectNoObstacle } from './support/in-the-way.ts';
import { expectLines } from './support/lines.ts';
import { expectSuccess, indexesOf } from './support/runs.ts';
import { twoRuns } from './support/two-runs.ts';

test('two runs at the same time both end well', judges('8.1'), async ({ run, fewOrders }) => {
  await using lease = await fewOrders();
  const { first, second } = await twoRuns(run, lease);
  await explain(
    () => {
      expectSuccess(first, 'npm run migrate, with a second run started beside it');
      if (second) expectSuccess(second, 'a second run, started while the first built an index');
    },
    () => {
      const said = [first, second].flatMap((one) => [
        ...(one?.stdout ?? []),
        ...(one?.stderr ?? []),
      ]);
      const error = said.find((line) =>
        /already exists|deadlock detected|tuple concurrently|duplicate key/u.test(line),
      );
      if (error === undefined) return;
      lesson('two-at-once', {
        observed: `Two runs were started at the same time. One of them ended with an error: ${error.trim()}`,
        meaning:
          'Each looked for what is missing before the other had made it, or each waited for the other. Two deploys do that on any day on which two people merge.',
        lookAt:
          'how a run can know that another is at work, and what it keeps open while it waits.',
      });
    },
  );
});

const isInvalid = (index: string): boolean => index.includes('INVALID');

test(
  'a run that ends well beside another leaves every index valid',
  judges('8.2'),
  async ({ run, fewOrders }) => {
    await using lease = await fewOrders();
    const { second, early, all } = await twoRuns(run, lease);
    if (early && second?.code === 0) {
      await explain(
        () => {
          const when = 'indexes when the second run ended with exit code 0, before the first';
          expectLines(early, all, when);
        },
        () => {
          if (early.length >= all.length && !early.some(isInvalid)) return;
          lesson('ended-too-early', {
            observed: `A second run ended with exit code 0 while the first was still building. orders had ${early.length} of ${all.length} indexes, ${early.filter(isInvalid).length} of them INVALID.`,
            meaning:
              'The second deploy takes exit code 0 for "the table is ready", and starts a version that needs the indexes. If the first run fails then, nobody builds them.',
            lookAt: 'what a run may say when another is doing its work.',
          });
        },
      );
    }
    const broken = all.filter(isInvalid);
    expect(broken, 'indexes that two runs at the same time left INVALID').toEqual([]);
  },
);

test(
  'no update is refused while a run repairs what another left',
  judges('8.3'),
  async ({ run, fewOrders }) => {
    await using lease = await fewOrders();
    await cutOffRun(run, lease);
    const { obstacle } = await runBesideCheckout(run, lease.postgres);
    await expectNoObstacle(
      obstacle,
      'a transaction of the checkout was open and the run repaired what another had left',
    );
  },
);

test('an index of somebody else is left alone', judges('8.4'), async ({ draw, run, fewOrders }) => {
  await using lease = await fewOrders();
  await using session = await PgSession.open(lease.postgres.adminUrl);
  const [valid, building] = [`orders_${draw.word()}`, `orders_${draw.word()}`];
  // As far as the catalogue knows, the second is being built all the time.
  await session.query(
    `CREATE INDEX ${valid} ON orders (customer_id, total_cents);
     CREATE INDEX ${building} ON orders (customer_id);
     UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${building}'::regclass`,
  );
  const names = [valid, building];
  const before = await indexesOf(session);
  await cutOffRun(run, lease);
  await runScript('migrate', { run, lease });
  const after = (await indexesOf(session)).filter(({ name }) => names.includes(name));
  await explain(
    () => {
      expect(after, 'indexes of somebody else after two runs').toEqual(before);
    },
    () => {
      const gone = before.find(({ oid }) => !after.some((index) => index.oid === oid));
      if (!gone) return;
      lesson('not-yours-to-drop', {
        observed: `Somebody else's index ${gone.name}, which was ${gone.valid ? 'valid' : 'INVALID, as one that is being built'}, is not there any more.`,
        meaning:
          'An invalid index may be one that a colleague has been building for an hour. A rule for names or states takes it away; the list of what you build yourself does not.',
        lookAt: 'how a run knows which indexes are its own.',
      });
    },
  );
});
