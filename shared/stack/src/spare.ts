import { join } from 'node:path';
import { ServerUnavailable } from './errors.ts';
import { takeLock } from './lock.ts';
import { killService, openSpareService, startKilledService } from './provision/compose.ts';
import { killNative, openNative } from './provision/native.ts';
import { definition } from './servers/registry.ts';
import { type StackContext, resolveContext } from './state.ts';
import type { ServerAddress, ServerName, StackOptions } from './types.ts';

/** A second server of a kind. One test at a time holds it, and may kill it. */
export interface SpareServer extends AsyncDisposable {
  /** Stays the same over `kill` and `start`. */
  readonly address: ServerAddress;
  /**
   * SIGKILL, as in a crash, after everything that it has acknowledged is on its disk. Resolves when
   * its processes have ended. Throws if it no longer answers.
   */
  kill(): Promise<void>;
  /** Starts it from what the kill left on its disk, at the same address. */
  start(): Promise<void>;
}

/** The folders of the spare servers, beside those of the shared ones. */
export function spareContext(context: StackContext): StackContext {
  return { ...context, stateDir: join(context.stateDir, 'spare') };
}

/**
 * Finds or starts the spare server of this kind and holds it until disposed; a second test waits for
 * it. It runs by compose if `shared` does, else natively. It stays up until `stackDown`. Throws `ServerUnavailable`, `StateUnwritable`, `LOCK_TIMEOUT`.
 */
export async function openSpare(
  shared: ServerAddress,
  options: StackOptions = {},
): Promise<SpareServer> {
  const { name } = shared;
  const context = spareContext(resolveContext(options));
  const server = await definition(name);
  const release = await takeLock(context, `held-${name}`);
  try {
    const composed = shared.provision === 'compose';
    const open = () => (composed ? openSpareService(context, server) : openNative(context, server));
    const address = await open();
    const again = async () => {
      if (composed) return startKilledService(context, server, address);
      const { url } = await openNative(context, server);
      if (url !== address.url) throw moved(name, address.url, url);
    };
    let killed = false;
    return {
      address,
      kill: async () => {
        await server.flush?.(address);
        killed = true;
        await (composed ? killService(context, name) : killNative(context, server));
      },
      start: async () => {
        await again();
        killed = false;
      },
      [Symbol.asyncDispose]: async () => {
        try {
          // The next test finds it running.
          if (killed) await open();
        } finally {
          await release();
        }
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function moved(name: ServerName, from: string, to: string): ServerUnavailable {
  const hosts = [from, to].map((url) => new URL(url).host);
  return new ServerUnavailable(
    'SERVER_BROKEN',
    name,
    `the spare ${name} restarted at ${hosts[1]} instead of ${hosts[0]}: another program has taken its port`,
    'run it again',
  );
}
