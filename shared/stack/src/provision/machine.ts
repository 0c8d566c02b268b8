import { spawn } from 'node:child_process';
import { access, constants, open, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { asStateError, errorCode, ServerUnavailable } from '../errors.ts';
import { withLock } from '../lock.ts';
import { type StackContext, readTail } from '../state.ts';
import type { ServerName } from '../types.ts';

/** A program that a server needs, and the packages that it comes in. */
export interface ProgramRequest {
  readonly server: ServerName;
  /** Any one of these will do. */
  readonly programs: readonly string[];
  readonly debian: readonly string[];
  readonly homebrew: string;
  /** Folders that go before the PATH. */
  readonly places?: readonly string[];
  /** For people, if the program's name says too little. */
  readonly wanted?: string;
  /** Refuses a program that was found but cannot be used, e.g. a Java that is too old. */
  readonly accepts?: (path: string) => Promise<boolean>;
}

/** Folders that are not always on an ordinary user's PATH. */
const MORE_PLACES = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin'];

/**
 * Path of the program. If it is missing, and we are root or in CI, it reports that it installs it,
 * and does so with apt-get. Throws `SERVER_ABSENT` with the command that a person can run.
 */
export async function needProgram(context: StackContext, request: ProgramRequest): Promise<string> {
  const found = await findProgram(request);
  if (found !== undefined) return found;
  const apt = await findProgram({ ...request, programs: ['apt-get'], accepts: undefined });
  const prefix = await privileges(request);
  if (apt === undefined || prefix === undefined) throw absent(request, apt !== undefined);
  return withLock(context, 'apt', async () => {
    const meanwhile = await findProgram(request);
    if (meanwhile !== undefined) return meanwhile;
    context.progress(`installing ${request.debian.join(' ')} with apt-get, for ${request.server}`);
    await installQuietly(context, request, [...prefix, apt]);
    const installed = await findProgram(request);
    if (installed === undefined) throw absent(request, true);
    return installed;
  });
}

type Search = Omit<ProgramRequest, 'accepts'> & { accepts?: ProgramRequest['accepts'] | undefined };

/** The first acceptable program on the PATH, or undefined. */
export async function findProgram(request: Search): Promise<string | undefined> {
  const path = process.env['PATH'] ?? '';
  for (const dir of [...(request.places ?? []), ...path.split(delimiter), ...MORE_PLACES]) {
    for (const program of request.programs) {
      const file = join(dir, program);
      const runs = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (runs && (request.accepts === undefined || (await request.accepts(file)))) return file;
    }
  }
  return undefined;
}

/** What to put before a command to run it as root: nothing, or `sudo -n` in CI. Undefined: not allowed. */
async function privileges(request: ProgramRequest): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  if (process.env['CI'] === undefined || process.env['CI'] === 'false') return undefined;
  const sudo = await findProgram({ ...request, programs: ['sudo'], accepts: undefined });
  return sudo === undefined ? undefined : [sudo, '-n'];
}

async function installQuietly(
  context: StackContext,
  request: ProgramRequest,
  apt: readonly string[],
): Promise<void> {
  const log = join(context.stateDir, 'apt.log');
  const release = await forbidServices();
  try {
    const install = ['install', '-y', '--no-install-recommends', ...request.debian];
    if (await runLogged(apt, install, log)) return;
    // Old package lists name versions that the archive no longer has.
    await runLogged(apt, ['update'], log);
    if (await runLogged(apt, install, log)) return;
  } finally {
    await release();
  }
  const tail = await readTail(log, 0, 4096);
  const why = tail.split('\n').findLast((line) => line.startsWith('E: ')) ?? 'apt-get failed';
  throw new ServerUnavailable(
    'SERVER_ABSENT',
    request.server,
    `${request.server} could not be installed: ${why.replace('E: ', '')}`,
    `its whole output is in ${log}; see it again with \`sudo apt-get install -y ${request.debian.join(' ')}\``,
  );
}

/**
 * While this file exists, Debian's packages start no service when they are installed: we run a server
 * of our own. An administrator's own policy stays as it is.
 */
async function forbidServices(): Promise<() => Promise<void>> {
  const policy = '/usr/sbin/policy-rc.d';
  try {
    await writeFile(policy, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || process.getuid?.() !== 0) return async () => {};
    throw asStateError(policy, error);
  }
  return () => rm(policy, { force: true });
}

async function runLogged(
  command: readonly string[],
  args: readonly string[],
  log: string,
): Promise<boolean> {
  const [file, ...before] = command;
  if (file === undefined) return false;
  const output = await open(log, 'a').catch((error: unknown) => {
    throw asStateError(log, error);
  });
  try {
    const child = spawn(file, [...before, '-o', 'DPkg::Lock::Timeout=300', ...args], {
      stdio: ['ignore', output.fd, output.fd],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    return await new Promise<boolean>((done) => {
      child.once('error', () => done(false));
      child.once('exit', (code) => done(code === 0));
    });
  } finally {
    await output.close();
  }
}

function absent(request: ProgramRequest, hasApt: boolean): ServerUnavailable {
  const command = hasApt
    ? `sudo apt-get install -y ${request.debian.join(' ')}`
    : `brew install ${request.homebrew}`;
  const wanted = request.wanted ?? request.programs.join(' or ');
  return new ServerUnavailable(
    'SERVER_ABSENT',
    request.server,
    `${request.server} needs ${wanted}, which is not on this machine`,
    process.platform === 'darwin' || hasApt
      ? `run \`${command}\``
      : `start Docker, or install ${request.homebrew}`,
  );
}
