import { randomBytes } from 'node:crypto';
import { type Redis, ReplyError } from 'ioredis';

/**
 * What the service may do: everything with the keys of its own database, and nothing to the server.
 * Commands that reach another database, the settings, other connections or code that all databases
 * share are out. Channels are the server's, so every lease may use any.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
 */
const MAY = [
  ['~*', '&*', '+@all', '-@admin', '-@dangerous'],
  ['+info', '+keys', '+sort', '+flushdb'],
  ['-move', '-copy', '-function', '-script|flush', '-script|kill', '-client|setname'],
  ['-select'],
].flat();

/**
 * Makes a user for one logical database, in place of the one that an earlier lease had.
 *
 * @returns its name and password; undefined where the server forbids it, as hosted ones do.
 */
export async function makeUser(
  client: Redis,
  db: number,
): Promise<{ readonly name: string; readonly password: string } | undefined> {
  const name = nameOf(db);
  const password = randomBytes(16).toString('hex');
  try {
    await client.acl('DELUSER', name);
    await client.acl('SETUSER', name, 'reset', 'on', `>${password}`, ...MAY, `+select|${db}`);
    return { name, password };
  } catch (error) {
    if (error instanceof ReplyError) return undefined;
    throw error;
  }
}

/** Ends the user's connections too. */
export async function dropUser(client: Redis, db: number): Promise<void> {
  await client.acl('DELUSER', nameOf(db)).catch((error: unknown) => {
    if (!(error instanceof ReplyError)) throw error;
  });
}

const nameOf = (db: number): string => `lab-${db}`;
