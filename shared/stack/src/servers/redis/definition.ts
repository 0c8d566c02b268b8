import { ServerTrouble } from '../../errors.ts';
import { withPort } from '../../wire.ts';
import type { ServerDefinition } from '../definition.ts';
import { checkRedis } from './check.ts';
import { redisNative } from './native.ts';

const PORT = 6379;

export const server: ServerDefinition = {
  name: 'redis',
  variable: 'LABS_REDIS_URL',
  example: 'redis://:secret@127.0.0.1:6379',
  fromVariable(value) {
    const url = new URL(value);
    if (!/^rediss?:$/u.test(url.protocol))
      throw new ServerTrouble('ADDRESS_MALFORMED', 'it is not a redis:// URL');
    url.pathname = '/0';
    return { url: withPort(url, PORT) };
  },
  fromCompose(service) {
    const password = service.environment['REDIS_PASSWORD'];
    const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return { url: `redis://${user}127.0.0.1:${service.port(PORT)}/0` };
  },
  check: checkRedis,
  async leases(address) {
    const { RedisLeases } = await import('./leases.ts');
    return new RedisLeases(address);
  },
  native: redisNative,
};
