import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  callEngine,
  type EngineClient,
  engineClient,
  engineOutput,
  type ImagesLease,
  type Lease,
} from '@backend-labs/stack';
import { FailedAssertion, notLeased, ProbeTrouble, TestkitError } from '../errors.ts';
import { ContainerPostgres, type Place, startBeside, type StartOptions } from './beside.ts';
import { type BuildStep, lastBuildLines, readSteps } from './build-output.ts';
import { Container, type RunOptions, runArguments } from './container.ts';
import { Image } from './image.ts';

const BUILD_MS = 4 * 60_000;
const HOST_BINDING = 'com.docker.network.bridge.host_binding_ipv4';

export interface BuildOptions {
  /** Values of `ARG`s. */
  readonly args?: Readonly<Record<string, string>>;
  /** Files for `RUN --mount=type=secret,id=…`, by their id. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Run every step again. */
  readonly noCache?: boolean;
  /** Of a Dockerfile that is not at the context's top. */
  readonly file?: string;
}

/** An image that was built, and how. */
export interface Built {
  readonly image: Image;
  /** In the order in which they first appear in the engine's output. */
  readonly steps: readonly BuildStep[];
  /** Everything that the engine wrote. */
  readonly output: string;
}

/**
 * Builds images and runs containers, with Docker, Podman or buildah. Everything that it makes carries
 * the label of the lease and is removed with it. Builds use the machine's network, so a package
 * registry on 127.0.0.1 is in their reach; containers share a network of the lease's own.
 */
export class ImageEngine implements AsyncDisposable {
  readonly #client: EngineClient;
  readonly #lease: ImagesLease;
  #network: Promise<string> | undefined;
  #made = 0;

  private constructor(client: EngineClient, lease: ImagesLease) {
    this.#client = client;
    this.#lease = lease;
  }

  static async of({ images }: Lease): Promise<ImageEngine> {
    if (!images) throw notLeased('images');
    return new ImageEngine(await engineClient(images.url), images);
  }

  get kind(): EngineClient['kind'] {
    return this.#client.kind;
  }

  /**
   * Builds the folder's Dockerfile. Throws `FailedAssertion` with the last lines of the output when
   * the build fails, `ProbeTrouble` when the engine does not answer.
   */
  async build(context: string, options: BuildOptions = {}): Promise<Built> {
    const name = this.#name('image');
    const secrets = await mkdtemp(join(tmpdir(), 'labs-secrets-'));
    try {
      const words = ['build', '--network', 'host', '--tag', name, '--label', this.#lease.label];
      words.push(...(this.kind === 'docker' ? ['--progress', 'plain'] : ['--layers']));
      if (options.noCache) words.push('--no-cache');
      if (options.file !== undefined) words.push('--file', options.file);
      for (const [key, value] of Object.entries(options.args ?? {}))
        words.push('--build-arg', `${key}=${value}`);
      words.push(...(await secretArguments(secrets, options.secrets ?? {})), context);
      const { code, text } = await engineOutput(this.#client, words, BUILD_MS);
      if (code !== 0) throw await this.#buildFailed(text);
      return { image: new Image(this.#client, name), steps: readSteps(text), output: text };
    } finally {
      await rm(secrets, { recursive: true, force: true });
    }
  }

  /** Starts a container of the image; it may have ended when this resolves. */
  async run({ name: image }: Image, options: RunOptions = {}): Promise<Container> {
    this.#requireContainers();
    const network = options.network ?? (await this.#sharedNetwork());
    const words = runArguments({ ...options, network }, this.#lease.label, this.#name('container'));
    const id = await this.#call('start a container', [...words, image, ...(options.command ?? [])]);
    return new Container(this.#client, id.trim());
  }

  /**
   * Starts a container of the image beside the others, through Testcontainers; it may have ended when
   * this resolves. They reach each other by their ids.
   */
  async start({ name }: Image, options: StartOptions): Promise<Container> {
    return startBeside(await this.#place(), name, options);
  }

  /** Starts a Postgres of the test's own beside them, through Testcontainers. */
  async postgres(): Promise<ContainerPostgres> {
    return ContainerPostgres.start(await this.#place());
  }

  /** An image by its name, e.g. the base of another. Undefined if the engine does not have it. */
  async find(name: string): Promise<Image | undefined> {
    const image = new Image(this.#client, name);
    return image.config().then(
      () => image,
      () => undefined,
    );
  }

  /** The name of this machine, as a build and a container on the machine's network know it. */
  async hostName(): Promise<string> {
    if (this.kind !== 'docker') return '127.0.0.1';
    // Docker Desktop runs its engine in a virtual machine.
    const system = await this.#call('ask the engine', ['info', '--format', '{{.OperatingSystem}}']);
    return system.includes('Docker Desktop') ? 'host.docker.internal' : '127.0.0.1';
  }

  /** Any other command of the engine's; gives its stdout. */
  call(...words: readonly string[]): Promise<string> {
    return this.#call(words[0] ?? '', words);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The lease removes what carries its label.
  }

  /** With a number, so that a test may build and run as many as it likes. */
  #name(kind: string): string {
    this.#made += 1;
    const { prefix } = this.#lease;
    const number = `${process.pid}-${this.#made}`;
    return kind === 'image' ? `${prefix}:${number}` : `${prefix.replace('/', '-')}-${number}`;
  }

  async #place(): Promise<Place> {
    const network = await this.#sharedNetwork();
    const { label } = this.#lease;
    return { client: this.#client, network, label, name: this.#name('container') };
  }

  #requireContainers(): void {
    if (this.kind !== 'buildah') return;
    const message = 'buildah builds images and starts no containers.';
    throw new TestkitError('NOT_PROVIDED', message, 'use Docker or Podman for this task');
  }

  #sharedNetwork(): Promise<string> {
    return (this.#network ??= this.#makeNetwork());
  }

  async #makeNetwork(): Promise<string> {
    this.#requireContainers();
    const name = this.#name('network');
    const words = ['network', 'create', '--label', this.#lease.label];
    // Ports that Testcontainers publishes are for this machine only.
    if (this.kind === 'docker') words.push('--opt', `${HOST_BINDING}=127.0.0.1`);
    words.push(name);
    await this.#call('make a network', words);
    return name;
  }

  async #call(doing: string, words: readonly string[]): Promise<string> {
    try {
      return await callEngine(this.#client, words);
    } catch (error) {
      throw new ProbeTrouble('images', doing, error);
    }
  }

  /** The learner's failure, unless the engine is gone. */
  async #buildFailed(text: string): Promise<Error> {
    await this.#call('build an image', ['version']);
    const lines = lastBuildLines(text).map((line) => `  ${line}`);
    return new FailedAssertion(['The image could not be built.', ...lines].join('\n'));
  }
}

async function secretArguments(
  dir: string,
  secrets: Readonly<Record<string, string>>,
): Promise<string[]> {
  const words: string[] = [];
  for (const [id, content] of Object.entries(secrets)) {
    const file = join(dir, id);
    await writeFile(file, content, { mode: 0o600 });
    words.push('--secret', `id=${id},src=${file}`);
  }
  return words;
}
