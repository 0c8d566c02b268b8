import { ServerTrouble } from '../../errors.ts';
import { withPort } from '../../wire.ts';
import type { ServerDefinition } from '../definition.ts';
import { checkRabbit } from './check.ts';
import { flushTables } from './flush.ts';
import { rabbitmqNative } from './native.ts';

export const server: ServerDefinition = {
  name: 'rabbitmq',
  variable: 'LABS_RABBITMQ_URL',
  example: 'amqp://guest:guest@127.0.0.1:5672?management=15672',
  fromVariable(value) {
    const url = new URL(value);
    if (!/^amqps?:$/u.test(url.protocol))
      throw new ServerTrouble('ADDRESS_MALFORMED', 'it is not an amqp:// URL');
    const secure = url.protocol === 'amqps:';
    const port = url.searchParams.get('management') ?? (secure ? '15671' : '15672');
    url.search = '';
    // A URL object refuses the change from amqp: to http:, so the address is put together here.
    const management = `${secure ? 'https' : 'http'}://${userInfo(url)}${url.hostname}:${port}`;
    return { url: withPort(url, secure ? 5671 : 5672), management };
  },
  fromCompose(service) {
    const user = encodeURIComponent(service.environment['RABBITMQ_DEFAULT_USER'] ?? 'guest');
    const password = encodeURIComponent(service.environment['RABBITMQ_DEFAULT_PASS'] ?? 'guest');
    const at = `${user}:${password}@127.0.0.1`;
    return {
      url: `amqp://${at}:${service.port(5672)}`,
      management: `http://${at}:${service.port(15672)}`,
    };
  },
  check: checkRabbit,
  flush: flushTables,
  async leases(address) {
    const { RabbitLeases } = await import('./leases.ts');
    return new RabbitLeases(address);
  },
  native: rabbitmqNative,
};

function userInfo(url: URL): string {
  return url.username === '' ? 'guest:guest@' : `${url.username}:${url.password}@`;
}
