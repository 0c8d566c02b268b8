import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/**
 * A package registry on 127.0.0.1 that passes on archives from npm's, and keeps them. A build in a
 * container knows neither the certificates nor the proxy of this machine; this process does.
 */
export class Archives implements AsyncDisposable {
  readonly #server: Server;
  readonly #cache: string;

  private constructor(cache: string) {
    this.#cache = cache;
    this.#server = createServer((req, res) => {
      this.#archive((req.url ?? '/').slice(1)).then(
        (body) => res.writeHead(200).end(body),
        (error: unknown) => res.writeHead(502).end(String(error)),
      );
    });
  }

  /** Keeps the archives in `.labs/registry`, as the registry of lab 08 does. */
  static async open(stateDir: string): Promise<Archives> {
    const archives = new Archives(join(stateDir, 'registry'));
    await mkdir(archives.#cache, { recursive: true });
    await new Promise<void>((done) => void archives.#server.listen(0, '127.0.0.1', done));
    return archives;
  }

  /** An `.npmrc` for a build that is on this machine's network. */
  get npmrc(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `registry=http://127.0.0.1:${port}/\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => void this.#server.close(() => done()));
  }

  async #archive(path: string): Promise<Buffer> {
    const file = join(this.#cache, createHash('sha256').update(path).digest('hex'));
    const kept = await readFile(file).catch(() => undefined);
    if (kept) return kept;
    const registry = process.env['npm_config_registry'] ?? 'https://registry.npmjs.org/';
    const answer = await fetch(new URL(path, registry), { signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`${path}: the registry answered ${answer.status}`);
    const body = Buffer.from(await answer.arrayBuffer());
    await writeFile(file, body);
    return body;
  }
}
