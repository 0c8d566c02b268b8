import { ServerTrouble } from '../../errors.ts';
import { withPort } from '../../wire.ts';
import type { ServerDefinition } from '../definition.ts';
import { checkPostgres } from './check.ts';
import { postgresNative } from './native.ts';

const PORT = 5432;

export const server: ServerDefinition = {
  name: 'postgres',
  variable: 'LABS_POSTGRES_URL',
  example: 'postgres://postgres:secret@127.0.0.1:5432/postgres',
  fromVariable(value) {
    const url = new URL(value);
    if (!/^postgres(ql)?:$/u.test(url.protocol))
      throw new ServerTrouble('ADDRESS_MALFORMED', 'it is not a postgres:// URL');
    if (url.pathname.length <= 1) url.pathname = '/postgres';
    return { url: withPort(url, PORT) };
  },
  fromCompose(service) {
    const user = service.environment['POSTGRES_USER'] ?? 'postgres';
    const password = encodeURIComponent(service.environment['POSTGRES_PASSWORD'] ?? '');
    const database = service.environment['POSTGRES_DB'] ?? user;
    return { url: `postgres://${user}:${password}@127.0.0.1:${service.port(PORT)}/${database}` };
  },
  check: checkPostgres,
  async leases(address) {
    const { PostgresLeases } = await import('./leases.ts');
    return new PostgresLeases(address);
  },
  native: postgresNative,
};
