import { z } from 'zod';
import { GraderError } from '../errors.ts';
import type { Files } from '../pack/toolchain.ts';
import { text } from '../report/html.ts';

const specs = z.record(z.string(), z.string()).exactOptional();

/** What `npm ci` reads of a package.json: no scripts, no workspaces, no overrides. */
const manifestSchema = z.object({
  dependencies: specs,
  devDependencies: specs,
  optionalDependencies: specs,
  peerDependencies: specs,
});

const lockedSchema = z.looseObject({
  version: z.string().exactOptional(),
  resolved: z.string().exactOptional(),
  integrity: z.string().exactOptional(),
  link: z.boolean().exactOptional(),
  ...manifestSchema.shape,
});

const lockSchema = z.object({
  lockfileVersion: z.union([z.literal(2), z.literal(3)]),
  packages: z.record(z.string(), lockedSchema),
});

/** Where a registry keeps the archive of a package: no folder, no repository, no other page. */
const ARCHIVE = /^https?:\/\/\S+\/-\/[^/]+\.tgz$/u;
const MOST_PACKAGES = 1_000;
/** Where npm puts a package: in `node_modules`, or in that of another package. */
const PLACE = /^node_modules\/(?:@[\w.-]+\/)?[\w.-]+(?:\/node_modules\/(?:@[\w.-]+\/)?[\w.-]+)*$/u;
/** A range of versions or a tag, of the package itself or of the one that it stands for. */
const FROM_REGISTRY = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+(?:@[^:/]*)?|(?!\.)[^:/]*)$/u;
const FILE = /\.(?:tgz|tar|tar\.gz)$/iu;

/** What npm installs from: text of `package.json` and of `package-lock.json`. */
export interface Packages {
  readonly manifest: string;
  readonly lock: string;
}

/**
 * What a submission asks to install. It names nothing but packages of a registry, with the checksum of
 * each. They are fetched from the grader's own registry, whatever the candidate's npm has asked.
 *
 * @throws GraderError `BAD_PACKAGES`.
 */
export function checkPackages(files: Files): Packages {
  const manifest = read(files, 'package.json', manifestSchema);
  const lock = read(files, 'package-lock.json', lockSchema);
  const all = Object.entries(lock.packages);
  if (all.length > MOST_PACKAGES) throw refused(`it needs more than ${MOST_PACKAGES} packages`);
  checkSpecs(manifest);
  const { '': _root, ...packages } = lock.packages;
  for (const [place, locked] of all) {
    checkSpecs(locked);
    if (place !== '') checkLocked(place, locked);
    delete locked.resolved;
  }
  return {
    manifest: JSON.stringify({ private: true, ...manifest }),
    lock: JSON.stringify({
      lockfileVersion: 3,
      requires: true,
      packages: { '': manifest, ...packages },
    }),
  };
}

function checkLocked(place: string, { link, resolved, integrity }: z.infer<typeof lockedSchema>) {
  if (link === true || !PLACE.test(place)) throw refused(`${place} is a folder`);
  if (resolved !== undefined && !ARCHIVE.test(resolved)) {
    throw refused(`${place} comes from ${resolved}`);
  }
  if (integrity === undefined) throw refused(`${place} has no checksum in package-lock.json`);
}

function checkSpecs(named: z.infer<typeof manifestSchema>): void {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = named;
  const all = [dependencies, devDependencies, optionalDependencies, peerDependencies];
  for (const [name, spec] of all.flatMap((some) => Object.entries(some ?? {}))) {
    if (!FROM_REGISTRY.test(spec) || FILE.test(spec)) throw refused(`${name} comes from ${spec}`);
  }
}

function read<T>(files: Files, name: string, schema: z.ZodType<T>): T {
  const bytes = files.get(name);
  if (!bytes) throw refused(`it has no ${name}`);
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw refused(`its ${name} cannot be read`, cause);
  }
}

const LONGEST = 200;

function refused(why: string, cause?: unknown): GraderError {
  const message = `The new packages are refused: ${text(why, LONGEST)}. They may come from an npm registry only, with a checksum in package-lock.json. Ask the candidate.`;
  return new GraderError('BAD_PACKAGES', message, { cause });
}
