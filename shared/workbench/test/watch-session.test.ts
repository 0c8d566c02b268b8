import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLab, type Lab, layOut, readCatalog, solutionsOf } from '@backend-labs/catalog';
import { stackDown, stackStatus } from '@backend-labs/stack';
import { expect, test, vi } from 'vitest';
import { WatchSession, type WatchEvent } from '../src/index.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('a save is judged again, point by point, and a green task opens the next', async () => {
  const lab = findLab(readCatalog(ROOT), '2');
  const home = mkdtempSync(join(tmpdir(), 'labs-watch-'));
  const copy = join(home, 'copy');
  const stateDir = join(home, 'state');
  layOut(lab, [], copy);
  const events: WatchEvent[] = [];
  const types = () => events.flatMap((each) => (each.type === 'run' ? each.event.type : []));
  try {
    await using session = await WatchSession.open({
      bench: { root: ROOT, stateDir },
      lab,
      copy,
      onEvent: (event) => void events.push(event),
    });
    const settled = () =>
      vi.waitFor(
        () => expect(session.state).toMatchObject({ running: false, results: [{ task: 1 }] }),
        { timeout: 60_000 },
      );
    await settled();
    expect(session.isGreen).toBe(false);
    // The first failure was shown while later tests ran.
    const underWay = events.flatMap((each) =>
      each.type === 'state' && each.state.running ? each.state : [],
    );
    expect(underWay.some(({ failed }) => failed?.status === 'failed')).toBe(true);
    // The verdict is shown before what the tests used is put away.
    expect(types()).toContain('task decided');
    await vi.waitFor(() => expect(types().slice(-2)).toEqual(['task ended', 'finished']), {
      timeout: 60_000,
    });
    const order = types();
    expect(order.slice(0, 2)).toEqual(['started', 'task started']);
    const points = order.filter((type) => type === 'point judged');
    expect(points).toHaveLength(lab.tasks[0]?.points.length ?? 0);
    expect(await session.hint()).toBe(true);
    expect(session.state.hint?.level).toBe(1);

    events.length = 0;
    for (const { folder } of solutionsOf(lab)[0]?.layers ?? []) {
      cpSync(folder, copy, { recursive: true });
    }
    await vi.waitFor(() => expect(types()).toContain('finished'), { timeout: 60_000 });
    await vi.waitFor(() => expect(session.isGreen).toBe(true), { timeout: 60_000 });
    expect(await session.next()).toBe(true);
    expect(session.state).toMatchObject({ task: { number: 2 }, hint: undefined });

    // A newer save cancels the run under way, and only its own verdict is shown.
    await vi.waitFor(() => expect(types()).toContain('task started'), { timeout: 60_000 });
    events.length = 0;
    writeFileSync(join(copy, 'src/app.ts'), `${readFileSync(join(copy, 'src/app.ts'), 'utf8')}\n`);
    await vi.waitFor(() => expect(types()).toContain('started'), { timeout: 60_000 });
    const shown = events.flatMap((each) => (each.type === 'state' ? each.state.results : []));
    expect(shown).toEqual([]);

    // Any task can be opened, whatever the one before it says.
    const third = lab.tasks[2];
    if (third) session.open(third);
    await vi.waitFor(
      () => expect(session.state).toMatchObject({ running: false, results: [{ task: 3 }] }),
      { timeout: 60_000 },
    );

    // A server that was killed is started again, and the verdict is on the learner's work.
    const [postgres] = await stackStatus({ stateDir });
    if (postgres?.pid !== undefined) process.kill(postgres.pid, 'SIGKILL');
    session.run();
    await vi.waitFor(
      () =>
        expect(session.state).toMatchObject({ running: false, results: [{ status: 'passed' }] }),
      { timeout: 60_000 },
    );

    // Nothing of a run that was stopped is shown.
    session.run();
    await vi.waitFor(() => expect(session.isRunning).toBe(true), { timeout: 60_000 });
    events.length = 0;
    await session.stop();
    await session.ended;
    expect(events.filter(({ type }) => type === 'state')).toEqual([]);
  } finally {
    await stackDown({ stateDir });
    rmSync(home, { recursive: true, force: true });
  }
});

/** A lab of one task that needs Redis, which starts quickly, and no database. */
function toyLab(home: string): Lab {
  const file = join(home, 'lab/tests/1-one.test.ts');
  mkdirSync(join(home, 'lab/tests'), { recursive: true });
  writeFileSync(
    file,
    `import { expect, judges, test } from '${join(ROOT, 'shared/testkit/src/index.ts')}';
     test('one', judges('1.1'), async ({ redis }) => {
       expect(await redis.keys()).toEqual([]);
     });`,
  );
  const lab = findLab(readCatalog(ROOT), '2');
  const [first] = lab.tasks;
  if (!first) throw new TypeError('the lab has no task');
  const servers = ['redis'];
  const points = [{ id: '1.1', text: 'There is no key.' }];
  return { ...lab, dir: join(home, 'lab'), servers, tasks: [{ ...first, points, servers, file }] };
}

test('another server than Postgres that was killed is started again', async () => {
  const home = mkdtempSync(join(tmpdir(), 'labs-watch-'));
  const copy = join(home, 'copy');
  const stateDir = join(home, 'state');
  mkdirSync(copy);
  try {
    await using session = await WatchSession.open({
      bench: { root: ROOT, stateDir },
      lab: toyLab(home),
      copy,
      onEvent: () => {},
    });
    const isPassed = () =>
      vi.waitFor(
        () =>
          expect(session.state).toMatchObject({ running: false, results: [{ status: 'passed' }] }),
        { timeout: 60_000 },
      );
    await isPassed();
    const killed = await pidOf('redis', stateDir);
    process.kill(killed, 'SIGKILL');
    session.run();
    await isPassed();
    expect(await pidOf('redis', stateDir)).not.toBe(killed);
  } finally {
    await stackDown({ stateDir });
    rmSync(home, { recursive: true, force: true });
  }
});

/** Never 0: that would be this test's own process group. */
async function pidOf(server: string, stateDir: string): Promise<number> {
  const found = (await stackStatus({ stateDir })).find(({ name }) => name === server);
  if (!found?.pid) throw new TypeError(`none of our processes is ${server}`);
  return found.pid;
}
