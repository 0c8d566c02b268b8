import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ClassError } from '../errors.ts';

const WITHIN_MS = 120_000;

/**
 * Fetching is done as the instructor, with their settings: that is where the login to the students'
 * repositories is. Nothing asks a question, and nothing of a repository starts a program.
 */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'fetch.recurseSubmodules=false',
  'safe.directory=*',
];
const ENVIRONMENT = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:https:ssh',
  GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -oBatchMode=yes',
};

/**
 * Brings a bare copy up to date, or makes it.
 *
 * @param source a URL or an absolute path.
 * @throws ClassError `NO_GIT`; otherwise git's own error, whose last line is git's reason.
 */
export async function fetchInto(dir: string, source: string): Promise<void> {
  if (existsSync(dir)) {
    await git(
      ['fetch', '--quiet', '--prune', '--no-tags', source, '+HEAD:refs/heads/labs-head'],
      dir,
    );
    return;
  }
  const beside = `${dir}.${process.pid}`;
  mkdirSync(dirname(dir), { recursive: true });
  rmSync(beside, { recursive: true, force: true });
  try {
    await git(['init', '--quiet', '--bare', '--template=', beside], dirname(dir));
    await git(['symbolic-ref', 'HEAD', 'refs/heads/labs-head'], beside);
    await git(['fetch', '--quiet', '--no-tags', source, '+HEAD:refs/heads/labs-head'], beside);
    renameSync(beside, dir);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** When a commit was made, by the clock of its author's machine. ISO 8601, UTC. */
export async function committedAt(dir: string, commit: string): Promise<string> {
  const text = await git(['show', '--no-patch', '--format=%cI', commit, '--'], dir);
  return new Date(text.trim()).toISOString();
}

async function git(args: readonly string[], cwd: string): Promise<string> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  try {
    const { stdout } = await promisify(execFile)('git', [...settings, ...args], {
      cwd,
      env: { ...process.env, ...ENVIRONMENT },
      timeout: WITHIN_MS,
    });
    return stdout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(reasonOf(cause), { cause });
    throw new ClassError('NO_GIT', 'git is not installed. Install git.', { cause });
  }
}

/** What git says is wrong, in one line. */
function reasonOf(error: unknown): string {
  const { stderr = '', killed } = error as { stderr?: string; killed?: boolean };
  if (killed === true) return `git did not end within ${WITHIN_MS / 1000} s`;
  const lines = stderr.split('\n').map((text) => text.trim());
  const fatal = lines.find((text) => /^(?:fatal|error|ERROR):/u.test(text));
  return (fatal ?? lines.find((text) => text !== '') ?? 'git failed').replace(/^\w+: /u, '');
}
