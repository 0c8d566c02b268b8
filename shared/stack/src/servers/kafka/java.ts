import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needProgram } from '../../provision/machine.ts';
import type { StackContext } from '../../state.ts';

const run = promisify(execFile);

/** Kafka 4's brokers need at least this version. */
const OLDEST = 17;

/**
 * In the locale C, Java replaces every character of a path that is not ASCII by `?`. It then makes
 * another folder, and does not find its own.
 */
export const JAVA_ENV = { LC_ALL: 'C.UTF-8' } as const;

/** A Java of 17 or newer: `JAVA_HOME`'s, else the machine's. Throws `SERVER_ABSENT`. */
export async function findJava(context: StackContext): Promise<string> {
  const javaHome = process.env['JAVA_HOME'];
  return needProgram(context, {
    server: 'kafka',
    programs: ['java'],
    places: javaHome === undefined || javaHome === '' ? [] : [join(javaHome, 'bin')],
    debian: ['default-jre-headless'],
    homebrew: 'openjdk',
    wanted: `Java ${OLDEST} or newer`,
    accepts: isNewEnough,
  });
}

/** `java -version` writes `openjdk version "17.0.15" 2025-04-15` to stderr. */
async function isNewEnough(java: string): Promise<boolean> {
  const output = await run(java, ['-version']).catch(() => undefined);
  return Number(/version "(\d+)/u.exec(output?.stderr ?? '')?.[1] ?? 0) >= OLDEST;
}
