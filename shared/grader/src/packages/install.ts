import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GraderError } from '../errors.ts';
import type { Packages } from './check.ts';

const WITHIN_MS = 5 * 60_000;
/** Errors of npm that are about the lock file, and not about this machine or its network. */
const OF_LOCK = new Set(['EUSAGE', 'EINTEGRITY', 'E404', 'ETARGET', 'EBADPLATFORM']);
const FLAGS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-workspaces',
  '--json',
  // npm also fetches again what has a wrong checksum. By default it waits up to a minute each time.
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=2000',
];

/**
 * Installs packages from their lock file into a new folder, and runs none of their scripts.
 *
 * @returns the folder `node_modules`.
 * @throws GraderError `BAD_PACKAGES` when the lock file is at fault, otherwise `NO_PACKAGES`.
 */
export async function installPackages(dir: string, { manifest, lock }: Packages): Promise<string> {
  mkdirSync(dir);
  writeFileSync(join(dir, 'package.json'), manifest);
  writeFileSync(join(dir, 'package-lock.json'), lock);
  try {
    await promisify(execFile)('npm', ['ci', ...FLAGS], { cwd: dir, timeout: WITHIN_MS });
  } catch (cause) {
    const { code, summary } = errorOf(cause);
    const said = `npm says ${code}: ${summary.split('\n')[0]}`;
    if (OF_LOCK.has(code)) {
      const message = `The new packages cannot be installed from package-lock.json: ${said}. Ask the candidate.`;
      throw new GraderError('BAD_PACKAGES', message, { cause });
    }
    const message = `The new packages could not be installed: ${said}. Check npm and the network.`;
    throw new GraderError('NO_PACKAGES', message, { cause });
  }
  return join(dir, 'node_modules');
}

/** What `npm --json` says went wrong. */
function errorOf(cause: unknown): { readonly code: string; readonly summary: string } {
  const { stdout = '', code, message = '' } = cause as Partial<Record<string, string>>;
  try {
    const { error } = JSON.parse(stdout) as { error: { code: unknown; summary: unknown } };
    return { code: String(error.code), summary: String(error.summary) };
  } catch {
    return { code: String(code), summary: message };
  }
}
