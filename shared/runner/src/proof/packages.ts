import { parse } from 'yaml';

interface Dependency {
  readonly version: string;
}

interface Importer {
  readonly dependencies?: Readonly<Record<string, Dependency>>;
  readonly devDependencies?: Readonly<Record<string, Dependency>>;
}

interface Snapshot {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The parts of a `pnpm-lock.yaml` (lockfileVersion 9.0) that are read. */
interface Lock {
  readonly importers: Readonly<Record<string, Importer>>;
  readonly snapshots: Readonly<Record<string, Snapshot>>;
}

/**
 * The packages that some folders of the workspace run with, all the way down: `pg@8.23.1`, sorted.
 * Another lab's packages are not among them, so that a new lab does not undo the proof of the others.
 *
 * @param lock the text of pnpm-lock.yaml.
 * @param importers folders, as the lock names them.
 */
export function packagesOf(lock: string, importers: readonly string[]): string[] {
  const { importers: all, snapshots } = parse(lock) as Lock;
  const open = importers.flatMap((path) => {
    const { dependencies = {}, devDependencies = {} } = all[path] ?? {};
    return Object.entries({ ...dependencies, ...devDependencies }).map(([name, { version }]) =>
      keyOf(name, version),
    );
  });
  const seen = new Set<string>();
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (seen.has(key) || key.includes('@link:')) continue;
    seen.add(key);
    const { dependencies = {}, optionalDependencies = {} } = snapshots[key] ?? {};
    const below = Object.entries({ ...dependencies, ...optionalDependencies });
    open.push(...below.map(([name, version]) => keyOf(name, version)));
  }
  return [...seen].toSorted();
}

/** An alias names the package itself in its version: `other@1.2.3`. */
function keyOf(name: string, version: string): string {
  return /^@?[^@(]+@/u.test(version) ? version : `${name}@${version}`;
}
