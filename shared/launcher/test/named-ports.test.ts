import { expect, test } from 'vitest';
import { namedPorts } from '../src/sandbox/named-ports.ts';

test('a program serves PORT and …_PORT, and reaches the ports of URLs', () => {
  const env = {
    PORT: '21001',
    PROVIDER_PORT: '21002',
    DATABASE_URL: 'postgres://u:p@127.0.0.1:5544/db',
    KAFKA_BROKERS: 'localhost:9092,localhost:9093',
    SERVICE_URL: 'http://127.0.0.1:21001',
    REPORT: '7',
  };
  expect(namedPorts(env)).toEqual({ serves: [21_001, 21_002], reaches: [5544, 9092, 9093] });
});

test('a URL among the arguments is reached too', () => {
  expect(namedPorts({}, ['http://127.0.0.1:8080/x'])).toEqual({ serves: [], reaches: [8080] });
});

test('a number that is not a port is not bridged', () => {
  expect(namedPorts({ PORT: '70000', A: '127.0.0.1:99999' })).toEqual({ serves: [], reaches: [] });
});
