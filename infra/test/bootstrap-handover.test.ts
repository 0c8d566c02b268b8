import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findNpm } from '../bootstrap/npm.mjs';
import { Checkout, follow, type Run } from './support/checkout.ts';

let checkout: Checkout;
beforeAll(async () => {
  checkout = await Checkout.make();
  await checkout.run(['exit', '0']);
});
afterAll(() => checkout[Symbol.asyncDispose]());

/** Ends a counting command and says how often it got each signal. */
async function countsOf(run: Run): Promise<unknown> {
  run.child.stdin?.write('\n');
  await run.saw('counts ');
  const { stdout } = await run.done;
  return JSON.parse(/counts (.*)/.exec(stdout)?.[1] ?? 'null');
}

describe('the exit code', () => {
  test('is the command’s', async () => {
    expect((await checkout.run(['exit', '7'])).code).toBe(7);
  });

  test('is 128 + n when signal n ended the command', async () => {
    expect((await checkout.run(['die', 'SIGKILL'])).code).toBe(137);
    expect((await checkout.run(['die', 'SIGTERM'])).code).toBe(143);
  });
});

test('standard input goes to the command', async () => {
  const run = checkout.start(['echo']);
  run.child.stdin?.end('what a person types');
  expect((await run.done).stdout).toBe('what a person types');
});

test('standard output under npm is the command’s alone', async () => {
  const npm = findNpm(process.env);
  const args = [...npm.args, 'run', 'labs', '--', 'show', '--json'];
  const { done } = follow(spawn(npm.command, args, { cwd: checkout.root, env: checkout.env }));
  expect(JSON.parse((await done).stdout)).toMatchObject({ args: ['show', '--json'] });
});

describe('a signal', () => {
  test('sent to the bootstrap alone reaches the command once', async () => {
    const run = checkout.start(['count']);
    await run.saw('ready');
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
      run.child.kill(signal);
      await run.saw(`got ${signal}`);
    }
    expect(await countsOf(run)).toEqual({ SIGINT: 1, SIGHUP: 1, SIGTERM: 1 });
    expect((await run.done).code).toBe(130);
  });

  test('sent to npm reaches the command', async () => {
    const npm = findNpm(process.env);
    const run = follow(
      spawn(npm.command, [...npm.args, 'run', 'wait'], { cwd: checkout.root, env: checkout.env }),
    );
    await run.saw('ready');
    run.child.kill('SIGTERM');
    expect((await run.done).stdout).toContain('got SIGTERM');
  });

  // Elsewhere the shell that npm starts replaces itself by the command.
  test.runIf(process.platform === 'linux')('that kills npm ends the command', async () => {
    const npm = findNpm(process.env);
    const run = follow(
      spawn(npm.command, [...npm.args, 'run', 'wait'], { cwd: checkout.root, env: checkout.env }),
    );
    await run.saw('ready');
    run.child.kill('SIGKILL');
    await run.saw('got SIGTERM');
    expect((await run.done).stdout).toContain('got SIGTERM');
  });

  // `script` gives the terminal; its flags differ elsewhere.
  test.runIf(process.platform === 'linux')(
    'typed as Ctrl-C under npm reaches the command once',
    async () => {
      const npm = findNpm(process.env);
      const command = [npm.command, ...npm.args, 'run', 'count'].map((word) => `'${word}'`);
      const terminal = spawn('script', ['-qec', `exec ${command.join(' ')}`, '/dev/null'], {
        cwd: checkout.root,
        // bash replaces itself by the command, so what npm passes on arrives here a second time.
        env: { ...checkout.env, npm_config_script_shell: '/bin/bash' },
      });
      const run = follow(terminal);
      await run.saw('ready');
      run.child.stdin?.write('\u0003');
      await run.saw('got SIGINT');
      // npm passes signals on in order: after this one no late echo of the Ctrl-C can come.
      process.kill(childOf(terminal.pid), 'SIGTERM');
      await run.saw('got SIGTERM');
      expect(await countsOf(run)).toEqual({ SIGINT: 1, SIGTERM: 1 });
    },
  );
});

/** The first child of a process, on Linux. */
function childOf(pid = 0): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}
