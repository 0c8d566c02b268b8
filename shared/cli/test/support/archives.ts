import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A package registry on 127.0.0.1 that passes on what npm's has, and keeps archives. A build in a
 * container knows neither the certificates nor the proxy of this machine; this process does.
 */
export class Archives implements AsyncDisposable {
  readonly #server: Server;
  readonly #cache: string;
  readonly #upstream: string;
  /** What the registry says of a package, with archives that are fetched from here. */
  readonly #packages = new Map<string, Promise<string>>();

  private constructor(cache: string, upstream: string) {
    this.#cache = cache;
    this.#upstream = upstream;
    this.#server = createServer((req, res) => {
      this.#answer((req.url ?? '/').slice(1)).then(
        (body) => res.writeHead(200).end(body),
        (error: unknown) => res.writeHead(502).end(String(error)),
      );
    });
  }

  /** Keeps the archives in `.labs/registry`, as the registry of lab 08 does. */
  static async open(stateDir: string): Promise<Archives> {
    const { stdout } = await run('npm', ['config', 'get', 'registry']);
    const archives = new Archives(join(stateDir, 'registry'), stdout.trim());
    await mkdir(archives.#cache, { recursive: true });
    await new Promise<void>((done) => void archives.#server.listen(0, '127.0.0.1', done));
    return archives;
  }

  /** An `.npmrc` for a build that is on this machine's network. */
  get npmrc(): string {
    return `registry=${this.#url}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => void this.#server.close(() => done()));
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  #answer(path: string): Promise<Buffer | string> {
    if (path.endsWith('.tgz')) return this.#archive(path);
    const known = this.#packages.get(path) ?? this.#package(path);
    this.#packages.set(path, known);
    return known;
  }

  async #package(path: string): Promise<string> {
    const said = JSON.parse((await this.#fetch(path)).toString()) as Packument;
    const home = `${this.#url}${decodeURIComponent(path)}/-/`;
    for (const { dist } of Object.values(said.versions)) {
      dist.tarball = home + basename(dist.tarball);
    }
    return JSON.stringify(said);
  }

  async #archive(path: string): Promise<Buffer> {
    const file = join(this.#cache, createHash('sha256').update(path).digest('hex'));
    const kept = await readFile(file).catch(() => undefined);
    if (kept) return kept;
    const body = await this.#fetch(path);
    await writeFile(file, body);
    return body;
  }

  async #fetch(path: string): Promise<Buffer> {
    const answer = await fetch(new URL(path, this.#upstream), {
      // Only what an installation needs: a tenth of the whole.
      headers: { accept: 'application/vnd.npm.install-v1+json, */*' },
      signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) throw new Error(`${path}: the registry answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }
}

interface Packument {
  readonly versions: Record<string, { dist: { tarball: string } }>;
}
