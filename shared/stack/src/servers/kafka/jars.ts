import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { asStateError, reason, ServerUnavailable } from '../../errors.ts';
import { withLock } from '../../lock.ts';
import { digest } from '../../owner.ts';
import { plainPath, plainPaths } from '../../plain-path.ts';
import { needProgram } from '../../provision/machine.ts';
import { type StackContext, makeDir } from '../../state.ts';
import { JAVA_ENV } from './java.ts';

const run = promisify(execFile);

/** All of Kafka's jars that the pom names, in one folder. */
export interface Jars {
  readonly dir: string;
  /** Absolute paths. */
  readonly files: readonly string[];
  /** E.g. `4.3.1`. */
  readonly version: string;
}

/** The jars of `infra/kafka/pom.xml`, downloaded by Maven once for each content of that file. */
export async function findJars(context: StackContext): Promise<Jars> {
  const pom = join(context.root, 'infra/kafka/pom.xml');
  const dir = join(jarsFolder(context), digest(await readFile(pom, 'utf8'), 10));
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

/** Java finds no jar in a folder with an emoji in its path: it encodes each half of the character. */
function jarsFolder(context: StackContext): string {
  const aboveBmp = /[\u{10000}-\u{10ffff}]/u.test(context.stateDir);
  return aboveBmp ? (plainPaths(context, 'kafka')[0] ?? '') : join(context.stateDir, 'kafka');
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
  const folder = dirname(dir);
  await makeDir(folder);
  await rm(beside, { recursive: true, force: true });
  // Maven reads `$` and `%` in a path, and its start script runs of spaces.
  const home = await plainPath(context, 'kafka', folder);
  await copyFile(pom, join(folder, 'pom.xml'));
  const copy = `-DoutputDirectory=${join(home, basename(beside), 'jars')}`;
  const args = ['-q', '-B', '-f', join(home, 'pom.xml'), 'dependency:copy-dependencies', copy];
  try {
    // Maven writes files of its own into the working directory: keep them out of the repository.
    await run(program, [...args, '-DincludeScope=runtime'], {
      cwd: home,
      env: { ...process.env, ...JAVA_ENV },
    });
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
  return { dir, files: jars.map((name) => join(dir, 'jars', name)), version: kafka };
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
