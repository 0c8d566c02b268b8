import { join } from 'node:path';
import { ServerUnavailable } from './errors.ts';
import { takeLock } from './lock.ts';
import { killService, openSpareService, startKilledService } from './provision/compose.ts';
import { killNative, openNative } from './provision/native.ts';
import { definition } from './servers/index.ts';
import { type Home, resolveHome } from './state.ts';
import type { ServerAddress, ServerName, StackOptions } from './types.ts';

/** A second server of a kind, held by one test at a time, which may kill it. */
export interface SpareServer extends AsyncDisposable {
  /** Stays the same over `kill` and `start`. */
  readonly address: ServerAddress;
  /**
   * As a crash does it: SIGKILL, once all that it has answered for is on its disk. Resolves when
   * its processes are gone. Throws when it does not answer any more.
   */
  kill(): Promise<void>;
  /** Starts it from what the kill left on its disk, at the same address. */
  start(): Promise<void>;
}

/** Where spares keep their files, beside the shared servers'. */
export function spareHome(home: Home): Home {
  return { ...home, stateDir: join(home.stateDir, 'spare') };
}

/**
 * Finds or starts the spare server of this kind and holds it until disposed; whoever else wants it
 * waits. It is had as `shared` was: by compose, else natively. It stays up for the next one, until
 * `stackDown`. Throws `ServerUnavailable`, `StateUnwritable`, `LOCK_TIMEOUT`.
 */
export async function openSpare(
  shared: ServerAddress,
  options: StackOptions = {},
): Promise<SpareServer> {
  const { name } = shared;
  const home = spareHome(resolveHome(options));
  const server = await definition(name);
  const release = await takeLock(home, `held-${name}`);
  try {
    const composed = shared.provision === 'compose';
    const open = () => (composed ? openSpareService(home, server) : openNative(home, server));
    const address = await open();
    const again = async () => {
      if (composed) return startKilledService(home, server, address);
      const { url } = await openNative(home, server);
      if (url !== address.url) throw moved(name, address.url, url);
    };
    let killed = false;
    return {
      address,
      kill: async () => {
        await server.flush?.(address);
        killed = true;
        await (composed ? killService(home, name) : killNative(home, server));
      },
      start: async () => {
        await again();
        killed = false;
      },
      [Symbol.asyncDispose]: async () => {
        try {
          // Whoever comes next finds it running.
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
    `the spare ${name} came back at ${hosts[1]}, not ${hosts[0]}: another program took its port meanwhile`,
    'run it again',
  );
}
