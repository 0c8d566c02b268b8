import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asStateError } from '../../errors.ts';
import { plainPath } from '../../plain-path.ts';
import { needProgram } from '../../provision/machine.ts';
import { makeDir, secretIn, type ServerFiles, type StackContext } from '../../state.ts';
import type { NativeInstallation, NativeServer } from '../definition.ts';

const FILE = 'redis.conf';

/** The machine's Redis, in memory only. */
export const redisNative: NativeServer = {
  ports: 1,
  stopSignal: 'SIGTERM',
  startMs: 15_000,
  executables: /(?:^|\/)redis-server(?: |$)/u,
  dataDirs: (_context, files) => [join(files.dir, 'data')],
  install,
};

async function install(context: StackContext, files: ServerFiles): Promise<NativeInstallation> {
  const program = await needProgram(context, {
    server: 'redis',
    programs: ['redis-server'],
    debian: ['redis-server'],
    homebrew: 'redis',
  });
  const password = await secretIn(files.dir);
  const dataDir = join(files.dir, 'data');
  return {
    dataDir,
    // Redis keeps nothing between starts, so each start gets an empty folder.
    isPrepared: () => Promise.resolve(false),
    prepare: () => makeDir(dataDir),
    async launch([port]) {
      const shared = await readFile(join(context.root, 'infra/redis/redis.conf'), 'utf8');
      const config = join(dataDir, FILE);
      try {
        await mkdir(dataDir, { recursive: true });
        await writeFile(config, `${shared}\nrequirepass ${password}\n`, { mode: 0o600 });
      } catch (error) {
        throw asStateError(config, error);
      }
      const home = await plainPath(context, 'redis', dataDir);
      const url = `redis://:${password}@127.0.0.1:${port}/0`;
      return {
        file: program,
        // Redis takes a path with `[`, `*` or `?` for a pattern, finds no file, and starts with its
        // defaults. The address stands here as well, so that it is never one of those.
        args: [join(home, FILE), '--bind', '127.0.0.1', '--port', String(port)],
        argv0: join(dataDir, 'redis-server'),
        cwd: dataDir,
        url,
      };
    },
  };
}
