import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLab, layOut, readCatalog, solutionsOf } from '@backend-labs/catalog';
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
    await vi.waitFor(() => expect(types().slice(-2)).toEqual(['task ended', 'finished']));
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
    await vi.waitFor(() => expect(session.isRunning).toBe(true));
    events.length = 0;
    await session.stop();
    await session.ended;
    expect(events.filter(({ type }) => type === 'state')).toEqual([]);
  } finally {
    await stackDown({ stateDir });
    rmSync(home, { recursive: true, force: true });
  }
});
