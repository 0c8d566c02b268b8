import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeDir, type StackContext } from '../../state.ts';
import { findPrograms } from '../postgres/programs.ts';

const run = promisify(execFile);

/** As docker-compose.yml has it. */
export const POSTGRES_TAGS: readonly string[] = ['postgres:18.4', 'postgres:18'];

const HOME = '/usr/lib/postgresql/18';
const ENTRYPOINT = '/usr/local/bin/docker-entrypoint.sh';

/** User, variables and programs are where the official image has them. */
export const POSTGRES_STEPS: readonly string[] = [
  'RUN groupadd --gid 999 postgres && useradd --uid 999 --gid postgres --home-dir /var/lib/postgresql --create-home postgres',
  `ENV PGDATA=/var/lib/postgresql/18/docker PATH=${HOME}/bin:/usr/local/bin:/usr/bin:/bin`,
  'EXPOSE 5432',
  'STOPSIGNAL SIGINT',
  `ENTRYPOINT ["${ENTRYPOINT}"]`,
  'CMD ["postgres"]',
];

/** What the official image does with the variables that the labs set: user, password, database. */
const START = `#!/bin/sh
set -e
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chown postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  secret=$(mktemp)
  printf '%s' "\${POSTGRES_PASSWORD:?is not set}" > "$secret"
  chown postgres "$secret"
  as_postgres initdb --pgdata "$PGDATA" --username "\${POSTGRES_USER:-postgres}" --pwfile "$secret" \\
    --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8 --no-sync
  rm "$secret"
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  database=\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}}
  if [ "$database" != postgres ]; then
    echo "CREATE DATABASE \\"$database\\"" | as_postgres postgres --single -D "$PGDATA" postgres > /dev/null
  fi
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  echo "unix_socket_directories = '/tmp'" >> "$PGDATA/postgresql.conf"
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
`;

/** The packaged Postgres, and a start as the official image has it, as a tar that is made once. */
export async function postgresFiles(context: StackContext): Promise<string> {
  const { dir, major } = await findPrograms();
  const tar = join(context.stateDir, 'images', `postgres-${major}.tar`);
  if (existsSync(tar)) return tar;
  await makeDir(dirname(tar));
  const root = await mkdtemp(join(dirname(tar), 'root-'));
  try {
    const start = join(root, ENTRYPOINT);
    await mkdir(dirname(start), { recursive: true });
    await writeFile(start, START);
    await chmod(start, 0o755);
    await cp(dir, join(root, HOME), { recursive: true, verbatimSymlinks: true });
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX,go-w'];
    await run('tar', ['-C', root, ...owner, '-cf', `${tar}.new`, 'usr']);
    await rename(`${tar}.new`, tar);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return tar;
}
