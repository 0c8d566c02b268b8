import { execFile } from 'node:child_process';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, reason, ServerUnavailable } from '../../errors.ts';
import { withLock } from '../../lock.ts';
import { digest } from '../../owner.ts';
import { needProgram } from '../../provision/machine.ts';
import { type StackContext, makeDir } from '../../state.ts';

const run = promisify(execFile);

/** All of Kafka's jars that the pom names, in one folder. */
export interface Jars {
  readonly dir: string;
  readonly classPath: string;
  /** E.g. `4.3.1`. */
  readonly version: string;
}

/** The jars of `infra/kafka/pom.xml`, downloaded by Maven once for each content of that file. */
export async function findJars(context: StackContext): Promise<Jars> {
  const pom = join(context.root, 'infra/kafka/pom.xml');
  const dir = join(context.stateDir, 'kafka', digest(await readFile(pom, 'utf8'), 10));
  const present = await listed(dir);
  if (present !== undefined) return present;
  return withLock(context, 'kafka-jars', async () => {
    const meanwhile = await listed(dir);
    if (meanwhile !== undefined) return meanwhile;
    await download(context, pom, dir);
    const downloaded = await listed(dir);
    if (downloaded === undefined) throw notDownloaded('Maven copied no Kafka jar');
    return downloaded;
  });
}

async function download(context: StackContext, pom: string, dir: string): Promise<void> {
  const program = await needProgram(context, {
    server: 'kafka',
    programs: ['mvn'],
    debian: ['maven'],
    homebrew: 'maven',
  });
  context.progress("downloading Kafka's jars with Maven");
  const beside = `${dir}.new`;
  await makeDir(join(context.stateDir, 'kafka'));
  await rm(beside, { recursive: true, force: true });
  const copy = `-DoutputDirectory=${join(beside, 'jars')}`;
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', copy];
  try {
    // Maven writes files of its own into the working directory: keep them out of the repository.
    await run(program, [...args, '-DincludeScope=runtime'], { cwd: context.stateDir });
    await rm(dir, { recursive: true, force: true });
    await rename(beside, dir);
  } catch (error) {
    const text = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    const maven = text.split('\n').find((line) => line.startsWith('[ERROR]'));
    const stateError = asStateError(dir, error);
    throw stateError === error
      ? notDownloaded(maven?.slice(8) ?? reason(error), error)
      : stateError;
  }
}

async function listed(dir: string): Promise<Jars | undefined> {
  const names = await readdir(join(dir, 'jars')).catch(() => []);
  const kafka = names.map((name) => /^kafka_[\d.]+-(\d.*)\.jar$/u.exec(name)?.[1]).find(Boolean);
  if (kafka === undefined) return undefined;
  const jars = names.filter((name) => name.endsWith('.jar')).toSorted();
  const classPath = jars.map((name) => join(dir, 'jars', name)).join(':');
  return { dir, classPath, version: kafka };
}

function notDownloaded(why: string, cause?: unknown): ServerUnavailable {
  return new ServerUnavailable(
    'SERVER_ABSENT',
    'kafka',
    `Kafka's jars could not be downloaded: ${why}`,
    'run `mvn -f infra/kafka/pom.xml dependency:resolve`',
    cause,
  );
}
