import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asStateError, ServerUnavailable } from '../../errors.ts';
import { findProgram, needProgram, type ProgramRequest } from '../../provision/machine.ts';
import { checkoutId, makeDir, type ServerFiles, type StackContext } from '../../state.ts';
import type { NativeInstallation, NativeServer } from '../definition.ts';
import { engineClient } from './client.ts';
import { clearMounts } from './mounts.ts';

const DOCKERD: ProgramRequest = {
  server: 'images',
  programs: ['dockerd'],
  debian: ['docker.io', 'iptables'],
  homebrew: 'docker',
  wanted: 'Docker or Podman',
};

/** Build cache that our own engine keeps between runs. */
const KEPT_CACHE = '4GB';

/** A Docker engine of our own, with Debian's programs. Only root can have one. */
export const imagesNative: NativeServer = {
  ports: 0,
  // Containers of runs that were killed: the engine would wait for them, and leave their mounts.
  async beforeStop({ url }) {
    const { removeLabelled, LABEL } = await import('./leases.ts');
    await removeLabelled(await engineClient(url), LABEL);
  },
  stopSignal: 'SIGTERM',
  startMs: 30_000,
  executables: /(?:^|\/)(?:dockerd|containerd|containerd-shim-runc-v2|docker-proxy)$/u,
  // The shims of a killed engine have only the run folder on their command line.
  dataDirs: (context, files) => [dataOf(files), runDir(context)],
  install,
};

async function install(context: StackContext, files: ServerFiles): Promise<NativeInstallation> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw await needsPerson();
  const program = await needProgram(context, DOCKERD);
  const dataDir = dataOf(files);
  const folder = runDir(context);
  return {
    dataDir,
    isPrepared: () => Promise.resolve(true),
    prepare: () => makeDir(dataDir),
    async launch() {
      await clearRemains(dataDir, folder);
      const config = join(files.dir, 'daemon.json');
      const gc = { enabled: true, defaultKeepStorage: KEPT_CACHE };
      try {
        await mkdir(dataDir, { recursive: true });
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(config, JSON.stringify({ builder: { gc } }));
      } catch (error) {
        throw asStateError(config, error);
      }
      const url = `unix://${join(folder, 'docker.sock')}`;
      const own = ['--config-file', config, '--data-root', dataDir, '--log-level', 'warn'];
      const run = ['--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'docker.pid')];
      // Containers get a network of their lease's own. The machine's firewall stays as it is:
      // published ports go through docker-proxy.
      const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false'];
      const args = [...own, ...run, ...network, '--ip-masq=false', '--host', url];
      return { file: program, args, cwd: dataDir, url };
    },
  };
}

/** What a killed engine left, which the next one would trip over. Its processes have ended. */
async function clearRemains(dataDir: string, folder: string): Promise<void> {
  await clearMounts([dataDir, folder]);
  // While the kernel still puts away a killed containerd, the engine takes its number for that of a
  // live one and waits 15 s for it.
  for (const name of ['docker.pid', 'exec/containerd/containerd.pid'])
    await rm(join(folder, name), { force: true });
}

const dataOf = (files: ServerFiles): string => join(files.dir, 'data');

/** Short, for the engine's sockets: the path of a socket has 107 characters at most. */
const runDir = (context: StackContext): string => `/run/backend-labs-${checkoutId(context)}`;

async function needsPerson(): Promise<ServerUnavailable> {
  const installed = await findProgram(DOCKERD);
  const fix =
    process.platform === 'linux'
      ? installed === undefined
        ? 'run `sudo apt-get install -y docker.io && sudo usermod -aG docker $USER`, then log in again'
        : 'run `sudo systemctl start docker && sudo usermod -aG docker $USER`, then log in again'
      : 'start Docker Desktop or Podman';
  return new ServerUnavailable(
    'SERVER_ABSENT',
    'images',
    'images need a running Docker or Podman, and none answers here',
    fix,
  );
}
