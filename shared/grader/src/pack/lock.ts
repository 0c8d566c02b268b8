import { parse, stringify } from 'yaml';

type Dependencies = Readonly<Record<string, unknown>>;

/** The parts of a package.json that a lock file repeats. */
export interface Manifest {
  readonly dependencies?: Dependencies;
  readonly devDependencies?: Dependencies;
}

interface Locked {
  readonly version: string;
}

interface Importer {
  dependencies?: Record<string, Locked>;
  devDependencies?: Record<string, Locked>;
}

interface Snapshot {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The parts of a `pnpm-lock.yaml` (lockfileVersion 9.0) that change. */
interface Lock {
  importers: Record<string, Importer>;
  packages: Record<string, unknown>;
  snapshots: Record<string, Snapshot>;
}

const KINDS = ['dependencies', 'devDependencies'] as const;

/**
 * A lock file with some folders of the workspace only, and the packages that they need.
 *
 * @param manifests the package.json of each folder that stays, by the folder's path; the root is `.`.
 */
export function pruneLock(text: string, manifests: ReadonlyMap<string, Manifest>): string {
  const lock = parse(text) as Lock;
  lock.importers = Object.fromEntries(
    Object.entries(lock.importers).flatMap(([path, importer]) => {
      const manifest = manifests.get(path);
      return manifest ? [[path, onlyNamed(importer, manifest)]] : [];
    }),
  );
  const needed = neededBy(lock);
  lock.snapshots = pick(lock.snapshots, (key) => needed.has(key));
  const packages = new Set([...needed].map((key) => key.split('(')[0]));
  lock.packages = pick(lock.packages, (key) => packages.has(key));
  return stringify(lock, { lineWidth: 0 });
}

function onlyNamed(importer: Importer, manifest: Manifest): Importer {
  return Object.fromEntries(
    KINDS.flatMap((kind) => {
      const named = pick(importer[kind] ?? {}, (name) => manifest[kind]?.[name] !== undefined);
      return Object.keys(named).length > 0 ? [[kind, named]] : [];
    }),
  );
}

function neededBy({ importers, snapshots }: Lock): Set<string> {
  const open = Object.values(importers).flatMap((importer) =>
    KINDS.flatMap((kind) =>
      Object.entries(importer[kind] ?? {}).map(([name, { version }]) => keyOf(name, version)),
    ),
  );
  const seen = new Set<string>();
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const snapshot = snapshots[key];
    if (seen.has(key) || !snapshot) continue;
    seen.add(key);
    const { dependencies = {}, optionalDependencies = {} } = snapshot;
    const below = Object.entries({ ...dependencies, ...optionalDependencies });
    open.push(...below.map(([name, version]) => keyOf(name, version)));
  }
  return seen;
}

/** An alias names the package itself in its version: `other@1.2.3`. */
function keyOf(name: string, version: string): string {
  return /^@?[^@(]+@/u.test(version) ? version : `${name}@${version}`;
}

function pick<T>(all: Readonly<Record<string, T>>, keep: (key: string) => boolean) {
  return Object.fromEntries(Object.entries(all).filter(([key]) => keep(key)));
}
