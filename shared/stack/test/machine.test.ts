import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { needProgram } from '../src/provision/machine.ts';
import { resolveContext } from '../src/state.ts';
import { sandbox } from './support/sandbox.ts';
import { stubProgram } from './support/stub.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const request = {
  server: 'redis',
  programs: ['labs-no-such-server'],
  debian: ['labs-package'],
  homebrew: 'labs-formula',
} as const;

/** An apt-get that writes down its calls and runs `script` for an install. */
async function stubApt(script: string): Promise<string> {
  return stubProgram(
    'apt-get',
    `dir=$(dirname "$0"); echo "$@" >> "$dir/calls"
     case "$*" in *update*) touch "$dir/updated" ;; *install*) ${script} ;; esac`,
  );
}

const PUT_PROGRAM = `printf '#!/bin/sh\\n' > "$dir/labs-no-such-server"; chmod 755 "$dir/labs-no-such-server"`;

// An ordinary user outside CI is never installed for; these say what happens to root and CI.
const installs = process.getuid?.() === 0 || process.env['CI'] !== undefined;

test.runIf(process.getuid?.() === 0)(
  'for root a missing program is installed, after a line of progress',
  async () => {
    await using box = await sandbox();
    const dir = await stubApt(PUT_PROGRAM);
    const found = await needProgram(resolveContext(box.options), request);
    expect(found).toBe(join(dir, 'labs-no-such-server'));
    expect(box.progress).toEqual(['installing labs-package with apt-get, for redis']);
    expect(await readFile(join(dir, 'calls'), 'utf8')).not.toContain('update');
  },
);

test.runIf(process.getuid?.() === 0)(
  'package lists are updated when an install fails',
  async () => {
    await using box = await sandbox();
    const dir = await stubApt(`[ -e "$dir/updated" ] || exit 100; ${PUT_PROGRAM}`);
    await needProgram(resolveContext(box.options), request);
    const calls = (await readFile(join(dir, 'calls'), 'utf8')).trim().split('\n');
    expect(calls.map((call) => /install|update/u.exec(call)?.[0])).toEqual([
      'install',
      'update',
      'install',
    ]);
  },
);

test.runIf(installs)(
  'a failed install makes the server absent, with the message of apt-get',
  async () => {
    await using box = await sandbox();
    await stubApt(`echo 'E: Unable to locate package labs-package'; exit 100`);
    await expect(needProgram(resolveContext(box.options), request)).rejects.toMatchObject({
      code: 'SERVER_ABSENT',
      message: expect.stringContaining('Unable to locate package'),
      fix: expect.stringContaining('apt-get install -y labs-package'),
    });
  },
);

test('an ordinary user outside CI gets the command to run', async () => {
  await using box = await sandbox();
  await stubApt('exit 1');
  vi.stubEnv('CI', undefined);
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(needProgram(resolveContext(box.options), request)).rejects.toMatchObject({
    code: 'SERVER_ABSENT',
    server: 'redis',
    fix: 'run `sudo apt-get install -y labs-package`',
  });
  expect(box.progress).toEqual([]);
  vi.restoreAllMocks();
});

test('a program that is not accepted is skipped', async () => {
  await using box = await sandbox();
  await stubProgram('labs-no-such-server', 'exit 0');
  const good = await stubProgram('labs-no-such-server', 'exit 0');
  await stubProgram('labs-no-such-server', 'exit 0');
  const accepts = async (path: string): Promise<boolean> => path.startsWith(good);
  const found = await needProgram(resolveContext(box.options), { ...request, accepts });
  expect(found).toBe(join(good, 'labs-no-such-server'));
});
