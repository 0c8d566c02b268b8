import { randomBytes } from 'node:crypto';
import { reason, ServerUnavailable, StackError } from './errors.ts';
import { joinLease } from './lease.ts';
import type { Leases } from './servers/leases.ts';
import { definition } from './servers/registry.ts';
import type {
  Lease,
  LeaseRequest,
  ServerAddress,
  ServerName,
  ServerTools,
  Stack,
} from './types.ts';

type Addresses = Readonly<Record<ServerName, ServerAddress>>;

/** Leases from servers that are known to be live; looks for none and starts none. */
export function connectStack(servers: Addresses): Stack {
  return new ConnectedStack(servers);
}

class ConnectedStack implements Stack {
  readonly #servers: Addresses;
  readonly #leased = new Set<Lease>();
  readonly #sources = new Map<ServerName, Promise<Leases>>();

  constructor(servers: Addresses) {
    this.#servers = servers;
  }

  async lease(request: LeaseRequest): Promise<Lease> {
    // Drawn, not counted: a process may hold several stacks.
    const suffix = randomBytes(3).toString('hex');
    const settled = await Promise.allSettled(
      request.servers.map(async (name) => {
        const leases = await this.#leases(name);
        return [name, await leases.lease(request, suffix)] as const;
      }),
    );
    const parts = new Map(
      settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    );
    const failed = settled.find((part) => part.status === 'rejected');
    if (failed !== undefined) {
      await Promise.allSettled([...parts.values()].map((part) => part.release(false)));
      throw asLeaseError(failed.reason);
    }
    const id = `${request.lab}-${process.pid}-${suffix}`;
    const lease = joinLease(id, parts, () => this.#leased.delete(lease));
    this.#leased.add(lease);
    return lease;
  }

  async of<Name extends keyof ServerTools>(name: Name): Promise<ServerTools[Name]> {
    const source: unknown = await this.#leases(name);
    return source as ServerTools[Name];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#leased].map((lease) => lease[Symbol.asyncDispose]()));
    const opened = await Promise.allSettled(this.#sources.values());
    await Promise.all(
      opened.map(async (one) => one.status === 'fulfilled' && one.value[Symbol.asyncDispose]()),
    );
  }

  /** Client libraries load when first needed: most labs lease from one or two servers. */
  #leases(name: ServerName): Promise<Leases> {
    const source = this.#sources.get(name) ?? this.#open(name);
    this.#sources.set(name, source);
    return source;
  }

  async #open(name: ServerName): Promise<Leases> {
    const server = await definition(name);
    const address = this.#servers[name];
    if (address !== undefined) return server.leases(address);
    throw new ServerUnavailable(
      'SERVER_ABSENT',
      name,
      `${name} was not opened, so nothing can be leased from it`,
      `add ${name} to the servers in lab.yaml`,
    );
  }
}

/** Any failure of a part, as an error of ours. */
function asLeaseError(error: unknown): StackError {
  if (error instanceof StackError) return error;
  return new StackError('LEASE_FAILED', reason(error), 'run `npm run labs -- stack status`', error);
}
