import { Draw, eventually, expect, explain, happens, judges, lesson } from '@backend-labs/testkit';
import { test } from './support/cluster.ts';
import { exitsAtOnce, isShell, notProcessOne } from './support/lessons.ts';

const STOP_MS = 10_000;
const SETTLED_MS = 10_000;
const LABELS = 10;

test('the image can migrate its database', judges('6.1'), async ({ start, database }) => {
  const { container } = await start();
  const address = `DATABASE_URL=${database.freshUrl}`;
  const { code, text } = await container.exec('env', address, 'npm', 'run', 'migrate');
  const said = text.trim().split('\n').slice(-8).join('\n  ');
  await explain(
    () =>
      expect(
        code === 0 ? 'exit code 0' : `exit code ${code}:\n  ${said}`,
        'npm run migrate in a container',
      ).toBe('exit code 0'),
    () => {
      const missing = /ENOENT.*'(\/[^']*migrations[^']*)'/u.exec(text)?.[1];
      if (missing === undefined) return;
      lesson('left-out-of-the-image', {
        observed: `\`npm run migrate\` in a container ended with code ${code}: the image has no ${missing}.`,
        meaning:
          'The image is the only thing that a cluster gets. What a job of the service reads must be in it as much as what the server reads, even if the server itself never opens it.',
        lookAt: 'every script of package.json that runs in production, and the files that it opens',
      });
    },
  );
  const tables = await database.fresh.query(`SELECT 1 FROM pg_tables WHERE tablename = 'labels'`);
  expect(tables.length, 'tables named labels').toBe(1);
});

test(
  'a request in flight in the container gets its answer before the container ends',
  judges('6.2'),
  async ({ start, database: { session }, run }) => {
    const parcel = new Draw(run.seed, 'in flight, contained').int(1, 100);
    const replica = await start();
    const { container } = replica;
    const command = await replica.first();
    await session.query('BEGIN');
    await session.query('LOCK TABLE labels IN ACCESS EXCLUSIVE MODE');
    const answer = replica.status('POST', `/v1/parcels/${parcel}/labels`, 30_000);
    let early = false;
    try {
      await eventually('the request to wait for the table', async () => {
        const [found] = await session.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_locks
           WHERE NOT granted AND relation = 'labels'::regclass`,
        );
        return (found?.waiting ?? 0) > 0;
      });
      await container.signal('SIGTERM');
      // Until it has shown that it knows of the signal; a design that shows nothing has its time too.
      await happens(async () => (await replica.status('GET', '/readyz')) !== 200, {
        within: 2_000,
      });
      early = !(await container.running());
    } finally {
      await session.query('COMMIT');
    }
    const status = await answer;
    const exit = await container.exit(STOP_MS);
    await explain(
      () => {
        expect(status ?? 'none', 'the answer to the request in flight').toBe(201);
        expect(
          exit === undefined ? 'still running' : `exit code ${exit.code}`,
          `${STOP_MS / 1000} s after the answer`,
        ).toBe('exit code 0');
      },
      () => {
        if (exit?.code !== 0) notProcessOne(command, exit);
        if (!early) return;
        if (!isShell(command)) exitsAtOnce();
        lesson('shell-ends-first', {
          observed: `Process 1 of the container is \`${command}\`. After SIGTERM it ended with code 0 while a request waited for the database, and the request got no answer.`,
          meaning:
            'When process 1 ends, the kernel kills every other process of the container at once, without a signal that it could handle. The exit code looks like an orderly end, and it is the shell that ended in order.',
          lookAt: 'whether process 1 passes the signal on, and what it waits for before it ends',
        });
      },
    );
  },
);

test('no zombie is left after labels were printed', judges('6.3'), async ({ start, run }) => {
  const draw = new Draw(run.seed, 'printed labels');
  const replica = await start();
  const ids: number[] = [];
  for (let count = 0; count < LABELS; count += 1) ids.push(await replica.label(draw.int(1, 100)));
  const unprinted = async (): Promise<number[]> => {
    const lines = await replica.container.logs();
    return ids.filter(
      (id) => !lines.some((line) => new RegExp(`printed label ${id}\\b`).test(line)),
    );
  };
  await happens(async () => (await unprinted()).length === 0, { within: SETTLED_MS, every: 200 });
  expect(await unprinted(), 'labels without a line "printed label …" in the log').toEqual([]);
  let left: string[] = [];
  await happens(async () => (left = await replica.zombies()).length === 0, {
    within: SETTLED_MS,
    every: 500,
  });
  await explain(
    () => expect(left, `zombies in the container, ${LABELS} labels later`).toEqual([]),
    async () => {
      const inherited = left.filter((zombie) => zombie.endsWith('(child of 1)'));
      if (inherited.length === 0) return;
      lesson('orphans-of-process-1', {
        observed: `${LABELS} labels later, ${inherited.length} processes of the container are zombies whose parent is process 1 (\`${await replica.first()}\`), for example \`${inherited[0]?.split(' ')[0]}\`.`,
        meaning:
          'A process that has ended stays in the table until its parent asks for its exit code. The parent of these jobs ended before them, so process 1 inherited them. Node asks only for the children that it started itself. When the table is full, nothing can start in the container any more.',
        lookAt:
          'which process starts the job, whether that process still lives when the job ends, or whether process 1 could be a program that asks for every child',
      });
    },
  );
});
