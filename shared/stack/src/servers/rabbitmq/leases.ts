import { randomBytes } from 'node:crypto';
import { reason, ServerUnavailable, StackError } from '../../errors.ts';
import { isOrphan, OWNER_TAG, ownerTag } from '../../owner.ts';
import type { LeaseRequest, ServerAddress } from '../../types.ts';
import type { LeasePart, Leases } from '../leases.ts';
import { manage } from './management.ts';
import type { RabbitLease } from './types.ts';

/** A vhost and a user of the same name, for each lease. */
export class RabbitLeases implements Leases {
  readonly #address: ServerAddress;
  readonly #management: string;
  #reclaimed: Promise<void> | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
    this.#management = address.management ?? '';
  }

  async lease(request: LeaseRequest, suffix: string): Promise<LeasePart> {
    const vhost = `${request.lab}_${await ownerTag()}_${suffix}`;
    const password = randomBytes(12).toString('hex');
    try {
      this.#reclaimed ??= this.#reclaim();
      await this.#reclaimed;
      await Promise.all([
        this.#put(`vhosts/${vhost}`, {}),
        this.#put(`users/${vhost}`, { password, tags: '' }),
      ]);
      const all = { configure: '.*', write: '.*', read: '.*' };
      await Promise.all([
        this.#put(`permissions/${vhost}/${vhost}`, all),
        // The administrator's too: a person looks into the vhost as that user.
        this.#put(`permissions/${vhost}/${new URL(this.#address.url).username}`, all),
      ]);
    } catch (error) {
      throw asStackError('lease a vhost', error);
    }
    const url = new URL(this.#address.url);
    url.username = vhost;
    url.password = password;
    url.pathname = `/${vhost}`;
    const part: RabbitLease = { url: url.href, vhost };
    return {
      part,
      env: { AMQP_URL: url.href },
      release: () => this.#drop(vhost),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing stays open between two calls of the management API.
  }

  async #put(path: string, body: unknown): Promise<void> {
    await manage(this.#management, 'PUT', path, { body });
  }

  /** Deleting a user closes its connections, deleting the vhost all others in it. */
  async #drop(vhost: string): Promise<void> {
    try {
      const accept = [404];
      await manage(this.#management, 'DELETE', `users/${vhost}`, { accept });
      await manage(this.#management, 'DELETE', `vhosts/${vhost}`, { accept });
    } catch (error) {
      throw asStackError(`drop the vhost ${vhost}`, error);
    }
  }

  async #reclaim(): Promise<void> {
    const listed = await manage(this.#management, 'GET', 'vhosts?columns=name');
    const names = (Array.isArray(listed) ? listed : []).flatMap((row: unknown) =>
      typeof row === 'object' && row !== null && 'name' in row ? [String(row.name)] : [],
    );
    const exclusive = this.#address.provision === 'native';
    for (const name of names.filter((candidate) => OWNER_TAG.test(candidate))) {
      if (await isOrphan(name, exclusive)) await this.#drop(name);
    }
  }
}

function asStackError(doing: string, error: unknown): StackError {
  if (error instanceof StackError) return error;
  return new ServerUnavailable(
    'SERVER_BROKEN',
    'rabbitmq',
    `rabbitmq could not ${doing}: ${reason(error)}`,
    'run `npm run labs -- stack status`',
    error,
  );
}
