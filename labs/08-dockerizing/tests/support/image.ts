import { type Built, type Image, type ImageFile, test as base } from '@backend-labs/testkit';
import { Folder } from './folder.ts';
import { Registry } from './registry.ts';

/** What a test does with the learner's Dockerfile. */
export interface Builder {
  readonly folder: Folder;
  readonly registry: Registry;
  /** Builds the folder as it is now. Throws the last lines of a build that fails. */
  build(options?: { readonly noCache?: boolean }): Promise<Built>;
}

/** With the service's image: built once for a test file, from a copy of the folder. */
export const test = base
  .extend('registry', { scope: 'file' }, async ({ cleanup, run }) =>
    cleanup.use(await Registry.open(run.stateDir)),
  )
  .extend('folder', { scope: 'file' }, async ({ cleanup, run }) =>
    cleanup.use(await Folder.copyOf(run.target)),
  )
  .extend('builder', { scope: 'file' }, ({ cleanup, images, registry, folder }): Builder => ({
    folder,
    registry,
    async build(options = {}) {
      const host = await images.hostName();
      try {
        const built = await images.build(folder.path, {
          ...options,
          args: { NPM_REGISTRY: registry.url(host), NPM_TOKEN: registry.token },
          secrets: { npmrc: registry.npmrc(host) },
        });
        cleanup.use(built.image);
        return built;
      } catch (error) {
        registry.check();
        throw error;
      }
    },
  }))
  .extend('built', { scope: 'file' }, ({ file, builder }) =>
    file.once('built', () => builder.build()),
  );

/** The packages of the service in an image: `node_modules/ms` and its version. */
export async function packagesIn(image: Image): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [path, file] of await ownFiles(image)) {
    const place =
      /(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\/package\.json$/u;
    const name = place.exec(path)?.[1];
    if (name === undefined || file.type !== 'file') continue;
    const { version } = JSON.parse(file.content().toString('utf8')) as { version?: string };
    if (version !== undefined) found.set(name, version);
  }
  return found;
}

/** The files of an image without those of the system and of Node itself. */
export async function ownFiles(image: Image): Promise<ReadonlyMap<string, ImageFile>> {
  const all = await image.files();
  return new Map(
    [...all].filter(
      ([path]) => !/^(?:usr|bin|lib|lib64|sbin|etc|var|dev|proc|sys)(?:\/|$)/u.test(path),
    ),
  );
}

export interface LockFile {
  readonly packages: Record<
    string,
    { version: string; dev?: boolean; optional?: boolean; resolved?: string; integrity?: string }
  >;
}

export async function lockOf(folder: Folder): Promise<LockFile> {
  return JSON.parse((await folder.read('package-lock.json')) || '{"packages":{}}') as LockFile;
}
