import { randomBytes } from 'node:crypto';
import { callEngine, type EngineClient } from '@backend-labs/stack';
import { ProbeTrouble } from '../errors.ts';
import { Container } from './container.ts';
import { ours, testcontainers } from './testcontainers.ts';

/** As docker-compose.yml has it. */
const POSTGRES = 'postgres:18.4';
const PORT = 5432;
const START_MS = 60_000;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A port of the container that is published on a free port of this machine. */
  readonly publish: number;
}

/** Where a container belongs. */
export interface Place {
  readonly client: EngineClient;
  readonly network: string;
  readonly label: string;
  readonly name: string;
}

/**
 * Starts a container through Testcontainers. It may have ended when this resolves: whether it serves
 * is for the test to find out, with its log at hand.
 */
export async function startBeside(
  { client, network, label, name }: Place,
  image: string,
  { env = {}, publish }: StartOptions,
): Promise<Container> {
  const { GenericContainer, Wait } = await testcontainers(client);
  const container = ours(new GenericContainer(image), label, name)
    .withNetworkMode(network)
    .withEnvironment({ ...env })
    .withExposedPorts(publish)
    .withWaitStrategy(Wait.forAll([]));
  try {
    await container.start();
  } catch (error) {
    // One that ended at once publishes nothing.
    const made = await callEngine(client, ['inspect', '--format', '{{.State.Status}}', name]).catch(
      () => 'none',
    );
    if (!/^(?:exited|dead|stopped)/u.test(made))
      throw new ProbeTrouble('images', `start ${image}`, error);
  }
  return new Container(client, name);
}

/** A Postgres of the test's own in a container, for containers beside it and for the test. */
export class ContainerPostgres implements AsyncDisposable {
  readonly container: Container;
  readonly #password: string;
  readonly #host: string;

  private constructor(container: Container, host: string, password: string) {
    this.container = container;
    this.#host = host;
    this.#password = password;
  }

  /** Starts it through Testcontainers; it answers when this resolves. */
  static async start({ client, network, label, name }: Place): Promise<ContainerPostgres> {
    const { GenericContainer, Wait } = await testcontainers(client);
    const password = randomBytes(12).toString('hex');
    const container = ours(new GenericContainer(POSTGRES), label, name)
      .withNetworkMode(network)
      .withEnvironment({ POSTGRES_USER: 'app', POSTGRES_PASSWORD: password, POSTGRES_DB: 'app' })
      // Nothing of it is meant to stay, not even an anonymous volume.
      .withTmpFs({ '/var/lib/postgresql': 'rw' })
      .withCommand(['postgres', '-c', 'fsync=off'])
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(START_MS);
    try {
      await container.start();
    } catch (error) {
      throw new ProbeTrouble('images', `start ${POSTGRES}`, error);
    }
    const started = new Container(client, name);
    const { host } = new URL(await started.url(PORT));
    return new ContainerPostgres(started, host, password);
  }

  /** A database as a program on this machine reaches it; the user may make more of them. */
  outerUrl(database = 'app'): string {
    return `postgres://app:${this.#password}@${this.#host}/${database}`;
  }

  /** A database as the containers beside it reach it. */
  innerUrl(database = 'app'): string {
    return `postgres://app:${this.#password}@${this.container.id}:${PORT}/${database}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.container[Symbol.asyncDispose]();
  }
}
