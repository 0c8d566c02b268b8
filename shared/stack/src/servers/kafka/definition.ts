import type { ServerDefinition } from '../definition.ts';
import { readAddress, writeAddress } from './address.ts';
import { checkKafka } from './check.ts';
import { ADMINISTRATOR, kafkaNative } from './native.ts';

export const server: ServerDefinition = {
  name: 'kafka',
  variable: 'LABS_KAFKA_BROKERS',
  example: 'kafka://admin:secret@127.0.0.1:9092,127.0.0.1:9093',
  fromVariable: (value) => ({ url: writeAddress(readAddress(value)) }),
  fromCompose(service) {
    const login = { username: ADMINISTRATOR, password: service.environment['LABS_PASSWORD'] ?? '' };
    return { url: writeAddress({ brokers: [`127.0.0.1:${service.port(9092)}`], login }) };
  },
  asksForLogin: ({ url }) => readAddress(url).login !== undefined,
  check: checkKafka,
  async leases(address) {
    const { KafkaLeases } = await import('./leases.ts');
    return new KafkaLeases(address);
  },
  native: kafkaNative,
};
