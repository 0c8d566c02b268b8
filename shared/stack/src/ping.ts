import { reason, ServerUnavailable } from './errors.ts';
import { redact } from './provision/url.ts';
import { definition } from './servers/registry.ts';
import type { ServerAddress } from './types.ts';

/** Resolves when the server answers. Throws `ServerUnavailable` (`SERVER_BROKEN`) if it does not. */
export async function ping(address: ServerAddress, timeoutMs = 2000): Promise<void> {
  const server = await definition(address.name);
  try {
    await server.check(address, timeoutMs);
  } catch (error) {
    throw new ServerUnavailable(
      'SERVER_BROKEN',
      address.name,
      `${address.name} at ${redact(address.url)} does not answer: ${reason(error)}`,
      `run \`npm run labs -- stack up ${address.name}\``,
      error,
    );
  }
}
