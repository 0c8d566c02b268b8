import { ServerTrouble } from '../../errors.ts';
import type { ServerDefinition } from '../definition.ts';
import { checkKafka } from './check.ts';
import { kafkaNative } from './native.ts';

export const server: ServerDefinition = {
  name: 'kafka',
  variable: 'LABS_KAFKA_BROKERS',
  example: '127.0.0.1:9092,127.0.0.1:9093',
  fromVariable(value) {
    const brokers = value.split(',').map((broker) => broker.trim());
    if (!brokers.every((broker) => /^[^:/\s]+:\d+$/u.test(broker))) {
      throw new ServerTrouble('ADDRESS_MALFORMED', 'it is not a list of host:port');
    }
    return { url: brokers.join(',') };
  },
  fromCompose: (service) => ({ url: `127.0.0.1:${service.port(9092)}` }),
  check: checkKafka,
  async leases(address) {
    const { KafkaLeases } = await import('./leases.ts');
    return new KafkaLeases(address);
  },
  native: kafkaNative,
};
