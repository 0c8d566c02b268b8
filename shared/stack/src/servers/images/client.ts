import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { ServerTrouble } from '../../errors.ts';
import { findProgram } from '../../provision/machine.ts';

const run = promisify(execFile);

const CALL_MS = 60_000;
const LONGEST_OUTPUT = 64 * 1024 * 1024;
/** The first client of Docker's that can only use BuildKit through its buildx plugin. */
const NEEDS_BUILDX = 23;

/** A program that builds images, and what to put before its own arguments. */
export interface EngineClient {
  readonly kind: 'docker' | 'podman' | 'buildah';
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The client of an engine: `unix:///run/docker.sock` (or `tcp://`, `npipe://`, `ssh://`) is Docker's,
 * `podman:local` is Podman's, `buildah:/folder` is buildah with its images in that folder.
 * Throws if this machine lacks the program.
 */
export async function engineClient(url: string): Promise<EngineClient> {
  const [scheme = '', rest = ''] = split(url);
  if (scheme === 'podman') return client('podman', await need('podman'), []);
  if (scheme === 'buildah') {
    const storage = ['--root', rest, '--runroot', `${rest}/run`];
    return client('buildah', await need('buildah'), storage);
  }
  const file = await findDocker();
  if (file === undefined) {
    throw new ServerTrouble(
      'CHECK_FAILED',
      'there is no docker client here that can use BuildKit; install its buildx plugin',
    );
  }
  // The address, whatever context the user has chosen meanwhile.
  return client('docker', file, ['--host', url]);
}

/** A client of Docker's that can use BuildKit, or undefined. */
export function findDocker(): Promise<string | undefined> {
  return findProgram({
    server: 'images',
    programs: ['docker'],
    debian: ['docker.io'],
    homebrew: 'docker',
    accepts: canBuild,
  });
}

/** What the client writes to stdout. Throws what it wrote to stderr when it fails. */
export async function callEngine(
  { file, args, env }: EngineClient,
  words: readonly string[],
  timeoutMs: number = CALL_MS,
): Promise<string> {
  const { stdout } = await run(file, [...args, ...words], {
    env: { ...process.env, ...env },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: LONGEST_OUTPUT,
  });
  return stdout;
}

/** Both streams of a command, in the order in which they came, and its exit code; 1 when it was ended. */
export async function engineOutput(
  { file, args, env }: EngineClient,
  words: readonly string[],
  timeoutMs: number,
): Promise<{ readonly code: number; readonly text: string }> {
  const child = spawn(file, [...args, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => parts.push(part));
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  const text = Buffer.concat(parts).toString('utf8');
  if (code !== null) return { code, text };
  return { code: 1, text: `${text}\nIt had not ended after ${timeoutMs / 1000} s.\n` };
}

function split(url: string): string[] {
  const colon = url.indexOf(':');
  return [url.slice(0, colon), url.slice(colon + 1)];
}

function client(kind: EngineClient['kind'], file: string, args: readonly string[]): EngineClient {
  const env = kind === 'docker' ? { DOCKER_BUILDKIT: '1' } : { BUILDAH_ISOLATION: 'chroot' };
  return { kind, file, args, env };
}

async function need(program: string): Promise<string> {
  const file = await findProgram({
    server: 'images',
    programs: [program],
    debian: [program],
    homebrew: program,
  });
  if (file !== undefined) return file;
  throw new ServerTrouble('CHECK_FAILED', `${program} is not on this machine`);
}

async function canBuild(file: string): Promise<boolean> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: CALL_MS });
    if (Number(/version (\d+)/u.exec(stdout)?.[1]) < NEEDS_BUILDX) return true;
    await run(file, ['buildx', 'version'], { timeout: CALL_MS });
    return true;
  } catch {
    return false;
  }
}
