import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { asStateError, errorCode, StateUnwritable } from './errors.ts';
import type { ServerAddress, ServerName, StackOptions } from './types.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** The folders that the stack works in, and how it reports progress. */
export interface StackContext {
  /** The repository: holds `docker-compose.yml` and `infra/`. */
  readonly root: string;
  /** `.labs/`, or what `LABS_STATE` says. */
  readonly stateDir: string;
  readonly progress: (line: string) => void;
}

/** Where one server's files live. */
export interface ServerFiles {
  readonly dir: string;
  readonly log: string;
  readonly record: string;
}

/** Fills in the options that the caller left out. Throws `StateUnwritable` if `LABS_STATE` is not an absolute path. */
export function resolveContext(options: StackOptions = {}): StackContext {
  const root = resolve(options.root ?? REPOSITORY);
  const stateDir = options.stateDir ?? process.env['LABS_STATE'] ?? join(root, '.labs');
  if (!isAbsolute(stateDir)) throw new StateUnwritable(stateDir, 'LABS_STATE is not absolute');
  return { root, stateDir, progress: options.onProgress ?? printToStderr };
}

/** Paths of one server's folder under `.labs/servers/`; nothing is created. */
export function serverFiles(context: StackContext, name: ServerName): ServerFiles {
  const dir = join(context.stateDir, 'servers', name);
  return { dir, log: join(dir, 'log'), record: join(dir, 'server.json') };
}

/** Short and stable for one state folder: keeps two checkouts on one machine apart. */
export function checkoutId(context: StackContext): string {
  return createHash('sha256').update(context.stateDir).digest('hex').slice(0, 10);
}

/** mkdir -p. Throws `StateUnwritable` if the disk refuses. */
export async function makeDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    // On a read-only disk Node's recursive mkdir fails with ENOENT, the plain one with EROFS.
    const cause = errorCode(error) === 'ENOENT' ? await makePlain(firstMissing(path)) : error;
    throw asStateError(path, cause ?? error);
  }
}

function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/** What the plain mkdir throws, if anything. */
async function makePlain(path: string): Promise<unknown> {
  return mkdir(path).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Parsed JSON, or undefined if the file is missing or cut short. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw asStateError(path, error);
  }
}

/** Writes another file and renames it, so a reader sees the old text or the new, never half of it. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw asStateError(path, error);
  }
}

/** The password of this folder: random, 128 bits in hex, made once and kept with mode 0600. */
export async function secretIn(dir: string): Promise<string> {
  const path = join(dir, 'secret');
  try {
    const kept = await readFile(path, 'utf8').catch(() => '');
    if (/^[0-9a-f]{32}$/u.test(kept)) return kept;
    const secret = randomBytes(16).toString('hex');
    await mkdir(dir, { recursive: true });
    await writeFile(path, secret, { mode: 0o600 });
    return secret;
  } catch (error) {
    throw asStateError(path, error);
  }
}

/** The last `bytes` of a file at most, from `offset` on; empty if there is no file. */
export async function readTail(path: string, offset: number, bytes: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(offset, size - bytes, 0);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - from)), {
      position: from,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Of URLs, or of `host:port` as Kafka's address is; in the order of `NativeServer.ports`. */
export function portsOf({ url, management }: ServerAddress): number[] {
  return [url, management].flatMap((part) =>
    part === undefined ? [] : [Number(/:(\d+)(?:\/|$)/u.exec(part)?.[1] ?? 0)],
  );
}

function printToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
