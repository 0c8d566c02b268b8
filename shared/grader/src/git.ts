import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GraderError } from './errors.ts';

/** Bytes that git may print: a submission's files. */
const MOST_OUTPUT = 64 * 1024 * 1024;
const WITHIN_MS = 60_000;

/**
 * Nothing of the person's settings, and nothing of the repository's that starts a program: it may be
 * a candidate's.
 */
const ENVIRONMENT = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_ALLOW_PROTOCOL: 'file:https:ssh',
};
const SETTINGS = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'safe.directory=*',
  '-c',
  'core.attributesFile=/dev/null',
  '-c',
  'core.autocrlf=false',
];

/**
 * @param input what git reads from its stdin.
 * @throws GraderError `NO_GIT` when git is missing, otherwise git's own error.
 */
export async function git(args: readonly string[], cwd: string, input = ''): Promise<Buffer> {
  try {
    const running = promisify(execFile)('git', [...SETTINGS, ...args], {
      cwd,
      env: ENVIRONMENT,
      encoding: 'buffer',
      maxBuffer: MOST_OUTPUT,
      timeout: WITHIN_MS,
    });
    // A git that ends early says why on its own.
    running.child.stdin?.on('error', () => {}).end(input);
    return (await running).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new GraderError('NO_GIT', 'git is not installed. Install git.', { cause: error });
  }
}

/** Makes a folder a repository, with all of its files in one commit. */
export async function firstCommit(dir: string, subject: string): Promise<void> {
  const author = ['-c', 'user.name=Backend Labs', '-c', 'user.email=labs@example.invalid'];
  await git(['init', '--quiet', '--template=', '--initial-branch=main'], dir);
  await git(['add', '--all'], dir);
  await git([...author, 'commit', '--quiet', '--no-gpg-sign', '-m', subject], dir);
}
