import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** A registry with one package, `tiny`, whose install script would leave a mark. npm gets its address. */
export class Registry implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    this.requests.push(request.url ?? '');
    if (request.url?.endsWith('.tgz') === true) response.end(this.#tarball);
    else if (request.url === '/tiny') response.end(this.#packument(request.headers.host ?? ''));
    else response.writeHead(404).end();
  });
  readonly #before = process.env['npm_config_registry'];
  #tarball = Buffer.alloc(0);
  readonly requests: string[] = [];

  static async open(mark: string): Promise<Registry> {
    const registry = new Registry();
    const files = pack();
    const manifest = {
      name: 'tiny',
      version: '1.0.0',
      main: 'index.js',
      scripts: { postinstall: `touch ${mark}` },
    };
    files.entry({ name: 'package/package.json' }, JSON.stringify(manifest));
    files.entry({ name: 'package/index.js' }, `exports.greeting = 'hello';`);
    files.finalize();
    registry.#tarball = await buffer(files.pipe(createGzip()));
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    const address = registry.#server.address();
    if (typeof address !== 'object' || address === null) throw new TypeError('it does not listen');
    process.env['npm_config_registry'] = `http://127.0.0.1:${address.port}/`;
    return registry;
  }

  #packument(host: string): string {
    const tarball = `http://${host}/tiny/-/tiny-1.0.0.tgz`;
    const dist = { tarball, integrity: this.#integrity };
    const version = { name: 'tiny', version: '1.0.0', hasInstallScript: true, dist };
    return JSON.stringify({ name: 'tiny', versions: { '1.0.0': version } });
  }

  get #integrity(): string {
    return `sha512-${createHash('sha512').update(this.#tarball).digest('base64')}`;
  }

  /** The lock file that npm writes for a project that depends on `tiny`. */
  get lock(): string {
    return JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { dependencies: { tiny: '1.0.0' } },
        'node_modules/tiny': {
          version: '1.0.0',
          resolved: 'https://npm.example.com/tiny/-/tiny-1.0.0.tgz',
          integrity: this.#integrity,
          hasInstallScript: true,
        },
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#before === undefined) delete process.env['npm_config_registry'];
    else process.env['npm_config_registry'] = this.#before;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
