import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A package to serve. Files by path, as text; all are executable. */
export interface TinyPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

interface Published {
  readonly tarball: Buffer;
  readonly integrity: string;
  readonly manifest: object;
}

/** An npm registry of a few tiny packages on 127.0.0.1, for the real npm and the real pnpm. */
export class Registry implements AsyncDisposable {
  /** Paths asked for, in order. */
  readonly requests: string[] = [];
  readonly url: string;
  readonly #server;
  readonly #packages = new Map<string, Published>();
  #holding = false;
  #refusal: number | undefined;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const path = decodeURIComponent(request.url ?? '/').slice(1);
      this.requests.push(path);
      if (this.#refusal !== undefined) response.writeHead(this.#refusal).end('{}');
      else if (!this.#holding) this.#answer(path, response);
    });
  }

  static async start(): Promise<Registry> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new Registry(server);
  }

  /** @returns The integrity hash of its tarball. */
  publish({ name, version, dependencies = {}, files = {} }: TinyPackage): string {
    const folder = mkdtempSync(join(tmpdir(), 'labs-publish-'));
    const manifest = { name, version, dependencies };
    const all = { ...files, 'package.json': JSON.stringify(manifest) };
    for (const [path, text] of Object.entries(all)) {
      const file = join(folder, 'package', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: 0o755 });
    }
    execFileSync('tar', ['-czf', 'package.tgz', 'package'], { cwd: folder });
    const tarball = readFileSync(join(folder, 'package.tgz'));
    rmSync(folder, { recursive: true });
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    this.#packages.set(name, { tarball, integrity, manifest: { ...manifest, version } });
    return integrity;
  }

  /** From now on everybody gets this status. */
  refuse(status: number): void {
    this.#refusal = status;
  }

  /** From now on nobody gets an answer. */
  hold(): void {
    this.#holding = true;
  }

  /** Ends `hold` for those who ask from now on. */
  release(): void {
    this.#holding = false;
  }

  /** From now on nobody gets a connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #answer(path: string, response: ServerResponse): void {
    const [name = '', file] = path.split('/-/');
    const found = this.#packages.get(name);
    if (!found) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
      return;
    }
    if (file) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(found.tarball);
      return;
    }
    const { version } = found.manifest as { version: string };
    const dist = {
      tarball: `${this.url}/${name}/-/${version}.tgz`,
      integrity: found.integrity,
    };
    const body = {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...found.manifest, dist } },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
