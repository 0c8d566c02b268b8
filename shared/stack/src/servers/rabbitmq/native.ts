import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asStateError } from '../../errors.ts';
import { plainPath, plainPaths } from '../../plain-path.ts';
import { checkoutId, makeDir, secretIn, type ServerFiles, type StackContext } from '../../state.ts';
import type { NativeInstallation, NativeServer } from '../definition.ts';
import { findScripts } from './scripts.ts';

const DEFINITIONS = 'definitions.json';

/** The machine's RabbitMQ, started by its own scripts, with all its files in our folder. */
export const rabbitmqNative: NativeServer = {
  // AMQP, management, Erlang distribution, epmd.
  ports: 4,
  // The data is for tests and survives this; an orderly end takes 6 s.
  stopSignal: 'SIGKILL',
  startMs: 120_000,
  executables: /(?:^|\/)(?:beam(?:\.smp)?|erl\w*|epmd|inet_gethost|rabbitmq-server)$/u,
  damaged:
    /corrupt|bad_mnesia|inconsistent_database|schema_integrity|needs_repair|timeout_waiting_for_tables/u,
  dataDirs: (context, files) => [join(files.dir, 'data'), ...plainPaths(context, 'rabbitmq')],
  install,
};

async function install(context: StackContext, files: ServerFiles): Promise<NativeInstallation> {
  const scripts = await findScripts(context);
  const password = await secretIn(files.dir);
  const dataDir = join(files.dir, 'data');
  const node = `labs-${checkoutId(context)}@localhost`;
  return {
    dataDir,
    isPrepared: () => Promise.resolve(existsSync(join(dataDir, 'mnesia'))),
    prepare: () => makeDir(dataDir),
    async launch(ports) {
      const [amqp, management, distribution, epmd] = ports.map(String);
      // RabbitMQ's scripts divide paths at spaces, and it does not boot in a folder above U+00FF.
      const home = await plainPath(context, 'rabbitmq', dataDir);
      await configure(context.root, dataDir, [
        `listeners.tcp.1 = 127.0.0.1:${amqp}`,
        'management.tcp.ip = 127.0.0.1',
        `management.tcp.port = ${management}`,
        `load_definitions = ${join(home, DEFINITIONS)}`,
      ]);
      await writeDefinitions(join(dataDir, DEFINITIONS), password);
      const epmdEnv = { ERL_EPMD_PORT: epmd ?? '', ERL_EPMD_ADDRESS: '127.0.0.1' };
      return {
        file: scripts.server,
        args: [],
        cwd: dataDir,
        env: {
          ...epmdEnv,
          ...environment(home, node),
          RABBITMQ_DIST_PORT: distribution ?? '',
        },
        // We start epmd ourselves, under a name with our folder in it. RabbitMQ would start one that
        // we could not find again.
        helper: { file: scripts.epmd, argv0: join(home, 'epmd'), args: [], env: epmdEnv },
        url: `amqp://labs:${password}@127.0.0.1:${amqp}`,
        management: `http://labs:${password}@127.0.0.1:${management}`,
      };
    },
  };
}

/** The variables of RabbitMQ's scripts; nothing may come from `/etc/rabbitmq` or the user's home. */
function environment(home: string, node: string): Record<string, string> {
  return {
    HOME: home,
    RABBITMQ_BASE: home,
    RABBITMQ_NODENAME: node,
    RABBITMQ_CONF_ENV_FILE: join(home, 'none'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'none.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(home, 'generated'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    RABBITMQ_LOG_BASE: home,
    RABBITMQ_LOGS: '-',
    // With this the script is replaced by the Erlang machine, instead of staying as its parent.
    RABBITMQ_ALLOW_INPUT: 'true',
    RABBITMQ_SERVER_START_ARGS: `-noinput -kernel inet_dist_use_interface {127,0,0,1} -labs ${home}`,
  };
}

/**
 * RabbitMQ reads these at each start. So the administrator is as we know it, even if a learner's
 * program has logged in as administrator and changed it.
 */
async function writeDefinitions(path: string, password: string): Promise<void> {
  const all = { configure: '.*', write: '.*', read: '.*' };
  const definitions = {
    users: [{ name: 'labs', password, tags: 'administrator' }],
    vhosts: [{ name: '/' }],
    permissions: [{ user: 'labs', vhost: '/', ...all }],
  };
  try {
    await writeFile(path, JSON.stringify(definitions), { mode: 0o600 });
  } catch (error) {
    throw asStateError(path, error);
  }
}

async function configure(root: string, dataDir: string, own: readonly string[]): Promise<void> {
  const infra = join(root, 'infra/rabbitmq');
  const shared = await readFile(join(infra, 'rabbitmq.conf'), 'utf8');
  const plugins = await readFile(join(infra, 'enabled_plugins'), 'utf8');
  try {
    await mkdir(dataDir, { recursive: true });
    await rm(join(dataDir, 'pid'), { force: true });
    await writeFile(join(dataDir, 'rabbitmq.conf'), `${shared}\n${own.join('\n')}\n`, {
      mode: 0o600,
    });
    await writeFile(join(dataDir, 'enabled_plugins'), plugins);
  } catch (error) {
    throw asStateError(dataDir, error);
  }
}
