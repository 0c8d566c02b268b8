import { ServerTrouble } from '../../errors.ts';
import type { ServerDefinition } from '../definition.ts';
import { redisNative } from './native.ts';
import { probeRedis } from './probe.ts';

export const redis: ServerDefinition = {
  name: 'redis',
  variable: 'LABS_REDIS_URL',
  example: 'redis://:secret@127.0.0.1:6379',
  fromVariable(value) {
    const url = new URL(value);
    if (!/^rediss?:$/u.test(url.protocol))
      throw new ServerTrouble('ADDRESS_MALFORMED', 'it is not a redis:// URL');
    url.pathname = '/0';
    return { url: url.href };
  },
  fromCompose(service) {
    const password = service.environment['REDIS_PASSWORD'];
    const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return { url: `redis://${user}127.0.0.1:${service.port(6379)}/0` };
  },
  probe: probeRedis,
  native: redisNative,
};
