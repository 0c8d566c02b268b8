import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asStateError } from '../../errors.ts';
import { needProgram } from '../../provision/machine.ts';
import { makeDir, secretIn } from '../../state.ts';
import type { NativeContext, NativeInstallation, NativeServer } from '../definition.ts';

/** Redis from the machine, in memory only. */
export const redisNative: NativeServer = {
  ports: 1,
  stopSignal: 'SIGTERM',
  startMs: 15_000,
  executables: /^\S*redis-server /u,
  dataDirs: ({ place }) => [join(place.dir, 'data')],
  install,
};

async function install({ home, place }: NativeContext): Promise<NativeInstallation> {
  const program = await needProgram(home, {
    server: 'redis',
    programs: ['redis-server'],
    debian: ['redis-server'],
    homebrew: 'redis',
  });
  const password = await secretIn(place.dir);
  const dataDir = join(place.dir, 'data');
  return {
    dataDir,
    // Nothing is kept between starts, so there is nothing that could be unfit.
    isPrepared: () => Promise.resolve(false),
    prepare: () => makeDir(dataDir),
    async launch([port]) {
      const shared = await readFile(join(home.root, 'infra/redis/redis.conf'), 'utf8');
      const own = `bind 127.0.0.1\nport ${port}\nrequirepass ${password}\ndir "${dataDir}"\n`;
      const config = join(dataDir, 'redis.conf');
      try {
        await mkdir(dataDir, { recursive: true });
        await writeFile(config, `${shared}\n${own}`, { mode: 0o600 });
      } catch (error) {
        throw asStateError(config, error);
      }
      const url = `redis://:${password}@127.0.0.1:${port}/0`;
      return { file: program, args: [config], cwd: dataDir, url };
    },
  };
}
