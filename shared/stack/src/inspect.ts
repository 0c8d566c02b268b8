import { reason, ServerUnavailable } from './errors.ts';
import { redact } from './provision/url.ts';
import { definition } from './servers/index.ts';
import type { PostgresLease, ServerAddress } from './types.ts';

/** Resolves when the server answers; throws `ServerUnavailable` (`SERVER_BROKEN`) when not. */
export async function ping(address: ServerAddress, timeoutMs = 2000): Promise<void> {
  const server = await definition(address.name);
  try {
    await server.probe(address, timeoutMs);
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      address.name,
      `${address.name} at ${redact(address.url)} does not answer: ${reason(error)}`,
      `npm run labs -- stack up ${address.name}`,
      error,
    );
  }
}

/** The database that the latest failed run of `lab` left behind, for `labs psql`. */
export async function leftBehind(
  postgres: ServerAddress,
  lab: string,
): Promise<PostgresLease | undefined> {
  const { Admin } = await import('./servers/postgres/admin.ts');
  const { findLeftBehind } = await import('./servers/postgres/lease.ts');
  await using admin = new Admin(postgres);
  return await findLeftBehind(admin, lab);
}
