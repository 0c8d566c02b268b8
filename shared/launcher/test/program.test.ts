import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { launch } from '../src/launch.ts';
import { packageScripts } from '../src/package-scripts.ts';
import { runScript } from '../src/script.ts';
import { isAlive } from './support/alive.ts';

const run = { target: join(import.meta.dirname, 'toy') };
const STARTER = join(import.meta.dirname, 'support/starter.ts');

async function familyOf(stdout: Readable): Promise<number[]> {
  const [line] = (await once(stdout, 'data')) as [Buffer];
  return JSON.parse(line.toString()) as number[];
}

async function expectGone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000 });
}

describe('a program', () => {
  test.for(['SIGKILL', 'SIGHUP', 'SIGTERM'] as const)(
    'ends, with the processes that it started, when %s ends its starter',
    async (signal) => {
      const starter = spawn(process.execPath, [STARTER, run.target, 'family'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const family = await familyOf(starter.stdout);
      expect(family.every(isAlive)).toBe(true);
      starter.kill(signal);
      await expectGone(family);
    },
  );

  test('ends the processes that it started when it ends', async () => {
    const output = { stdout: new PassThrough(), stderr: new PassThrough() };
    await using program = await launch({ run, script: 'family', output });
    const family = await familyOf(output.stdout);
    expect(await program.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    await expectGone(family);
  });

  test('shows its output while it runs, and its output is kept', async () => {
    const output = { stdout: new PassThrough(), stderr: new PassThrough() };
    const { stdout } = await runScript({ run, script: 'start', output });
    output.stdout.end();
    expect(await text(output.stdout)).toBe(`${stdout.join('\n')}\n`);
  });
});

describe('a script', () => {
  test('gets more arguments even if it needs a shell', async () => {
    const { stdout } = await runScript({ run, script: 'shell', args: ['b c', '--d'] });
    expect(stdout).toEqual(['["b c","--d"]']);
  });

  test('that exceeds its limit is killed', async () => {
    const slow = runScript({ run, script: 'family', within: 300 });
    await expect(slow).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'SCRIPT_TOO_SLOW',
      message: 'npm run family did not finish within 300 ms.',
    });
  });

  test('is killed by an aborted signal', async () => {
    const signal = AbortSignal.timeout(100);
    expect(await runScript({ run, script: 'family', signal })).toMatchObject({ signal: 'SIGKILL' });
  });

  test('that package.json lacks is named, with the scripts that it has', async () => {
    await expect(launch({ run, script: 'stop' })).rejects.toMatchObject({
      code: 'NO_SCRIPT',
      message: 'package.json has no script "stop". It has start, migrate, family, shell.',
    });
  });

  test('that is blank does not count', async () => {
    expect(await packageScripts(run.target)).not.toHaveProperty('blank');
  });
});

describe('a folder', () => {
  test("without package.json is the learner's fault", async () => {
    const target = await mkdtemp(join(tmpdir(), 'launcher-'));
    await expect(launch({ run: { target }, script: 'start' })).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'TARGET_MISSING',
    });
    await rm(target, { recursive: true });
  });

  test("that does not exist is not the learner's fault", async () => {
    const nowhere = { target: join(run.target, 'nowhere') };
    await expect(launch({ run: nowhere, script: 'start' })).rejects.toMatchObject({
      name: 'LauncherError',
      code: 'FOLDER_MISSING',
    });
  });
});
