import { randomBytes } from 'node:crypto';
import { reason, ServerUnavailable, StackError } from './errors.ts';
import { JoinedLease } from './lease.ts';
import type { Leases } from './servers/part.ts';
import type { PostgresLeases } from './servers/postgres/leases.ts';
import type {
  Lease,
  LeaseRequest,
  PostgresLease,
  ServerAddress,
  ServerName,
  Stack,
} from './types.ts';

type Addresses = Readonly<Record<ServerName, ServerAddress>>;

/** Leases from servers that are known to be live; looks for none and starts none. */
export function connectStack(servers: Addresses): Stack {
  return new ConnectedStack(servers);
}

class ConnectedStack implements Stack {
  readonly #servers: Addresses;
  readonly #out = new Set<Lease>();
  readonly #opened: Promise<Leases>[] = [];
  #postgres: Promise<PostgresLeases> | undefined;
  #redis: Promise<Leases> | undefined;
  #rabbitmq: Promise<Leases> | undefined;
  #kafka: Promise<Leases> | undefined;

  constructor(servers: Addresses) {
    this.#servers = servers;
  }

  async lease(request: LeaseRequest): Promise<Lease> {
    // Drawn, not counted: a process may hold several stacks.
    const mark = randomBytes(3).toString('hex');
    const settled = await Promise.allSettled(
      request.servers.map(async (name) => (await this.#leases(name)).lease(request, mark)),
    );
    const parts = settled.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
    const failed = settled.find((part) => part.status === 'rejected');
    if (failed !== undefined) {
      await Promise.allSettled(parts.map((part) => part.release(false)));
      throw asLeaseError(failed.reason);
    }
    const id = `${request.lab}-${process.pid}-${mark}`;
    const lease = new JoinedLease(id, parts, () => this.#out.delete(lease));
    this.#out.add(lease);
    return lease;
  }

  async template(
    request: LeaseRequest,
    key: string,
    build: (lease: PostgresLease) => Promise<void>,
  ): Promise<string> {
    return (await this.#databases()).template(request, key, build);
  }

  async dropTemplates(prefix: string): Promise<void> {
    await (await this.#databases()).dropTemplates(prefix);
  }

  async dropLeftBehind(lab: string): Promise<void> {
    await (await this.#databases()).dropLeftBehind(lab);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#out].map((lease) => lease[Symbol.asyncDispose]()));
    const opened = await Promise.allSettled(this.#opened);
    await Promise.all(
      opened.map(async (one) => one.status === 'fulfilled' && one.value[Symbol.asyncDispose]()),
    );
  }

  /** Client libraries load when first needed: most labs lease from one or two servers. */
  #leases(name: ServerName): Promise<Leases> {
    switch (name) {
      case 'postgres':
        return this.#databases();
      case 'redis':
        return (this.#redis ??= this.#open(async () => {
          const { RedisLeases } = await import('./servers/redis/leases.ts');
          return new RedisLeases(this.#address(name));
        }));
      case 'rabbitmq':
        return (this.#rabbitmq ??= this.#open(async () => {
          const { RabbitLeases } = await import('./servers/rabbitmq/leases.ts');
          return new RabbitLeases(this.#address(name));
        }));
      case 'kafka':
        return (this.#kafka ??= this.#open(async () => {
          const { KafkaLeases } = await import('./servers/kafka/leases.ts');
          return new KafkaLeases(this.#address(name));
        }));
      default:
        throw new TypeError(`There is no server ${name}.`);
    }
  }

  #databases(): Promise<PostgresLeases> {
    this.#postgres ??= this.#open(async () => {
      const module = await import('./servers/postgres/leases.ts');
      return new module.PostgresLeases(this.#address('postgres'));
    });
    return this.#postgres;
  }

  #open<L extends Leases>(load: () => Promise<L>): Promise<L> {
    const opening = load();
    this.#opened.push(opening);
    return opening;
  }

  #address(name: ServerName): ServerAddress {
    const address = this.#servers[name];
    if (address !== undefined) return address;
    throw new ServerUnavailable(
      'SERVER_ABSENT',
      name,
      `${name} was not opened, so nothing of it can be leased`,
      `name ${name} among the servers in lab.yaml`,
    );
  }
}

/** Whatever a part failed with, as an error of ours. */
export function asLeaseError(error: unknown): StackError {
  if (error instanceof StackError) return error;
  return new StackError('LEASE_FAILED', reason(error), 'npm run labs -- stack status', error);
}
