import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { onSave } from '../src/saves.ts';

const run = promisify(execFile);

/** On a busy machine a second, vitest's default, is soon over. */
const PATIENCE = { timeout: 20_000 };

/** Longer than a save takes to count. */
const LONG = 400;

interface Watched extends AsyncDisposable {
  readonly dir: string;
  readonly saves: () => number;
  write(path: string, text: string): void;
}

async function watched(saved: (dir: string) => void = () => {}): Promise<Watched> {
  const dir = mkdtempSync(join(tmpdir(), 'labs-saves-'));
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'src/app.ts'), 'one');
  writeFileSync(join(dir, '.gitignore'), '/out\n*.db\n');
  const count = vi.fn<() => void>(() => saved(dir));
  const watching = await onSave(dir, count);
  return {
    dir,
    saves: () => count.mock.calls.length,
    write: (path, text) => writeFileSync(join(dir, path), text),
    async [Symbol.asyncDispose]() {
      await watching[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true });
    },
  };
}

test('a save counts once, a save of the same content not at all', async () => {
  await using copy = await watched();
  copy.write('src/app.ts', 'two');
  await vi.waitFor(() => expect(copy.saves()).toBe(1), PATIENCE);
  copy.write('src/app.ts', 'two');
  await sleep(LONG);
  expect(copy.saves()).toBe(1);
});

test('a file that an editor replaces with another counts once', async () => {
  await using copy = await watched();
  copy.write('src/.app.ts.tmp.123', 'two');
  renameSync(join(copy.dir, 'src/.app.ts.tmp.123'), join(copy.dir, 'src/app.ts'));
  await vi.waitFor(() => expect(copy.saves()).toBe(1), PATIENCE);
  await sleep(LONG);
  expect(copy.saves()).toBe(1);
});

test('a new file and a deleted file count', async () => {
  await using copy = await watched();
  copy.write('src/new.ts', 'new');
  await vi.waitFor(() => expect(copy.saves()).toBe(1), PATIENCE);
  rmSync(join(copy.dir, 'src/new.ts'));
  await vi.waitFor(() => expect(copy.saves()).toBe(2), PATIENCE);
});

test('logs, files that git ignores and the temporary files of editors do not count', async () => {
  await using copy = await watched();
  mkdirSync(join(copy.dir, 'out'));
  for (const path of ['server.log', 'out/x', 'src/cache.db', 'src/.app.ts.swp', 'src/app.ts~'])
    copy.write(path, 'x');
  await sleep(LONG);
  expect(copy.saves()).toBe(0);
});

test('a program that writes a file each time it runs is not run without end', async () => {
  await using copy = await watched((dir) => appendFileSync(join(dir, 'visits.txt'), 'x'));
  copy.write('src/app.ts', 'two');
  await sleep(6 * LONG);
  expect(copy.saves()).toBeLessThanOrEqual(5);
  const before = copy.saves();
  copy.write('src/app.ts', 'three');
  await vi.waitFor(() => expect(copy.saves()).toBe(before + 1), PATIENCE);
});

const starved = [
  '-Ur',
  'sh',
  '-c',
  'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"',
  'sh',
];
const canStarve = await run('unshare', [...starved, 'true']).then(
  () => true,
  () => false,
);

test.runIf(canStarve)('a machine without watches left is looked at from time to time', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'labs-saves-'));
  writeFileSync(join(dir, 'app.ts'), 'one');
  const script = join(import.meta.dirname, 'support/one-save.ts');
  const { stdout } = await run('unshare', [...starved, process.execPath, script, dir]);
  expect(stdout).toBe('watching\nsaved\n');
  rmSync(dir, { recursive: true });
});
