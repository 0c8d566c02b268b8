import { ServerTrouble } from '../../errors.ts';
import { exchange } from '../../wire.ts';
import type { Endpoint } from '../definition.ts';

/** Logs in and asks for the version. Throws what is wrong, e.g. a refused password. */
export async function checkRedis(endpoint: Endpoint, timeoutMs: number): Promise<string> {
  const url = new URL(endpoint.url);
  const peer = {
    host: url.hostname,
    port: Number(url.port),
    tls: url.protocol === 'rediss:',
  };
  const password = decodeURIComponent(url.password);
  const login = password === '' ? [] : [['AUTH', decodeURIComponent(url.username), password]];
  const commands = [
    ...login.map((parts) => parts.filter((part) => part !== '')),
    ['INFO', 'server'],
  ];
  return exchange(peer, Buffer.concat(commands.map(encode)), readVersion, timeoutMs);
}

/** A command as an array of bulk strings (RESP2). */
function encode(parts: readonly string[]): Buffer {
  const bulk = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return Buffer.from(`*${parts.length}\r\n${bulk.join('')}`);
}

function readVersion(received: Buffer): string | undefined {
  const text = received.toString('utf8');
  const refused = /^-(.*)\r$/mu.exec(text)?.[1];
  if (refused !== undefined) throw new ServerTrouble('CHECK_FAILED', `Redis says ${refused}`);
  return /^redis_version:(.+)\r$/mu.exec(text)?.[1];
}
