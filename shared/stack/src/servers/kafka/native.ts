import { execFile } from 'node:child_process';
import { cp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { asStateError } from '../../errors.ts';
import { makeDir, secretIn, type ServerFiles, type StackContext } from '../../state.ts';
import type { NativeInstallation, NativeServer } from '../definition.ts';
import { writeAddress } from './address.ts';
import { findJars, type Jars } from './jars.ts';
import { findJava, JAVA_ENV } from './java.ts';

const run = promisify(execFile);

const FILE = 'server.properties';
/** By its value on the command line the process is found again. */
const PROPERTY = 'labs.data';

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

/** The one in `super.users` of infra/kafka/server.properties. */
export const ADMINISTRATOR = 'labs';

/** Kafka from Apache's jars: one node that is both broker and controller. */
export const kafkaNative: NativeServer = {
  // Clients, controller.
  ports: 2,
  stopSignal: 'SIGKILL',
  startMs: 120_000,
  executables: /(?:^|\/)java$/u,
  dataDirs: (_context, files) => [join(files.dir, 'data')],
  install,
};

async function install(context: StackContext, files: ServerFiles): Promise<NativeInstallation> {
  const java = await findJava(context);
  const jars = await findJars(context);
  const dataDir = join(files.dir, 'data');
  const password = await secretIn(files.dir);
  const shared = await readFile(join(context.root, 'infra/kafka/server.properties'), 'utf8');
  return {
    dataDir,
    version: jars.version,
    // Each start begins empty: with old data, a killed broker waits for its own session to end (9 s).
    isPrepared: () => Promise.resolve(false),
    prepare: async () => {
      const formatted = await formattedLog(java, jars, shared);
      await makeDir(dataDir);
      await cp(formatted, join(dataDir, 'log'), { recursive: true }).catch((error: unknown) => {
        throw asStateError(dataDir, error);
      });
    },
    async launch([port, controller]) {
      const config = join(dataDir, FILE);
      const text = [shared, properties(port, controller), logins(password)].join('\n');
      await writeFile(config, text, { mode: 0o600 }).catch((error: unknown) => {
        throw asStateError(config, error);
      });
      return {
        file: java,
        args: [...virtualMachine(jars, dataDir), `-D${PROPERTY}=${dataDir}`, 'kafka.Kafka', FILE],
        env: JAVA_ENV,
        cwd: dataDir,
        url: writeAddress({
          brokers: [`127.0.0.1:${port}`],
          login: { username: ADMINISTRATOR, password },
        }),
      };
    },
  };
}

/**
 * The log folder is relative to the working directory: Kafka reads a list here, and a comma in a path
 * would divide it.
 */
function properties(port: number | undefined, controller: number | undefined): string {
  return [
    `listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=CLIENTS://127.0.0.1:${port}`,
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    'log.dirs=log',
    '',
  ].join('\n');
}

/** Whom each listener lets in by PLAIN, and how the node logs in at itself. */
function logins(password: string): string {
  const as = `username="${ADMINISTRATOR}" password="${password}"`;
  const login = `${PLAIN} required ${as} user_${ADMINISTRATOR}="${password}";\n`;
  return ['clients', 'controller']
    .map((listener) => `listener.name.${listener}.plain.sasl.jaas.config=${login}`)
    .join('');
}

/**
 * The first tier of compilation and the serial collector: starts in 1.4 s, 150 MB resident. A
 * class-data archive would save 0.4 s and cost 49 MB and 7 s to make, so there is none.
 */
function virtualMachine(jars: Jars, cwd: string): readonly string[] {
  return [
    '-Xms64m',
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Djava.net.preferIPv4Stack=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp',
    // Relative, because a `:` in a path would divide the list.
    jars.files.map((file) => relative(cwd, file)).join(':'),
  ];
}

/** A formatted, empty log folder. Kafka's tool takes 1.5 s, so it is made once and then copied. */
async function formattedLog(java: string, jars: Jars, shared: string): Promise<string> {
  const formatted = join(jars.dir, 'formatted');
  if ((await stat(formatted).catch(() => undefined)) !== undefined) return formatted;
  const beside = join(jars.dir, 'formatting');
  const clusterId = Buffer.from('backend-labs-001').toString('base64url');
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', FILE];
  try {
    await rm(beside, { recursive: true, force: true });
    await makeDir(beside);
    await writeFile(join(beside, FILE), `${shared}\n${properties(9092, 9093)}`);
    await run(java, [...virtualMachine(jars, beside), ...tool], {
      cwd: beside,
      env: { ...process.env, ...JAVA_ENV },
    });
    await rename(join(beside, 'log'), formatted);
    await rm(beside, { recursive: true, force: true });
  } catch (error) {
    throw asStateError(formatted, error);
  }
  return formatted;
}
