/** Ports of 127.0.0.1 that a program's environment and arguments name. */
export interface NamedPorts {
  /** It listens there: `PORT` and `…_PORT`. */
  readonly serves: readonly number[];
  /** It connects there: the ports of URLs and of `host:port`. */
  readonly reaches: readonly number[];
}

const SERVES = /(?:^|_)PORT$/u;
const ADDRESS = /(?:127\.0\.0\.1|localhost|\[::1\]):(?<port>\d{1,5})\b/gu;
const MOST = 65_535;

/** Which ports a program may use. No other port of the machine is within its reach. */
export function namedPorts(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): NamedPorts {
  const serves = Object.entries(env)
    .filter(([name, value]) => SERVES.test(name) && /^\d{1,5}$/u.test(value))
    .map(([, value]) => Number(value));
  const reaches = [...Object.values(env), ...args].flatMap((text) =>
    [...text.matchAll(ADDRESS)].map(({ groups }) => Number(groups?.['port'])),
  );
  return {
    serves: unique(serves),
    // A program that gets its own URL reaches itself without us.
    reaches: unique(reaches.filter((port) => !serves.includes(port))),
  };
}

function unique(ports: readonly number[]): number[] {
  return [...new Set(ports)].filter((port) => port > 0 && port <= MOST);
}
