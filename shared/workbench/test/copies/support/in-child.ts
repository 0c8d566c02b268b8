import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fingerprint, readTree } from '../../../src/copies/files.ts';
import type { Act } from './act.ts';
import type { Scene } from './scene.ts';

const here = import.meta.dirname;

/** Does an act in a process of its own, to its end. */
export async function actInChild(act: Act, env: Readonly<Record<string, string>> = {}) {
  const watcher = Object.keys(env).length > 0 ? ['--import', join(here, 'each-step.ts')] : [];
  await promisify(execFile)(
    process.execPath,
    [...watcher, join(here, 'act.ts'), JSON.stringify(act)],
    { env: { ...process.env, ...env } },
  );
}

/**
 * Does an act once, and calls `check` for each step at which a kill could have cut it off, with the
 * scene as the kill would have left it. Steps that change nothing count once.
 */
export async function atEachStep(
  scene: Scene,
  act: Act,
  check: () => Promise<void>,
): Promise<void> {
  const snapshots = await mkdtemp(join(tmpdir(), 'labs-steps-'));
  try {
    await actInChild(act, { STEPS_OF: scene.root, STEPS_TO: snapshots });
    const steps = (await readdir(snapshots)).map(Number).toSorted((a, b) => a - b);
    let last = '';
    for (const step of steps) {
      const snapshot = join(snapshots, String(step));
      const state = fingerprint(await readTree(snapshot, () => false));
      if (state === last) continue;
      last = state;
      await rm(scene.place.workRoot, { recursive: true, force: true });
      await rm(scene.place.stateDir, { recursive: true, force: true });
      await cp(snapshot, scene.root, { recursive: true, verbatimSymlinks: true });
      await ageLocks(scene);
      await check();
    }
  } finally {
    await rm(snapshots, { recursive: true, force: true });
  }
}

/** Makes the locks that a killed process left as old as they become by waiting a minute. */
export async function ageLocks(scene: Scene): Promise<void> {
  const folder = join(scene.place.stateDir, 'locks');
  const minuteAgo = new Date(Date.now() - 60_000);
  for (const name of await readdir(folder).catch(() => [])) {
    await utimes(join(folder, name), minuteAgo, minuteAgo);
  }
}
