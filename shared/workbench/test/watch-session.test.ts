import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLab, layOut, readCatalog, solutionsOf } from '@backend-labs/catalog';
import { expect, test, vi } from 'vitest';
import { WatchSession, type WatchEvent } from '../src/index.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('a save is judged again, point by point, and a green task opens the next', async () => {
  const lab = findLab(readCatalog(ROOT), '2');
  const home = mkdtempSync(join(tmpdir(), 'labs-watch-'));
  const copy = join(home, 'copy');
  layOut(lab, [], copy);
  const events: WatchEvent[] = [];
  const types = () => events.flatMap((each) => (each.type === 'run' ? each.event.type : []));
  try {
    await using session = await WatchSession.open({
      bench: { root: ROOT, stateDir: join(home, 'state') },
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
    const order = types();
    expect(order.slice(0, 2)).toEqual(['started', 'task started']);
    expect(order.slice(-2)).toEqual(['task ended', 'finished']);
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

    // What is saved during a run is judged after it, once.
    events.length = 0;
    for (let n = 0; n < 3; n += 1) appendFileSync(join(copy, 'src/app.ts'), '\n');
    await session.stop();
    await session.ended;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
