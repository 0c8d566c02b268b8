import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { asVersion, NEW_VERSIONS, PATCHED } from './patched.ts';

const run = promisify(execFile);

const FRESH_MS = 3_600_000;

/** No upstream registry, and the package was never fetched here before: the machine's fault. */
export class RegistryTrouble extends Error {
  override readonly name = 'RegistryTrouble';
  readonly blame = 'machine';
  readonly fix = 'connect this machine to an npm registry once; packages are kept in .labs';
}

/**
 * The company's package registry, which wants a token. It passes on what the user's own registry
 * has, and keeps it. Of the package `ms` it also has versions that came out after the lab's lock
 * file was written.
 */
export class Registry implements AsyncDisposable {
  readonly token = `npm_${randomBytes(18).toString('hex')}`;
  /** Paths that were requested with the token. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #cache: string;
  /** Answers that were rewritten, by path. */
  readonly #rewritten = new Map<string, Promise<string>>();
  #trouble: RegistryTrouble | undefined;
  static #upstream: Promise<string> | undefined;

  private constructor(cache: string) {
    this.#cache = cache;
    this.#server = createServer((req, res) => void this.#serve(req, res));
  }

  static async open(stateDir: string): Promise<Registry> {
    const registry = new Registry(join(stateDir, 'registry'));
    await mkdir(registry.#cache, { recursive: true });
    await new Promise<void>((done) => void registry.#server.listen(0, '127.0.0.1', done));
    return registry;
  }

  /** As a build sees it that uses the network of `host`. */
  url(host: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${host}:${port}/`;
  }

  /** An `.npmrc` with the address and the token. */
  npmrc(host: string): string {
    const url = this.url(host);
    return `registry=${url}\n${url.replace('http:', '')}:_authToken=${this.token}\n`;
  }

  /** The checksum of the package `ms` in a version of the registry's own. */
  async checksum(version: string): Promise<string> {
    return integrityOf(await this.#archive(version));
  }

  /** Throws if anything could not be fetched: then a failed build says nothing about the learner. */
  check(): void {
    if (this.#trouble) throw this.#trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => void this.#server.close(() => done()));
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = (req.url ?? '/').replace(/^\//u, '');
    if (req.headers.authorization !== `Bearer ${this.token}`) {
      res.writeHead(401).end('{"error":"this registry wants a token"}');
      return;
    }
    if (req.method !== 'GET' || path.startsWith('-/')) {
      res.writeHead(404).end('{}');
      return;
    }
    this.requests.push(path);
    try {
      const body = await this.#answer(path, req);
      res.writeHead(200).end(body);
    } catch (error) {
      res.writeHead(error instanceof RegistryTrouble ? 503 : 404).end('{}');
    }
  }

  async #answer(path: string, req: IncomingMessage): Promise<Buffer | string> {
    const patched = new RegExp(`^${PATCHED}/-/${PATCHED}-(.*)\\.tgz$`, 'u').exec(path)?.[1];
    if (patched !== undefined && NEW_VERSIONS.includes(patched)) return this.#archive(patched);
    if (path.endsWith('.tgz')) return this.#fetch(path, Infinity);
    const known = this.#rewritten.get(path) ?? this.#rewrite(path, `http://${req.headers.host}/`);
    this.#rewritten.set(path, known);
    return known;
  }

  /** The versions of a package, with archives that are fetched from here. */
  async #rewrite(path: string, own: string): Promise<string> {
    const text = (await this.#fetch(path, FRESH_MS)).toString('utf8');
    const manifest = JSON.parse(text) as Packument;
    if (path === PATCHED) await this.#publish(manifest);
    const home = `${own}${decodeURIComponent(path)}/-/`;
    for (const { dist } of Object.values(manifest.versions))
      dist.tarball = home + basename(dist.tarball);
    return JSON.stringify(manifest);
  }

  async #publish(manifest: Packument): Promise<void> {
    const latest = manifest.versions[manifest['dist-tags'].latest];
    if (latest === undefined) return;
    for (const version of NEW_VERSIONS) {
      const tarball = `${PATCHED}-${version}.tgz`;
      const dist = { tarball, integrity: await this.checksum(version) };
      manifest.versions[version] = { ...latest, version, dist };
      manifest['dist-tags'].latest = version;
    }
  }

  /** The same bytes each time: the content is that of the last real version. */
  async #archive(version: string): Promise<Buffer> {
    return asVersion(await this.#fetch(`${PATCHED}/-/${PATCHED}-2.1.3.tgz`, Infinity), version);
  }

  async #fetch(path: string, freshMs: number): Promise<Buffer> {
    const file = join(this.#cache, createHash('sha256').update(path).digest('hex'));
    const found = await stat(file).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs < freshMs) return readFile(file);
    try {
      const upstream = await (Registry.#upstream ??= upstreamRegistry());
      const answer = await fetch(new URL(path, upstream), {
        // Only what an installation needs: a tenth of the whole.
        headers: { accept: 'application/vnd.npm.install-v1+json, */*' },
        signal: AbortSignal.timeout(30_000),
      });
      if (answer.status === 404) throw new TypeError(`there is no ${path}`);
      if (!answer.ok) throw new RegistryTrouble(`${path}: the registry answered ${answer.status}`);
      const body = Buffer.from(await answer.arrayBuffer());
      const beside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
      await writeFile(beside, body);
      await rename(beside, file);
      return body;
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith('there is no')) throw error;
      if (found) return readFile(file);
      this.#trouble ??= new RegistryTrouble(`no npm registry can be reached for ${path}`, {
        cause: error,
      });
      throw this.#trouble;
    }
  }
}

interface Packument {
  readonly versions: Record<
    string,
    { version: string; dist: { tarball: string; integrity?: string } }
  >;
  readonly 'dist-tags': Record<string, string> & { latest: string };
}

function integrityOf(archive: Buffer): string {
  return `sha512-${createHash('sha512').update(archive).digest('base64')}`;
}

/** The registry of the user's own npm. */
async function upstreamRegistry(): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'], { cwd: homedir() });
  const url = stdout.trim();
  return url.endsWith('/') ? url : `${url}/`;
}
