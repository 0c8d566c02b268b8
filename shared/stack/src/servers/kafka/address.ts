import { ServerTrouble } from '../../errors.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Brokers of one cluster, each `host:port`, and the administrator's login if they ask for one. */
export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly login?: Login;
}

const BROKER = String.raw`[^:/@,\s]+:\d+`;
const ADDRESS = new RegExp(
  String.raw`^(?:kafka://(?:([^:/@\s]+):([^:/@\s]+)@)?)?(${BROKER}(?:,\s*${BROKER})*)$`,
  'u',
);

/** Reads `host:port,host:port`, and the same behind `kafka://user:password@`. Throws `ADDRESS_MALFORMED`. */
export function readAddress(text: string): KafkaAddress {
  const [whole, username, password, list = ''] = ADDRESS.exec(text.trim()) ?? [];
  if (whole === undefined) {
    throw new ServerTrouble(
      'ADDRESS_MALFORMED',
      'it is neither host:port,host:port nor kafka://user:password@host:port,host:port',
    );
  }
  const brokers = list.split(',').map((broker) => broker.trim());
  if (username === undefined || password === undefined) return { brokers };
  return {
    brokers,
    login: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}

/** The text that `readAddress` reads. */
export function writeAddress({ brokers, login }: KafkaAddress): string {
  const list = brokers.join(',');
  if (login === undefined) return list;
  const [username, password] = [login.username, login.password].map(encodeURIComponent);
  return `kafka://${username}:${password}@${list}`;
}
