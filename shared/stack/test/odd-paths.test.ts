import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStack, ping, stackDown } from '../src/index.ts';
import { BASES, outside } from '../src/plain-path.ts';
import { findByFolder } from '../src/process.ts';
import { choosePlacement } from '../src/servers/postgres/placement.ts';
import { findPrograms, relocated } from '../src/servers/postgres/programs.ts';
import { resolveContext } from '../src/state.ts';
import { type Sandbox, sandbox } from './support/sandbox.ts';

/** Every character that a shell, a glob, a list, a properties file or a locale may take for more. */
const ODD = 'a b  [c]*?,d:e=f #!\'"`g$h;%25&(x)|<y>{z}~\\t é日本🙂';

const NAMES = ['postgres', 'redis', 'rabbitmq', 'kafka'];

async function inside(box: Sandbox): Promise<Sandbox['options']> {
  const stateDir = join(box.stateDir, ODD);
  await mkdir(stateDir);
  onTestFinished(async () => {
    await stackDown({ ...box.options, stateDir });
    const context = resolveContext({ stateDir });
    for (const base of BASES) await rm(outside(context, base), { recursive: true, force: true });
  });
  return { ...box.options, stateDir };
}

test('servers start in a folder whose name has every odd character, and write nowhere else', async () => {
  await using box = await sandbox();
  const options = await inside(box);
  const { servers, missing } = await openStack(NAMES, options);
  expect(missing).toEqual([]);
  await Promise.all(Object.values(servers).map((address) => ping(address)));
  expect(await readdir(box.stateDir)).toEqual([ODD]);
  // As after a crash of the command that started them.
  await Promise.all(
    NAMES.map((name) => rm(join(options.stateDir, 'servers', name, 'server.json'))),
  );
  expect((await openStack(['postgres'], options)).missing).toEqual([]);
  const found = await findByFolder(options.stateDir);
  const postgres = found.filter(({ command }) => command.includes('config_file'));
  // The one that nobody had a record of was ended first.
  expect(postgres).toHaveLength(1);
  await stackDown(options);
  expect(await findByFolder(options.stateDir)).toEqual([]);
});

test("Postgres' programs are copied away from a folder that a shell would read as code", async () => {
  await using box = await sandbox();
  const own = await findPrograms();
  const odd = join(box.stateDir, 'a$(b)');
  await mkdir(odd);
  const programs = relocated(own, odd);
  // Enough to ask whether it can be run.
  await mkdir(join(odd, 'bin'));
  await copyFile(own.postgres, programs.postgres);
  const context = resolveContext(box.options);
  const placement = await choosePlacement(context, join(box.stateDir, 'server'), programs);
  expect(placement.programs.dir).not.toContain('$');
  expect(placement.programs.dir.startsWith(placement.dir)).toBe(true);
});
